"""OmronDeposit: losses are shared, donations change nothing, and what is nobody's can be rescued."""

import ape
import pytest

from tests.contracts.conftest import NOBODY, ONE


@pytest.fixture
def halved(funded, ezeth, owner, restaker, other_restaker):
    """The restaker deposited 60 ezETH and the other 40; half of all is lost."""
    funded.deposit(ezeth, 60 * ONE, sender=restaker)
    funded.deposit(ezeth, 40 * ONE, sender=other_restaker)
    ezeth.burn(funded, 50 * ONE, sender=owner)
    return funded


def test_withdraw_after_a_loss_pays_all_the_same_ratio(halved, ezeth, restaker, other_restaker, stranger):
    assert halved.payoutOf(ezeth, 60 * ONE) == 30 * ONE
    receipt = halved.withdraw(ezeth, 60 * ONE, stranger, sender=restaker)
    expected = halved.LossShared(user=restaker, token=ezeth, owed=60 * ONE, paid=30 * ONE)
    assert receipt.decode_logs(halved.LossShared) == [expected]
    assert receipt.decode_logs(halved.Withdraw)[0].amount == 60 * ONE
    halved.withdraw(ezeth, 40 * ONE, stranger, sender=other_restaker)
    assert (ezeth.balanceOf(stranger), ezeth.balanceOf(halved), halved.totalOf(ezeth)) == (50 * ONE, 0, 0)


def test_withdraw_with_a_minimum_above_the_share_keeps_the_deposit(halved, ezeth, owner, restaker):
    deposited, points = 60 * ONE, halved.userInfo(restaker)
    inputs = {"token": ezeth.address, "minimumPaid": deposited, "paid": deposited // 2}
    with ape.reverts(halved.PaidTooLittle, error_inputs=inputs):
        halved.withdraw(ezeth, deposited, restaker, deposited, sender=restaker)
    assert (halved.tokenBalance(restaker, ezeth), halved.userInfo(restaker)) == (deposited, points)
    # the loss is made up, and whoever waited is paid in full
    ezeth.mint(halved, 50 * ONE, sender=owner)
    before = ezeth.balanceOf(restaker)
    halved.withdraw(ezeth, deposited, restaker, deposited, sender=restaker)
    assert ezeth.balanceOf(restaker) == before + deposited


def test_withdraw_with_a_minimum_that_is_met_pays_as_without(halved, ezeth, stranger, restaker):
    receipt = halved.withdraw(ezeth, 60 * ONE, stranger, 30 * ONE, sender=restaker)
    expected = halved.Withdraw(user=restaker, token=ezeth, amount=60 * ONE, recipient=stranger)
    assert receipt.decode_logs(halved.Withdraw) == [expected]
    assert ezeth.balanceOf(stranger) == 30 * ONE


def test_withdraw_with_a_minimum_refuses_as_without_and_in_the_same_order(halved, ezeth, owner, restaker):
    deposited = 60 * ONE
    with ape.reverts(halved.ZeroAmount):
        halved.withdraw(ezeth, 0, NOBODY, 1, sender=restaker)
    with ape.reverts(halved.ZeroAddress):
        halved.withdraw(ezeth, deposited + 1, NOBODY, 1, sender=restaker)
    with ape.reverts(halved.InvalidRecipient, error_inputs={"recipient": halved.address}):
        halved.withdraw(ezeth, deposited + 1, halved, 1, sender=restaker)
    inputs = {"token": ezeth.address, "deposited": deposited, "requested": deposited + 1}
    with ape.reverts(halved.InsufficientDeposit, error_inputs=inputs):
        halved.withdraw(ezeth, deposited + 1, restaker, 1, sender=restaker)
    ezeth.burn(halved, 50 * ONE, sender=owner)
    with ape.reverts(halved.NothingToPay, error_inputs={"token": ezeth.address, "amount": deposited}):
        halved.withdraw(ezeth, deposited, restaker, 1, sender=restaker)


def test_withdraw_tokens_after_a_loss_pays_the_same_ratio(
    halved, ezeth, weth, owner, restaker, other_restaker, claim_manager
):
    halved.deposit(weth, ONE, sender=restaker)
    halved.setClaimManager(claim_manager, sender=owner)
    halved.stopDeposits(sender=owner)
    receipt = halved.withdrawTokens(restaker, sender=claim_manager)
    assert receipt.decode_logs(halved.WithdrawTokens)[0].amounts == [30 * ONE, ONE, 0]
    assert receipt.decode_logs(halved.LossShared)[0].paid == 30 * ONE
    assert ezeth.balanceOf(claim_manager) == 30 * ONE
    halved.withdraw(ezeth, 40 * ONE, claim_manager, sender=other_restaker)
    assert ezeth.balanceOf(claim_manager) == 50 * ONE


def test_recovery_is_for_those_who_stayed_up_to_what_is_owed(halved, ezeth, owner, restaker, other_restaker, stranger):
    halved.withdraw(ezeth, 60 * ONE, stranger, sender=restaker)
    ezeth.mint(halved, 30 * ONE, sender=owner)
    with ape.reverts(halved.InsufficientDeposit):
        halved.withdraw(ezeth, 1, stranger, sender=restaker)
    before = ezeth.balanceOf(other_restaker)
    halved.withdraw(ezeth, 40 * ONE, other_restaker, sender=other_restaker)
    assert ezeth.balanceOf(other_restaker) == before + 40 * ONE


def test_deposit_while_something_is_missing_reverts(halved, ezeth, weth, owner, restaker):
    inputs = {"token": ezeth.address, "held": 50 * ONE, "owed": 100 * ONE}
    with ape.reverts(halved.TokenShort, error_inputs=inputs):
        halved.deposit(ezeth, ONE, sender=restaker)
    halved.deposit(weth, ONE, sender=restaker)
    # all but a millionth is back
    ezeth.mint(halved, 50 * ONE - ONE // 10**4, sender=owner)
    halved.deposit(ezeth, ONE, sender=restaker)


def test_exit_that_would_pay_nothing_leaves_the_deposit(funded, ezeth, owner, restaker, claim_manager):
    funded.deposit(ezeth, 5 * ONE, sender=restaker)
    ezeth.burn(funded, 5 * ONE, sender=owner)
    with ape.reverts(funded.NothingToPay, error_inputs={"token": ezeth.address, "amount": 5 * ONE}):
        funded.withdraw(ezeth, 5 * ONE, restaker, sender=restaker)
    funded.setClaimManager(claim_manager, sender=owner)
    funded.stopDeposits(sender=owner)
    receipt = funded.withdrawTokens(restaker, sender=claim_manager)
    assert receipt.decode_logs(funded.WithdrawTokens)[0].amounts == [0, 0, 0]
    assert funded.tokenBalance(restaker, ezeth) == 5 * ONE
    ezeth.mint(funded, 5 * ONE, sender=owner)
    funded.withdraw(ezeth, 5 * ONE, claim_manager, sender=restaker)
    assert ezeth.balanceOf(claim_manager) == 5 * ONE


def test_donation_changes_neither_deposits_nor_exits(funded, ezeth, owner, restaker, other_restaker):
    ezeth.mint(funded, 7 * ONE, sender=owner)
    funded.deposit(ezeth, 3 * ONE, sender=restaker)
    assert funded.tokenBalance(restaker, ezeth) == funded.totalOf(ezeth) == 3 * ONE
    ezeth.transfer(funded, ONE, sender=other_restaker)
    receipt = funded.withdraw(ezeth, 3 * ONE, restaker, sender=restaker)
    assert not receipt.decode_logs(funded.LossShared)
    assert ezeth.balanceOf(funded) == 8 * ONE


def test_withdraw_to_the_contract_itself_reverts(funded, ezeth, restaker):
    funded.deposit(ezeth, ONE, sender=restaker)
    with ape.reverts(funded.InvalidRecipient, error_inputs={"recipient": funded.address}):
        funded.withdraw(ezeth, ONE, funded, sender=restaker)


# ---------------------------------------------------------------------- rescue


def test_rescue_sends_all_of_a_token_that_nobody_deposited(funded, ezeth, owner, project, stranger):
    unlisted = owner.deploy(project.MockWrappedEther)
    for token in (unlisted, ezeth):
        token.mint(funded, 5 * ONE, sender=owner)
        receipt = funded.rescue(token, stranger, sender=owner)
        expected = funded.Rescued(token=token, recipient=stranger, amount=5 * ONE)
        assert receipt.decode_logs(funded.Rescued) == [expected]
        assert token.balanceOf(stranger) == 5 * ONE


def test_rescue_refuses_all_of_a_token_that_is_owed(funded, ezeth, owner, restaker, stranger):
    funded.deposit(ezeth, ONE, sender=restaker)
    ezeth.mint(funded, 5 * ONE, sender=owner)
    for _ in ("listed", "delisted"):
        with ape.reverts(funded.TokenOwed, error_inputs={"token": ezeth.address, "owed": ONE}):
            funded.rescue(ezeth, stranger, sender=owner)
        if funded.whitelistedTokens(ezeth):
            funded.removeWhitelistedToken(ezeth, sender=owner)
    funded.withdraw(ezeth, ONE, restaker, sender=restaker)
    funded.rescue(ezeth, stranger, sender=owner)


def test_rescue_refusals(funded, ezeth, owner, stranger):
    with ape.reverts(funded.OwnableUnauthorizedAccount, error_inputs={"account": stranger.address}):
        funded.rescue(ezeth, stranger, sender=stranger)
    with ape.reverts(funded.ZeroAddress):
        funded.rescue(ezeth, NOBODY, sender=owner)
    with ape.reverts(funded.InvalidRecipient, error_inputs={"recipient": funded.address}):
        funded.rescue(ezeth, funded, sender=owner)
    with ape.reverts(funded.ZeroAmount):
        funded.rescue(ezeth, stranger, sender=owner)


def test_rescue_through_a_second_address_of_an_owed_token_reverts(funded, awkward, owner, project, restaker, stranger):
    """As a token with two entry points would do it: moving the one moves the other's balances."""
    funded.deposit(awkward, ONE, sender=restaker)
    twin = owner.deploy(project.MockAwkwardToken)
    twin.mint(funded, ONE, sender=owner)
    funded.removeWhitelistedToken(awkward, sender=owner)
    twin.setCallback(awkward, awkward.burn.encode_input(funded, 1), sender=owner)
    awkward.transferOwnership(twin, sender=owner)
    with ape.reverts(funded.TokenOwed, error_inputs={"token": awkward.address, "owed": ONE}):
        funded.rescue(twin, stranger, sender=owner)
