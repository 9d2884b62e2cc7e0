"""ClaimManager's distributions, from announcing to sweeping; tests/contracts/test_claim_manager.py has the claims."""

import ape
import pytest

from tests.contracts.claim_fixtures import DAY, ONE, POOL, RATE, WINDOW, now

NOBODY = "0x" + "00" * 20
UNFUNDED, WAITING, OPEN, CLOSED, CANCELLED, LAPSED = range(1, 7)
ROOT = b"\1" * 32
YEAR = 365 * DAY


def test_constructor_refuses_zero_addresses(project, owner, authority, deposit):
    for arguments in ((NOBODY, deposit), (authority, NOBODY)):
        with ape.reverts(project.ClaimManager.ZeroAddress):
            owner.deploy(project.ClaimManager, *arguments)


def test_restricted_methods_refuse_a_stranger(stopped, reward, stranger, chain):
    opens = now(chain) + DAY
    calls = [
        (stopped.announcePoints, [reward, ONE, opens, WINDOW, 1, 0]),
        (stopped.announceMerkle, [reward, ONE, opens, WINDOW, ROOT, False]),
        (stopped.sweep, [1, stranger]),
    ]
    for method, arguments in calls:
        with ape.reverts(stopped.AccessManagedUnauthorized, error_inputs={"caller": stranger.address}):
            method(*arguments, sender=stranger)
    with ape.reverts(stopped.NotGuardian, error_inputs={"caller": stranger.address}):
        stopped.cancel(1, sender=stranger)


def test_announce_points_stores_and_tells_everything(stopped, reward, owner, chain):
    opens = now(chain) + DAY
    receipt = stopped.announcePoints(reward, POOL, opens, WINDOW, RATE, 10**9 * ONE, sender=owner)
    stored = stopped.distribution(1)
    expected = (reward, opens, opens + WINDOW, True, False, False, POOL, 0, b"\0" * 32, RATE)
    assert tuple(stored) == expected
    (log,) = receipt.decode_logs(stopped.DistributionAnnounced)
    assert log.id == stopped.distributionCount() == 1
    assert tuple(log.distribution.values() if isinstance(log.distribution, dict) else log.distribution) == expected
    assert stopped.stateOf(1) == UNFUNDED


def test_announce_refuses_what_cannot_be_meant(stopped, reward, owner, chain):
    opens = now(chain) + DAY
    good = [reward, ONE, opens, WINDOW, ROOT, False]
    for position, value, error in (
        (0, NOBODY, stopped.ZeroAddress),
        (1, 0, stopped.ZeroAmount),
        (4, b"\0" * 32, stopped.ZeroAmount),
    ):
        with ape.reverts(error):
            stopped.announceMerkle(*good[:position], value, *good[position + 1 :], sender=owner)
    with ape.reverts(stopped.ZeroAmount):
        stopped.announcePoints(reward, ONE, opens, WINDOW, 0, 0, sender=owner)
    for duration in (WINDOW - 1, 2 * YEAR + 1):
        inputs = {"duration": duration, "minimum": WINDOW, "maximum": 2 * YEAR}
        with ape.reverts(stopped.WindowOutOfRange, error_inputs=inputs):
            stopped.announceMerkle(reward, ONE, opens, duration, ROOT, False, sender=owner)


def test_announce_window_in_the_past_or_too_far_ahead_is_refused(stopped, reward, owner, chain):
    chain.pending_timestamp = moment = now(chain) + 10
    for opens in (moment - 1, moment + YEAR + 1):
        chain.pending_timestamp = moment
        inputs = {"opensAt": opens, "earliest": moment, "latest": moment + YEAR}
        with chain.isolate(), ape.reverts(stopped.OpeningOutOfRange, error_inputs=inputs):
            stopped.announceMerkle(reward, ONE, opens, WINDOW, ROOT, False, sender=owner)


def test_announce_points_that_the_amount_does_not_pay_for_is_refused(stopped, reward, owner, chain):
    """Rounded up: 3 points at half a unit each are two units."""
    inputs = {"amount": 1, "required": 2}
    with ape.reverts(stopped.AmountBelowPromise, error_inputs=inputs):
        stopped.announcePoints(reward, 1, now(chain) + DAY, WINDOW, ONE // 2, 3, sender=owner)
    stopped.announcePoints(reward, 2, now(chain) + DAY, WINDOW, ONE // 2, 3, sender=owner)


@pytest.mark.parametrize("kind", ["points", "merkle"])
def test_announce_that_uses_points_needs_the_role_and_the_stop(
    manager, funded, reward, owner, claim_manager, chain, kind
):
    def announce(opens):
        if kind == "points":
            return manager.announcePoints(reward, ONE, opens, WINDOW, 1, 0, sender=owner)
        return manager.announceMerkle(reward, ONE, opens, WINDOW, ROOT, True, sender=owner)

    with ape.reverts(manager.DepositsNotStopped):
        announce(now(chain) + DAY)
    funded.setClaimManager(claim_manager, sender=owner)
    with ape.reverts(manager.NotTheClaimManager, error_inputs={"claimManager": claim_manager.address}):
        announce(now(chain) + DAY)
    funded.setClaimManager(manager, sender=owner)
    funded.raiseClaimManagerDelay(7 * DAY, sender=owner)
    funded.stopDeposits(sender=owner)
    earliest = funded.depositStopTime() + 7 * DAY
    with ape.reverts(manager.OpeningOutOfRange):
        announce(earliest - 1)
    announce(earliest)


def test_only_one_distribution_uses_points_at_a_time(stopped, reward, owner, sponsor, guardian, chain):
    """A stranger could otherwise use a user's points up in the worse of two."""
    opens = now(chain) + DAY

    def announce(opens_at):
        stopped.announcePoints(reward, ONE, opens_at, WINDOW, 1, 0, sender=owner)

    def refused(number):
        with ape.reverts(stopped.PointsAlreadyPromised, error_inputs={"id": number}):
            announce(now(chain) + DAY)

    announce(opens)
    refused(1)
    stopped.announceMerkle(reward, ONE, opens, WINDOW, ROOT, False, sender=owner)
    stopped.fund(1, ONE, sender=sponsor)
    refused(1)
    chain.mine(1, timestamp=opens)
    refused(1)
    stopped.cancel(1, sender=guardian)
    announce(now(chain) + DAY)
    # never paid for: it lapses and stands in nobody's way
    chain.mine(1, timestamp=stopped.distribution(3).opensAt)
    assert stopped.stateOf(3) == LAPSED
    announce(now(chain) + DAY)
    stopped.fund(4, ONE, sender=sponsor)
    chain.mine(1, timestamp=stopped.distribution(4).closesAt)
    assert stopped.stateOf(4) == CLOSED
    announce(now(chain) + DAY)


def test_fund_all_at_once_before_the_window_by_anybody(stopped, reward, owner, sponsor, chain):
    opens = now(chain) + DAY
    stopped.announceMerkle(reward, 5 * ONE, opens, WINDOW, ROOT, False, sender=owner)
    inputs = {"id": 1, "required": 5 * ONE, "received": 5 * ONE - 1}
    with ape.reverts(stopped.Underfunded, error_inputs=inputs):
        stopped.fund(1, 5 * ONE - 1, sender=sponsor)
    with ape.reverts(stopped.ZeroAmount):
        stopped.fund(1, 0, sender=sponsor)
    receipt = stopped.fund(1, 6 * ONE, sender=sponsor)
    expected = stopped.DistributionFunded(id=1, funder=sponsor, amount=6 * ONE)
    assert receipt.decode_logs(stopped.DistributionFunded) == [expected]
    assert stopped.distribution(1).left == stopped.promisedOf(reward) == 6 * ONE
    assert stopped.stateOf(1) == WAITING
    chain.mine(1, timestamp=opens)
    stopped.fund(1, 1, sender=sponsor)
    assert stopped.distribution(1).left == 6 * ONE + 1


def test_fund_with_a_fee_token_that_delivers_less_is_refused(stopped, reward, owner, sponsor, chain):
    stopped.announceMerkle(reward, 5 * ONE, now(chain) + DAY, WINDOW, ROOT, False, sender=owner)
    reward.setFee(100, sender=owner)
    inputs = {"id": 1, "required": 5 * ONE, "received": 5 * ONE * 99 // 100}
    with ape.reverts(stopped.Underfunded, error_inputs=inputs):
        stopped.fund(1, 5 * ONE, sender=sponsor)


def test_fund_what_cannot_open_any_more_is_refused(stopped, reward, owner, sponsor, guardian, chain):
    def refused(number, state):
        with ape.reverts(stopped.WrongState, error_inputs={"id": number, "state": state}):
            stopped.fund(number, ONE, sender=sponsor)

    refused(9, 0)
    opens = now(chain) + DAY
    for _ in range(3):
        stopped.announceMerkle(reward, ONE, opens, WINDOW, ROOT, False, sender=owner)
    stopped.cancel(1, sender=guardian)
    stopped.fund(2, ONE, sender=sponsor)
    refused(1, CANCELLED)
    chain.mine(1, timestamp=opens)
    refused(3, LAPSED)
    chain.mine(1, timestamp=opens + WINDOW)
    refused(2, CLOSED)


def test_cancel_ends_claims_at_once_and_frees_the_pool(points_open, reward, restaker, guardian, owner, sponsor):
    points_open.claimPoints(1, restaker, sender=restaker)
    receipt = points_open.cancel(1, sender=guardian)
    expected = points_open.DistributionCancelled(id=1, guardian=guardian)
    assert receipt.decode_logs(points_open.DistributionCancelled) == [expected]
    with ape.reverts(points_open.WrongState, error_inputs={"id": 1, "state": CANCELLED}):
        points_open.claimPoints(1, restaker, sender=restaker)
    with ape.reverts(points_open.WrongState, error_inputs={"id": 1, "state": CANCELLED}):
        points_open.cancel(1, sender=guardian)
    before, left = reward.balanceOf(sponsor), points_open.distribution(1).left
    points_open.sweep(1, sponsor, sender=owner)
    assert reward.balanceOf(sponsor) == before + left


def test_sweep_only_what_nobody_claimed_and_only_afterwards(
    points_open, reward, restaker, other_restaker, owner, sponsor, chain
):
    points_open.claimPoints(1, restaker, sender=restaker)
    reward.setBlocked(other_restaker, True, sender=owner)
    points_open.claimPoints(1, other_restaker, sender=other_restaker)
    kept = points_open.keptFor(other_restaker, reward)
    with ape.reverts(points_open.WrongState, error_inputs={"id": 1, "state": OPEN}):
        points_open.sweep(1, sponsor, sender=owner)
    chain.mine(1, timestamp=points_open.distribution(1).closesAt)
    for recipient in (NOBODY, points_open):
        with ape.reverts(points_open.ZeroAddress):
            points_open.sweep(1, recipient, sender=owner)
    left, before = points_open.distribution(1).left, reward.balanceOf(sponsor)
    receipt = points_open.sweep(1, sponsor, sender=owner)
    expected = points_open.DistributionSwept(id=1, recipient=sponsor, amount=left)
    assert receipt.decode_logs(points_open.DistributionSwept) == [expected]
    assert reward.balanceOf(sponsor) == before + left
    # what a user has a right to is out of everybody's reach
    assert reward.balanceOf(points_open) == points_open.promisedOf(reward) == kept > 0
    with ape.reverts(points_open.NothingLeft, error_inputs={"id": 1}):
        points_open.sweep(1, sponsor, sender=owner)
    reward.setBlocked(other_restaker, False, sender=owner)
    points_open.deliver(other_restaker, reward, sender=sponsor)
    assert reward.balanceOf(other_restaker) == kept


def test_an_admins_delay_comes_before_announcing(stopped, authority, reward, owner, stranger, chain):
    """The admin acts through AccessManager.execute, as for OmronDeposit."""
    authority.grantRole(0, stranger, DAY, sender=owner)
    opens = now(chain) + 3 * DAY
    call = stopped.announceMerkle.encode_input(reward, ONE, opens, WINDOW, ROOT, False)
    with ape.reverts(authority.AccessManagerNotScheduled):
        authority.execute(stopped, call, sender=stranger)
    authority.schedule(stopped, call, 0, sender=stranger)
    chain.mine(1, timestamp=now(chain) + DAY + 1)
    authority.execute(stopped, call, sender=stranger)
    assert stopped.distributionCount() == 1
