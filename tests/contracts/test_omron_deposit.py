"""OmronDeposit, function by function."""

import ape
import pytest

from tests.contracts.conftest import NOBODY, ONE, error_data

HOUR = 3600


def stop(deposit, owner, claim_manager):
    deposit.setClaimManager(claim_manager, sender=owner)
    deposit.stopDeposits(sender=owner)


def timestamp(chain, receipt):
    return chain.blocks[receipt.block_number].timestamp


# ---------------------------------------------------------------- construction


def test_constructor_announces_each_token(deposit, ezeth, weth, awkward):
    assert deposit.getAllWhitelistedTokens() == [ezeth, weth, awkward]
    assert [deposit.allWhitelistedTokens(i) for i in range(3)] == [ezeth, weth, awkward]
    listed = deposit.creation_metadata.receipt.decode_logs(deposit.WhitelistedTokenAdded)
    assert [log.token for log in listed] == [ezeth, weth, awkward]


def test_constructor_refuses_zero_token(owner, project):
    with ape.reverts(project.OmronDeposit.ZeroAddress):
        owner.deploy(project.OmronDeposit, owner, [NOBODY])


def test_constructor_refuses_duplicate_token(owner, project, call_refusal, ezeth):
    creation = project.OmronDeposit.constructor.serialize_transaction(owner, [ezeth, ezeth])
    refusal = call_refusal(**{"from": owner.address, "data": creation.data})
    assert refusal == error_data("TokenAlreadyWhitelisted(address)", ezeth.address)


# --------------------------------------------------------------------- deposit


def test_deposit_credits_user_and_total(funded, ezeth, restaker, chain):
    receipt = funded.deposit(ezeth, 5 * ONE, sender=restaker)
    assert receipt.decode_logs(funded.Deposit) == [funded.Deposit(user=restaker, token=ezeth, amount=5 * ONE)]
    assert funded.tokenBalance(restaker, ezeth) == funded.totalOf(ezeth) == ezeth.balanceOf(funded) == 5 * ONE
    info = funded.getUserInfo(restaker)
    assert tuple(info) == (5 * ONE, timestamp(chain, receipt), 0)
    assert tuple(funded.userInfo(restaker)) == (0, 5 * ONE, timestamp(chain, receipt))


def test_deposit_of_fee_token_credits_what_arrives(funded, awkward, owner, restaker):
    awkward.setFee(250, sender=owner)
    funded.deposit(awkward, 100 * ONE, sender=restaker)
    assert funded.tokenBalance(restaker, awkward) == awkward.balanceOf(funded) == 97 * ONE + ONE // 2


def test_deposit_of_which_nothing_arrives_reverts(funded, awkward, owner, restaker):
    awkward.setFee(10_000, sender=owner)
    with ape.reverts(funded.ZeroAmount):
        funded.deposit(awkward, ONE, sender=restaker)


def test_deposit_checks_in_order(funded, ezeth, owner, restaker, stranger):
    """Paused, stopped, amount, whitelist, transfer: each is told only when those before hold."""
    with ape.reverts(ezeth.ERC20InsufficientAllowance):
        funded.deposit(ezeth, ONE, sender=stranger)
    with ape.reverts(funded.TokenNotWhitelisted):
        funded.deposit(stranger, ONE, sender=restaker)
    with ape.reverts(funded.ZeroAmount):
        funded.deposit(stranger, 0, sender=restaker)
    funded.stopDeposits(sender=owner)
    with ape.reverts(funded.DepositsStopped):
        funded.deposit(stranger, 0, sender=restaker)
    funded.pause(sender=owner)
    with ape.reverts(funded.EnforcedPause):
        funded.deposit(stranger, 0, sender=restaker)


@pytest.mark.parametrize("entry", ["deposit", "withdraw"])
def test_reentry_through_token_reverts(funded, awkward, owner, restaker, entry):
    funded.deposit(awkward, ONE, sender=restaker)
    call = {
        "deposit": funded.deposit.encode_input(awkward, 1),
        "withdraw": funded.withdraw.encode_input(awkward, 1, owner),
    }
    awkward.setCallback(funded, call[entry], sender=owner)
    with ape.reverts(funded.ReentrancyGuardReentrantCall):
        funded.withdraw(awkward, ONE, restaker, sender=restaker)
    with ape.reverts(funded.ReentrancyGuardReentrantCall):
        funded.deposit(awkward, ONE, sender=restaker)


# -------------------------------------------------------------------- withdraw


def test_withdraw_part_to_another_recipient(funded, ezeth, restaker, stranger):
    funded.deposit(ezeth, 5 * ONE, sender=restaker)
    receipt = funded.withdraw(ezeth, 2 * ONE, stranger, sender=restaker)
    expected = funded.Withdraw(user=restaker, token=ezeth, amount=2 * ONE, recipient=stranger)
    assert receipt.decode_logs(funded.Withdraw) == [expected]
    assert ezeth.balanceOf(stranger) == 2 * ONE
    assert funded.tokenBalance(restaker, ezeth) == funded.totalOf(ezeth) == 3 * ONE
    assert funded.getUserInfo(restaker).pointsPerHour == 3 * ONE


def test_withdraw_keeps_points(funded, ezeth, restaker, chain):
    funded.deposit(ezeth, 5 * ONE, sender=restaker)
    chain.pending_timestamp += HOUR
    funded.withdraw(ezeth, 5 * ONE, restaker, sender=restaker)
    points = funded.calculatePoints(restaker)
    chain.mine(1, timestamp=chain.pending_timestamp + HOUR)
    assert points >= 5 * ONE
    assert funded.calculatePoints(restaker) == points


@pytest.mark.parametrize("condition", ["paused", "stopped", "delisted", "another token broken"])
def test_withdraw_is_open_whatever_happens(funded, ezeth, awkward, owner, restaker, condition):
    funded.deposit(ezeth, ONE, sender=restaker)
    funded.deposit(awkward, ONE, sender=restaker)
    match condition:
        case "paused":
            funded.pause(sender=owner)
        case "stopped":
            funded.stopDeposits(sender=owner)
        case "delisted":
            funded.removeWhitelistedToken(ezeth, sender=owner)
        case _:
            awkward.setRefusing(True, sender=owner)
    before = ezeth.balanceOf(restaker)
    funded.withdraw(ezeth, ONE, restaker, sender=restaker)
    assert ezeth.balanceOf(restaker) == before + ONE


def test_withdraw_refusals(funded, ezeth, restaker, stranger):
    funded.deposit(ezeth, ONE, sender=restaker)
    with ape.reverts(funded.ZeroAmount):
        funded.withdraw(ezeth, 0, NOBODY, sender=restaker)
    with ape.reverts(funded.ZeroAddress):
        funded.withdraw(ezeth, 2 * ONE, NOBODY, sender=restaker)
    inputs = {"token": ezeth.address, "deposited": ONE, "requested": ONE + 1}
    with ape.reverts(funded.InsufficientDeposit, error_inputs=inputs):
        funded.withdraw(ezeth, ONE + 1, restaker, sender=restaker)
    with ape.reverts(funded.InsufficientDeposit, error_inputs={**inputs, "deposited": 0, "requested": 1}):
        funded.withdraw(ezeth, 1, stranger, sender=stranger)


# --------------------------------------------------------------- claim manager


def test_withdraw_tokens_sends_listed_tokens_and_zeroes_rate(
    funded, ezeth, weth, awkward, owner, restaker, claim_manager
):
    for token, amount in ((ezeth, 3 * ONE), (weth, 2 * ONE), (awkward, ONE)):
        funded.deposit(token, amount, sender=restaker)
    funded.removeWhitelistedToken(ezeth, sender=owner)
    stop(funded, owner, claim_manager)
    receipt = funded.withdrawTokens(restaker, sender=claim_manager)
    # the last token took the removed one's place
    assert funded.getAllWhitelistedTokens() == [awkward, weth]
    assert receipt.decode_logs(funded.WithdrawTokens)[0].amounts == [ONE, 2 * ONE]
    assert (awkward.balanceOf(claim_manager), weth.balanceOf(claim_manager)) == (ONE, 2 * ONE)
    assert funded.getUserInfo(restaker).pointsPerHour == 0
    # what was delisted stays, and its owner can still take it
    assert funded.tokenBalance(restaker, ezeth) == 3 * ONE
    funded.withdraw(ezeth, 3 * ONE, restaker, sender=restaker)
    assert funded.totalOf(ezeth) == funded.totalOf(weth) == funded.totalOf(awkward) == 0


def test_claim_zeroes_points_once(funded, ezeth, owner, restaker, claim_manager, chain):
    funded.deposit(ezeth, ONE, sender=restaker)
    chain.pending_timestamp += 3 * HOUR
    stop(funded, owner, claim_manager)
    points = funded.calculatePoints(restaker)
    receipt = funded.claim(restaker, sender=claim_manager)
    assert points >= 3 * ONE
    assert receipt.decode_logs(funded.ClaimPoints) == [funded.ClaimPoints(user=restaker, points=points)]
    assert funded.calculatePoints(restaker) == 0
    assert funded.claim(restaker, sender=claim_manager).decode_logs(funded.ClaimPoints)[0].points == 0


@pytest.mark.parametrize("method", ["withdrawTokens", "claim"])
def test_claim_manager_checks_in_order(funded, owner, stranger, claim_manager, method):
    """Paused, manager set, manager's call, stopped, user: each is told only when those before hold."""
    call = getattr(funded, method)
    funded.pause(sender=owner)
    with ape.reverts(funded.EnforcedPause):
        call(NOBODY, sender=stranger)
    funded.unpause(sender=owner)
    with ape.reverts(funded.ClaimManagerNotSet):
        call(NOBODY, sender=stranger)
    funded.setClaimManager(claim_manager, sender=owner)
    with ape.reverts(funded.NotClaimManager):
        call(NOBODY, sender=stranger)
    with ape.reverts(funded.DepositsNotStopped):
        call(NOBODY, sender=claim_manager)
    funded.stopDeposits(sender=owner)
    with ape.reverts(funded.ZeroAddress):
        call(NOBODY, sender=claim_manager)


# ----------------------------------------------------------------------- owner


def test_every_owner_method_refuses_a_stranger(deposit, ezeth, stranger):
    calls = [
        (deposit.addWhitelistedToken, [ezeth]),
        (deposit.removeWhitelistedToken, [ezeth]),
        (deposit.setClaimManager, [stranger]),
        (deposit.acceptClaimManager, []),
        (deposit.raiseClaimManagerDelay, [1]),
        (deposit.stopDeposits, []),
        (deposit.pause, []),
        (deposit.unpause, []),
        (deposit.addWeightedToken, [ezeth, 10_000, 1, 1]),
        (deposit.setDepositCaps, [ezeth, 1, 1]),
        (deposit.startSeason, [20_000]),
        (deposit.rescue, [ezeth, stranger]),
        (deposit.transferOwnership, [stranger]),
    ]
    for method, arguments in calls:
        with ape.reverts(deposit.OwnableUnauthorizedAccount, error_inputs={"account": stranger.address}):
            method(*arguments, sender=stranger)


def test_whitelist_refusals(deposit, ezeth, owner, stranger):
    with ape.reverts(deposit.ZeroAddress):
        deposit.addWhitelistedToken(NOBODY, sender=owner)
    with ape.reverts(deposit.TokenAlreadyWhitelisted, error_inputs={"token": ezeth.address}):
        deposit.addWhitelistedToken(ezeth, sender=owner)
    with ape.reverts(deposit.ZeroAddress):
        deposit.removeWhitelistedToken(NOBODY, sender=owner)
    with ape.reverts(deposit.TokenNotWhitelisted):
        deposit.removeWhitelistedToken(stranger, sender=owner)


def test_whitelist_swaps_and_pops(deposit, ezeth, weth, awkward, owner):
    receipt = deposit.removeWhitelistedToken(ezeth, sender=owner)
    assert receipt.decode_logs(deposit.WhitelistedTokenRemoved) == [deposit.WhitelistedTokenRemoved(token=ezeth)]
    assert deposit.getAllWhitelistedTokens() == [awkward, weth]
    deposit.removeWhitelistedToken(weth, sender=owner)
    deposit.addWhitelistedToken(ezeth, sender=owner)
    assert deposit.getAllWhitelistedTokens() == [awkward, ezeth]
    assert (deposit.whitelistedTokens(weth), deposit.whitelistedTokens(ezeth)) == (False, True)


def test_claim_manager_is_set_at_once_without_delay(deposit, owner, claim_manager):
    with ape.reverts(deposit.ZeroAddress):
        deposit.setClaimManager(NOBODY, sender=owner)
    receipt = deposit.setClaimManager(claim_manager, sender=owner)
    assert receipt.decode_logs(deposit.ClaimManagerSet) == [deposit.ClaimManagerSet(claimManager=claim_manager)]
    assert deposit.claimManager() == claim_manager


def test_claim_manager_waits_out_the_delay(deposit, owner, claim_manager, chain):
    deposit.raiseClaimManagerDelay(7 * 24 * HOUR, sender=owner)
    with ape.reverts(deposit.ClaimManagerNotAnnounced):
        deposit.acceptClaimManager(sender=owner)
    receipt = deposit.setClaimManager(claim_manager, sender=owner)
    ready_at = timestamp(chain, receipt) + 7 * 24 * HOUR
    expected = deposit.ClaimManagerAnnounced(claimManager=claim_manager, readyAt=ready_at)
    assert receipt.decode_logs(deposit.ClaimManagerAnnounced) == [expected]
    assert tuple(deposit.announcedClaimManager()) == (claim_manager, ready_at)
    assert deposit.claimManager() == NOBODY
    chain.pending_timestamp = ready_at - 1
    with ape.reverts(deposit.ClaimManagerNotReady, error_inputs={"readyAt": ready_at}):
        deposit.acceptClaimManager(sender=owner)
    chain.pending_timestamp = ready_at
    deposit.acceptClaimManager(sender=owner)
    assert deposit.claimManager() == claim_manager
    with ape.reverts(deposit.ClaimManagerNotAnnounced):
        deposit.acceptClaimManager(sender=owner)


def test_claim_manager_announced_too_long_ago_is_not_accepted(deposit, owner, claim_manager, chain):
    deposit.raiseClaimManagerDelay(7 * 24 * HOUR, sender=owner)
    receipt = deposit.setClaimManager(claim_manager, sender=owner)
    expired_at = timestamp(chain, receipt) + 14 * 24 * HOUR
    chain.pending_timestamp = expired_at + 1
    with ape.reverts(deposit.ClaimManagerAnnouncementExpired, error_inputs={"expiredAt": expired_at}):
        deposit.acceptClaimManager(sender=owner)
    assert deposit.claimManager() == NOBODY


def test_claim_manager_delay_only_rises(deposit, owner):
    with ape.reverts(deposit.ClaimManagerDelayNotRaised, error_inputs={"current": 0, "requested": 0}):
        deposit.raiseClaimManagerDelay(0, sender=owner)
    deposit.raiseClaimManagerDelay(10, sender=owner)
    assert deposit.claimManagerDelay() == 10
    for requested in (9, 10):
        inputs = {"current": 10, "requested": requested}
        with ape.reverts(deposit.ClaimManagerDelayNotRaised, error_inputs=inputs):
            deposit.raiseClaimManagerDelay(requested, sender=owner)
    maximum = deposit.MAXIMUM_CLAIM_MANAGER_DELAY()
    inputs = {"requested": maximum + 1, "maximum": maximum}
    with ape.reverts(deposit.ClaimManagerDelayTooLong, error_inputs=inputs):
        deposit.raiseClaimManagerDelay(maximum + 1, sender=owner)


def test_stop_deposits_once(deposit, owner, chain):
    receipt = deposit.stopDeposits(sender=owner)
    assert deposit.depositStopTime() == timestamp(chain, receipt)
    with ape.reverts(deposit.DepositsAlreadyStopped):
        deposit.stopDeposits(sender=owner)


def test_pause_and_unpause(deposit, owner):
    with ape.reverts(deposit.ExpectedPause):
        deposit.unpause(sender=owner)
    deposit.pause(sender=owner)
    assert deposit.paused()
    with ape.reverts(deposit.EnforcedPause):
        deposit.pause(sender=owner)
    deposit.unpause(sender=owner)
    assert not deposit.paused()


def test_ownership_moves_in_two_steps_and_is_never_renounced(deposit, owner, stranger, call_refusal):
    deposit.transferOwnership(stranger, sender=owner)
    assert deposit.owner() == owner
    deposit.acceptOwnership(sender=stranger)
    assert deposit.owner() == stranger
    for account in (owner, stranger):
        call = {"from": account.address, "to": deposit.address, "data": deposit.renounceOwnership.encode_input()}
        assert call_refusal(**call) == error_data("RenounceDisabled()")


# ------------------------------------------------------------------- over time


def test_points_of_one_interval_equal_the_deployed_formula(funded, ezeth, weth, restaker, chain):
    """floor(seconds * units / 3600), units summed over tokens."""
    first = timestamp(chain, funded.deposit(ezeth, 3 * ONE + 7, sender=restaker))
    chain.pending_timestamp = first + 777
    funded.deposit(weth, 11, sender=restaker)
    assert funded.getUserInfo(restaker).pointBalance == 777 * (3 * ONE + 7) // HOUR
    assert funded.calculatePoints(restaker) == 777 * (3 * ONE + 7) // HOUR


def test_points_end_with_deposits(funded, ezeth, owner, restaker, chain):
    first = timestamp(chain, funded.deposit(ezeth, ONE, sender=restaker))
    chain.pending_timestamp = first + 5000
    funded.stopDeposits(sender=owner)
    chain.mine(1, timestamp=first + 50_000)
    assert funded.calculatePoints(restaker) == 5000 * ONE // HOUR


def test_cumulative_of_is_the_time_integral_of_the_total(funded, ezeth, restaker, other_restaker, chain):
    first = timestamp(chain, funded.deposit(ezeth, 4 * ONE, sender=restaker))
    chain.pending_timestamp = first + 100
    funded.deposit(ezeth, 2 * ONE, sender=other_restaker)
    chain.pending_timestamp = first + 300
    funded.withdraw(ezeth, 3 * ONE, restaker, sender=restaker)
    chain.mine(1, timestamp=first + 1000)
    assert funded.cumulativeOf(ezeth) == (100 * 4 + 200 * 6 + 700 * 3) * ONE


def test_deposit_token_whose_balance_cannot_be_read_reverts(funded, ezeth, restaker, chain):
    # a token whose code has gone wrong: every call of it reverts
    chain.provider.set_code(ezeth.address, "0x60006000fd")
    with ape.reverts(funded.BalanceUnknown, error_inputs={"token": ezeth.address}):
        funded.deposit(ezeth, ONE, sender=restaker)
