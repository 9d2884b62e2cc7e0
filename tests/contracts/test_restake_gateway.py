"""RestakeGateway over the mock of Renzo: what is credited, what goes back, what is refused."""

import ape
import pytest

from tests.contracts.conftest import NOBODY, ONE, error_data

FAR = 2**40
REFERRAL = 2026


@pytest.fixture(scope="module")
def renzo(owner, project, ezeth):
    """MOCK of Renzo's RestakeManager: one ezETH for 1.025 ETH."""
    ezeth.setRate(1_025 * ONE // 1000, sender=owner)
    renzo = owner.deploy(project.MockRenzoRestakeManager, ezeth)
    ezeth.setMinter(renzo, sender=owner)
    return renzo


@pytest.fixture(scope="module")
def gateway(owner, project, renzo, deposit):
    return owner.deploy(project.RestakeGateway, renzo, deposit)


def nothing_stays(gateway, deposit, ezeth):
    assert gateway.balance == ezeth.balanceOf(gateway) == ezeth.allowance(gateway, deposit) == 0


def test_constructor_takes_the_token_from_renzo(gateway, renzo, deposit, ezeth):
    assert (gateway.RESTAKE_MANAGER(), gateway.DEPOSIT(), gateway.EZETH()) == (renzo, deposit, ezeth)


def test_constructor_refuses_zero_addresses(owner, project, call_refusal, renzo, deposit):
    mintless = owner.deploy(project.MockRenzoRestakeManager, NOBODY)
    for arguments in ((NOBODY, deposit), (renzo, NOBODY), (mintless, deposit)):
        creation = project.RestakeGateway.constructor.serialize_transaction(*arguments)
        assert call_refusal(**{"from": owner.address, "data": creation.data}) == error_data("ZeroAddress()")


def test_restake_credits_the_sender(gateway, deposit, renzo, ezeth, restaker):
    expected = 2 * ONE * 1000 // 1_025
    receipt = gateway.restake(expected, FAR, REFERRAL, value=2 * ONE, sender=restaker)
    assert deposit.tokenBalance(restaker, ezeth) == ezeth.balanceOf(deposit) == expected
    told = gateway.Restaked(user=restaker, sent=2 * ONE, credited=expected, referralId=REFERRAL)
    assert receipt.decode_logs(gateway.Restaked) == [told]
    (renzos,) = receipt.decode_logs(renzo.Deposit)
    assert (renzos.depositor, renzos.referralId) == (gateway, REFERRAL)
    assert receipt.return_value == expected
    nothing_stays(gateway, deposit, ezeth)


def test_restake_adds_to_an_earlier_deposit(gateway, deposit, ezeth, restaker):
    for _ in range(2):
        assert gateway.restake(1, FAR, 0, value=ONE, sender=restaker).return_value == ONE * 1000 // 1_025
    assert deposit.tokenBalance(restaker, ezeth) == 2 * (ONE * 1000 // 1_025)


def test_restake_after_the_deadline_is_refused(gateway, restaker, chain):
    deadline = chain.pending_timestamp + 100
    chain.pending_timestamp = deadline + 1
    with ape.reverts(gateway.DeadlinePassed, error_inputs={"deadline": deadline, "timestamp": deadline + 1}):
        gateway.restake(1, deadline, 0, value=ONE, sender=restaker)
    chain.pending_timestamp = deadline = deadline + 100
    gateway.restake(1, deadline, 0, value=ONE, sender=restaker)


def test_restake_of_nothing_is_refused(gateway, restaker):
    with ape.reverts(gateway.ZeroAmount):
        gateway.restake(1, FAR, 0, value=0, sender=restaker)


def test_restake_below_the_minimum_is_refused(gateway, renzo, owner, restaker):
    expected = ONE * 1000 // 1_025
    inputs = {"credited": expected, "minimumOut": expected + 1}
    with ape.reverts(gateway.InsufficientOutput, error_inputs=inputs):
        gateway.restake(expected + 1, FAR, 0, value=ONE, sender=restaker)
    renzo.setShortfall(100, sender=owner)
    with ape.reverts(
        gateway.InsufficientOutput, error_inputs={**inputs, "credited": expected * 99 // 100, "minimumOut": expected}
    ):
        gateway.restake(expected, FAR, 0, value=ONE, sender=restaker)
    renzo.setShortfall(10_000, sender=owner)
    with ape.reverts(gateway.InsufficientOutput, error_inputs={"credited": 0, "minimumOut": 0}):
        gateway.restake(0, FAR, 0, value=ONE, sender=restaker)


def test_restake_passes_renzos_refusals_on(gateway, renzo, owner, restaker):
    with ape.reverts(renzo.InvalidTokenAmount):
        gateway.restake(0, FAR, 0, value=1, sender=restaker)
    renzo.setMaxDepositTVL(ONE, sender=owner)
    with ape.reverts(renzo.MaxTVLReached):
        gateway.restake(1, FAR, 0, value=ONE + 1, sender=restaker)
    gateway.restake(1, FAR, 0, value=ONE, sender=restaker)
    renzo.setPaused(True, sender=owner)
    with ape.reverts(renzo.ContractPaused):
        gateway.restake(1, FAR, 0, value=ONE, sender=restaker)


def test_restake_passes_omron_deposits_refusals_on(gateway, deposit, ezeth, owner, restaker):
    deposit.pause(sender=owner)
    with ape.reverts(deposit.EnforcedPause):
        gateway.restake(1, FAR, 0, value=ONE, sender=restaker)
    deposit.unpause(sender=owner)
    deposit.removeWhitelistedToken(ezeth, sender=owner)
    with ape.reverts(deposit.TokenNotWhitelisted):
        gateway.restake(1, FAR, 0, value=ONE, sender=restaker)
    deposit.addWhitelistedToken(ezeth, sender=owner)
    deposit.stopDeposits(sender=owner)
    with ape.reverts(deposit.DepositsStopped):
        gateway.restake(1, FAR, 0, value=ONE, sender=restaker)


def test_restake_gives_back_what_renzo_gives_back(gateway, deposit, renzo, ezeth, owner, restaker, chain):
    renzo.setRefund(2500, sender=owner)
    before = restaker.balance
    receipt = gateway.restake(1, FAR, 0, value=4 * ONE, sender=restaker)
    assert before - restaker.balance == 3 * ONE + receipt.total_fees_paid
    nothing_stays(gateway, deposit, ezeth)


def test_restake_hands_stray_tokens_on_and_keeps_nothing(gateway, deposit, ezeth, owner, restaker):
    ezeth.mint(gateway, 5, sender=owner)
    gateway.restake(1, FAR, 0, value=ONE, sender=restaker)
    assert deposit.tokenBalance(restaker, ezeth) == ONE * 1000 // 1_025 + 5
    nothing_stays(gateway, deposit, ezeth)


def test_ether_from_others_is_refused(gateway, stranger):
    with ape.reverts(gateway.UnexpectedEther, error_inputs={"sender": stranger.address}):
        stranger.transfer(gateway, ONE)


def test_reentry_from_renzo_is_refused(gateway, renzo, owner, restaker):
    renzo.setCallback(gateway, gateway.restake.encode_input(0, FAR, 0), sender=owner)
    with ape.reverts(gateway.ReentrancyGuardReentrantCall):
        gateway.restake(1, FAR, 0, value=ONE, sender=restaker)


def test_renzos_own_functions_and_mock_switches(renzo, ezeth, owner, restaker, stranger):
    """The mock is what the others stand on."""
    renzo.depositETH(value=1_025, sender=restaker)
    renzo.depositETH(7, value=1_025, sender=restaker)
    assert ezeth.balanceOf(restaker) == 2000
    with ape.reverts(ezeth.NotMinter, error_inputs={"caller": stranger.address}):
        ezeth.mint(stranger, 1, sender=stranger)
