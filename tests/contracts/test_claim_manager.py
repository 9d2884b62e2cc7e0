"""ClaimManager, function by function: what reaches users. tests/contracts/test_distributions.py has the other side."""

import json

import ape
import pytest
from click.testing import CliRunner

from tests.contracts.claim_fixtures import ONE, POOL, RATE, now, tree_for
from veristake.cli import cli

NOBODY = "0x" + "00" * 20
OPEN, CLOSED = 3, 4


# ------------------------------------------------------------------------ exit


def test_exit_by_a_stranger_hands_the_user_all_tokens(stopped, funded, ezeth, weth, awkward, restaker, stranger):
    before = {token: token.balanceOf(restaker) for token in (ezeth, weth, awkward)}
    receipt = stopped.exit(restaker, sender=stranger)
    for token, amount in ((ezeth, 3 * ONE), (weth, 2 * ONE), (awkward, ONE)):
        assert token.balanceOf(restaker) - before[token] == amount
        assert token.balanceOf(stopped) == token.balanceOf(stranger) == 0
    assert receipt.decode_logs(stopped.TokensReturned) == [
        stopped.TokensReturned(user=restaker, token=token, amount=amount)
        for token, amount in ((ezeth, 3 * ONE), (weth, 2 * ONE), (awkward, ONE))
    ]
    assert funded.tokenBalance(restaker, ezeth) == 0


def test_exit_without_a_balance_does_nothing(stopped, restaker, stranger):
    stopped.exit(restaker, sender=stranger)
    for user in (restaker, stranger):
        receipt = stopped.exit(user, sender=stranger)
        assert receipt.decode_logs(stopped.TokensReturned) == receipt.decode_logs(stopped.TokensKept) == []


def test_exit_token_that_refuses_the_user_is_kept_for_it_and_others_arrive(
    stopped, ezeth, weth, awkward, restaker, owner, stranger
):
    before = ezeth.balanceOf(restaker), weth.balanceOf(restaker)
    awkward.setBlocked(restaker, True, sender=owner)
    receipt = stopped.exit(restaker, sender=stranger)
    assert (ezeth.balanceOf(restaker), weth.balanceOf(restaker)) == (before[0] + 3 * ONE, before[1] + 2 * ONE)
    assert receipt.decode_logs(stopped.TokensKept) == [stopped.TokensKept(user=restaker, token=awkward, amount=ONE)]
    assert stopped.keptFor(restaker, awkward) == stopped.promisedOf(awkward) == awkward.balanceOf(stopped) == ONE


def test_exit_of_a_fee_token_hands_on_what_arrived(stopped, awkward, restaker, owner, stranger):
    awkward.setFee(1000, sender=owner)
    before = awkward.balanceOf(restaker)
    stopped.exit(restaker, sender=stranger)
    # a tenth on each of the two ways
    assert awkward.balanceOf(restaker) - before == ONE * 81 // 100
    assert awkward.balanceOf(stopped) == 0


def test_exit_refusals_are_those_of_omron_deposit(manager, funded, owner, restaker, stranger, claim_manager):
    with ape.reverts(manager.DepositsNotStopped):
        manager.exit(restaker, sender=stranger)
    funded.stopDeposits(sender=owner)
    with ape.reverts(manager.ZeroAddress):
        manager.exit(NOBODY, sender=stranger)
    funded.pause(sender=owner)
    with ape.reverts(funded.EnforcedPause):
        manager.exit(restaker, sender=stranger)
    funded.unpause(sender=owner)
    funded.setClaimManager(claim_manager, sender=owner)
    with ape.reverts(funded.NotClaimManager):
        manager.exit(restaker, sender=stranger)


@pytest.mark.parametrize("entry", ["exit", "deliver", "fund", "claimPoints", "retrieve", "claimLeaf"])
def test_reentry_through_a_token_is_refused(points_open, awkward, restaker, owner, stranger, entry):
    """The token's call back fails, the transfer with it, and what would have left is kept."""
    arguments = {
        "exit": (restaker,),
        "deliver": (restaker, awkward),
        "fund": (1, 1),
        "claimPoints": (1, restaker),
        "retrieve": (awkward, stranger),
        "claimLeaf": (1, restaker, 1, []),
    }
    call = getattr(points_open, entry).encode_input(*arguments[entry])
    awkward.setCallback(points_open, call, sender=owner)
    awkward.setCallbackFor(restaker, sender=owner)
    points_open.exit(restaker, sender=stranger)
    assert points_open.keptFor(restaker, awkward) == ONE


# -------------------------------------------------------------- what was kept


@pytest.fixture
def kept(stopped, awkward, restaker, owner, stranger):
    """One unit of the token that refuses the restaker waits."""
    awkward.setBlocked(restaker, True, sender=owner)
    stopped.exit(restaker, sender=stranger)
    return stopped


def test_deliver_by_a_stranger_reaches_the_user_once_the_token_lets_it(kept, awkward, restaker, owner, stranger):
    with ape.reverts(awkward.TransfersRefused):
        kept.deliver(restaker, awkward, sender=stranger)
    awkward.setBlocked(restaker, False, sender=owner)
    before = awkward.balanceOf(restaker)
    receipt = kept.deliver(restaker, awkward, sender=stranger)
    assert awkward.balanceOf(restaker) == before + ONE
    expected = kept.TokensReleased(user=restaker, token=awkward, amount=ONE, recipient=restaker)
    assert receipt.decode_logs(kept.TokensReleased) == [expected]
    assert kept.promisedOf(awkward) == 0
    with ape.reverts(kept.NothingKept, error_inputs={"user": restaker.address, "token": awkward.address}):
        kept.deliver(restaker, awkward, sender=stranger)


def test_retrieve_by_the_user_reaches_another_recipient_and_nobody_else_can(kept, awkward, restaker, stranger):
    with ape.reverts(kept.NothingKept, error_inputs={"user": stranger.address, "token": awkward.address}):
        kept.retrieve(awkward, stranger, sender=stranger)
    for recipient in (NOBODY, kept):
        with ape.reverts(kept.ZeroAddress):
            kept.retrieve(awkward, recipient, sender=restaker)
    kept.retrieve(awkward, stranger, sender=restaker)
    assert awkward.balanceOf(stranger) == ONE
    with ape.reverts(kept.NothingKept, error_inputs={"user": restaker.address, "token": awkward.address}):
        kept.retrieve(awkward, stranger, sender=restaker)


def test_kept_tokens_that_became_fewer_are_shared_with_pools(kept, awkward, restaker, owner, sponsor, chain):
    """One unit kept, three in a pool, half of the four burnt: each gets half."""
    awkward.mint(sponsor, 3 * ONE, sender=owner)
    awkward.approve(kept, 3 * ONE, sender=sponsor)
    opens = now(chain) + 100
    kept.announceMerkle(awkward, 3 * ONE, opens, 30 * 86400, b"\1" * 32, False, sender=owner)
    kept.fund(1, 3 * ONE, sender=sponsor)
    awkward.burn(kept, 2 * ONE, sender=owner)
    awkward.setBlocked(restaker, False, sender=owner)
    before = awkward.balanceOf(restaker)
    kept.deliver(restaker, awkward, sender=restaker)
    assert awkward.balanceOf(restaker) - before == ONE // 2
    chain.mine(1, timestamp=opens + 30 * 86400)
    kept.sweep(1, sponsor, sender=owner)
    assert awkward.balanceOf(sponsor) == 3 * ONE // 2
    assert awkward.balanceOf(kept) == kept.promisedOf(awkward) == 0


# ---------------------------------------------------------------------- points


def test_claim_points_by_a_stranger_pays_the_user_rounded_down(points_open, funded, reward, restaker, stranger):
    points = funded.calculatePoints(restaker)
    receipt = points_open.claimPoints(1, restaker, sender=stranger)
    paid = points * RATE // ONE
    assert paid > 0
    assert (reward.balanceOf(restaker), reward.balanceOf(stranger)) == (paid, 0)
    expected = points_open.RewardClaimed(id=1, user=restaker, points=points, reward=paid)
    assert receipt.decode_logs(points_open.RewardClaimed) == [expected]
    assert funded.calculatePoints(restaker) == 0
    assert points_open.distribution(1).left == POOL - paid


def test_claim_points_twice_pays_once(points_open, reward, restaker, stranger):
    points_open.claimPoints(1, restaker, sender=stranger)
    paid = reward.balanceOf(restaker)
    receipt = points_open.claimPoints(1, restaker, sender=restaker)
    assert receipt.decode_logs(points_open.RewardClaimed)[0].reward == 0
    assert reward.balanceOf(restaker) == paid


def test_claim_points_without_any_is_no_error(points_open, reward, stranger):
    points_open.claimPoints(1, stranger, sender=stranger)
    assert reward.balanceOf(stranger) == 0


def test_exit_and_claim_points_in_one_transaction(points_open, funded, ezeth, reward, restaker, stranger):
    points, before = funded.calculatePoints(restaker), ezeth.balanceOf(restaker)
    points_open.exitAndClaimPoints(1, restaker, sender=stranger)
    assert reward.balanceOf(restaker) == points * RATE // ONE
    assert ezeth.balanceOf(restaker) == before + 3 * ONE


def test_claim_points_reward_that_refuses_the_user_is_kept(points_open, reward, restaker, owner, stranger):
    reward.setBlocked(restaker, True, sender=owner)
    points_open.claimPoints(1, restaker, sender=stranger)
    kept = points_open.keptFor(restaker, reward)
    assert kept > 0
    assert points_open.promisedOf(reward) == reward.balanceOf(points_open) == POOL
    points_open.retrieve(reward, stranger, sender=restaker)
    assert reward.balanceOf(stranger) == kept


def test_claim_points_pool_too_small_refuses_and_keeps_points(stopped, funded, reward, restaker, owner, sponsor, chain):
    opens = now(chain) + 100
    stopped.announcePoints(reward, 1, opens, 30 * 86400, RATE, 0, sender=owner)
    stopped.fund(1, 1, sender=sponsor)
    chain.mine(1, timestamp=opens)
    points = funded.calculatePoints(restaker)
    needed = points * RATE // ONE
    with ape.reverts(stopped.PoolExhausted, error_inputs={"id": 1, "left": 1, "needed": needed}):
        stopped.claimPoints(1, restaker, sender=restaker)
    assert funded.calculatePoints(restaker) == points
    stopped.fund(1, needed - 1, sender=sponsor)
    stopped.claimPoints(1, restaker, sender=restaker)
    assert reward.balanceOf(restaker) == needed
    assert stopped.distribution(1).left == 0


# ---------------------------------------------------------------------- leaves


def test_claim_leaf_by_a_stranger_pays_the_user_and_uses_points_up(
    merkle_open, funded, reward, restaker, other_restaker, stranger
):
    manager, tree = merkle_open
    manager.claimLeaf(1, restaker, 7 * ONE, tree.proofs[restaker.address], sender=stranger)
    assert (reward.balanceOf(restaker), reward.balanceOf(stranger)) == (7 * ONE, 0)
    assert funded.calculatePoints(restaker) == 0
    assert funded.calculatePoints(other_restaker) > 0
    assert (manager.hasClaimed(1, restaker), manager.hasClaimed(1, other_restaker)) == (True, False)
    with ape.reverts(manager.AlreadyClaimed, error_inputs={"id": 1, "user": restaker.address}):
        manager.claimLeaf(1, restaker, 7 * ONE, tree.proofs[restaker.address], sender=stranger)


def test_claim_leaf_by_the_published_file_pays(
    merkle_open, reward, other_restaker, restaker, stranger, tmp_path, chain
):
    manager, tree = merkle_open
    amounts, proofs = tmp_path / "amounts.csv", tmp_path / "proofs.json"
    amounts.write_text(f"address,amount\n{restaker.address},{7 * ONE}\n{other_restaker.address},{11 * ONE}\n")
    typed = ["--chain-id", str(chain.chain_id), "--claim-manager", manager.address, "--distribution", "1"]
    command = ["contracts", "distribution", "build", str(amounts), *typed, "--output", str(proofs), "--json"]
    told = json.loads(CliRunner().invoke(cli, command).stdout)
    assert told["root"] == "0x" + bytes(manager.distribution(1).root).hex() == "0x" + tree.root.hex()
    claim = json.loads(proofs.read_text())["claims"][1]
    manager.claimLeaf(1, claim["user"], int(claim["amount"]), claim["proof"], sender=stranger)
    assert reward.balanceOf(other_restaker) == 11 * ONE


def test_claim_leaf_of_another_amount_user_or_node_is_refused(merkle_open, restaker, other_restaker, stranger):
    manager, tree = merkle_open
    proof = tree.proofs[restaker.address]
    wrong = [
        (restaker, 7 * ONE + 1, proof),
        (stranger, 7 * ONE, proof),
        (other_restaker, 11 * ONE, proof),
        (restaker, 7 * ONE, []),
        (restaker, 7 * ONE, [*proof, b"\0" * 32]),
    ]
    for user, amount, siblings in wrong:
        inputs = {"id": 1, "user": user.address, "amount": amount}
        with ape.reverts(manager.InvalidProof, error_inputs=inputs):
            manager.claimLeaf(1, user, amount, siblings, sender=stranger)


def test_leaf_of_another_distribution_or_contract_is_another(merkle_open, project, owner, authority, funded, restaker):
    manager, _ = merkle_open
    twin = owner.deploy(project.ClaimManager, authority, funded)
    leaves = {manager.leafOf(1, restaker, 1), manager.leafOf(2, restaker, 1), twin.leafOf(1, restaker, 1)}
    assert len(leaves) == 3


def test_claim_leaf_without_points_works_when_points_are_not_used(
    manager, funded, reward, restaker, owner, sponsor, chain, stranger
):
    """A reward along the way: deposits go on, points stay."""
    tree = tree_for(chain, manager, 1, {restaker: ONE})
    opens = now(chain) + 100
    manager.announceMerkle(reward, ONE, opens, 30 * 86400, tree.root, False, sender=owner)
    manager.fund(1, ONE, sender=sponsor)
    chain.mine(1, timestamp=opens)
    manager.claimLeaf(1, restaker, ONE, [], sender=stranger)
    assert reward.balanceOf(restaker) == ONE


def test_claim_points_of_a_merkle_distribution_is_refused(merkle_open, restaker):
    manager, _ = merkle_open
    with ape.reverts(manager.WrongKind, error_inputs={"id": 1}):
        manager.claimPoints(1, restaker, sender=restaker)


def test_claim_leaf_of_a_distribution_at_a_rate_is_refused(points_open, restaker):
    with ape.reverts(points_open.WrongKind, error_inputs={"id": 1}):
        points_open.claimLeaf(1, restaker, 0, [], sender=restaker)


@pytest.mark.parametrize("kind", ["points", "leaf"])
def test_claims_outside_the_window_are_refused(stopped, reward, restaker, owner, sponsor, chain, kind):
    def claim():
        if kind == "points":
            return stopped.claimPoints(1, restaker, sender=restaker)
        return stopped.claimLeaf(1, restaker, ONE, [], sender=restaker)

    def refused(state):
        with ape.reverts(stopped.WrongState, error_inputs={"id": 1, "state": state}):
            claim()

    refused(0)
    opens = now(chain) + 1000
    if kind == "points":
        stopped.announcePoints(reward, ONE, opens, 30 * 86400, 1, 0, sender=owner)
    else:
        root = tree_for(chain, stopped, 1, {restaker: ONE}).root
        stopped.announceMerkle(reward, ONE, opens, 30 * 86400, root, True, sender=owner)
    refused(1)
    stopped.fund(1, ONE, sender=sponsor)
    refused(2)
    chain.pending_timestamp = opens - 1
    refused(2)
    chain.mine(1, timestamp=opens + 30 * 86400 - 2)
    with chain.isolate():
        claim()
    chain.mine(1, timestamp=opens + 30 * 86400)
    refused(CLOSED)
