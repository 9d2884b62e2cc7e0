"""Weights in the clear and committed, and each rule that they can break."""

from __future__ import annotations

import pytest

from neurons.network import WeightsRefusal
from neurons.network.errors import NotRegisteredError
from tests.integration.subtensor.stand import MINER, NETUID, STRANGER, VALIDATOR, Keys, Stand

HOLDERS = {0: MINER.address, 1: VALIDATOR.address}


def test_set_weights_plain_are_on_the_chain(stand: Stand) -> None:
    network = stand.network(VALIDATOR)
    receipt = network.set_weights(VALIDATOR.address, {0: 0.75, 1: 0.25}, holders=HOLDERS, version_key=0, dry_run=False)
    assert (receipt.accepted, receipt.reveal_round, receipt.refusal) == (True, None, None)
    extrinsic = stand.chain.runtime.codec.decode_extrinsic(bytes.fromhex(stand.chain.head.extrinsics[0][2:]))
    # weights whose answer is lost must not land when the validator has long taken them for lost
    assert extrinsic["era"][0] == 8
    # the SDK scales the largest to 65535
    assert stand.chain.get("Weights", [NETUID, 1]) == [(0, 65535), (1, 21845)]


def test_set_weights_where_the_subnet_hides_them_are_committed(stand: Stand) -> None:
    stand.put("CommitRevealWeightsEnabled", True)
    network = stand.network(VALIDATOR)
    assert network.weight_rules(VALIDATOR.address).commit_reveal
    receipt = network.set_weights(VALIDATOR.address, {0: 1.0}, holders=HOLDERS, version_key=0, dry_run=False)
    assert receipt.accepted
    assert network.reveal_round(VALIDATOR.address, stand.chain.head.number) == receipt.reveal_round is not None
    assert network.reveal_round(VALIDATOR.address, stand.chain.head.number + 1) is None
    assert network.reveal_round(MINER.address, 0) is None
    ((hotkey, block, _, reveal_round),) = stand.chain.get("TimelockedWeightCommits", [NETUID, 0])
    assert (hotkey, block, reveal_round) == (VALIDATOR.address, stand.chain.head.number, receipt.reveal_round)
    assert stand.chain.get("Weights", [NETUID, 1]) == []


@pytest.mark.parametrize("hidden", [False, True])
def test_set_weights_twice_waits_for_the_rate_limit(stand: Stand, hidden: bool) -> None:
    stand.put("CommitRevealWeightsEnabled", hidden)
    network = stand.network(VALIDATOR)
    for blocks, refusal in ((0, None), (0, WeightsRefusal.RATE_LIMITED), (3, None)):
        stand.node.mine(blocks)
        to_wait = network.weight_rules(VALIDATOR.address).blocks_to_wait
        receipt = network.set_weights(VALIDATOR.address, {0: 1.0}, holders=HOLDERS, version_key=0, dry_run=False)
        assert receipt.refusal == refusal
        assert (to_wait == 0) is receipt.accepted


_BROKEN: dict[str, tuple[Keys, dict[int, float], dict[str, object], WeightsRefusal]] = {
    "unregistered": (STRANGER, {0: 1.0}, {}, WeightsRefusal.NOT_REGISTERED),
    "no permit": (MINER, {1: 1.0}, {}, WeightsRefusal.NO_VALIDATOR_PERMIT),
    "old version key": (VALIDATOR, {0: 1.0}, {"WeightsVersionKey": 8}, WeightsRefusal.OLD_VERSION_KEY),
    "too few": (VALIDATOR, {0: 1.0}, {"MinAllowedWeights": 2}, WeightsRefusal.TOO_FEW_WEIGHTS),
    "too few once rounded": (
        VALIDATOR,
        {0: 1.0, 1: 1e-9},
        {"MinAllowedWeights": 2},
        WeightsRefusal.TOO_FEW_WEIGHTS,
    ),
    "nothing above zero": (VALIDATOR, {0: 0.0}, {}, WeightsRefusal.TOO_FEW_WEIGHTS),
    "not a number": (VALIDATOR, {0: float("nan")}, {}, WeightsRefusal.INVALID_WEIGHTS),
    "negative": (VALIDATOR, {0: 1.0, 1: -1.0}, {}, WeightsRefusal.INVALID_WEIGHTS),
}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("rule", _BROKEN)
def test_set_weights_against_a_rule_are_refused_with_its_reason(stand: Stand, rule: str, dry_run: bool) -> None:
    wallet, weights, rules, refusal = _BROKEN[rule]
    for item, value in rules.items():
        stand.put(item, value)
    receipt = stand.network(wallet).set_weights(
        wallet.address, weights, holders=HOLDERS, version_key=7, dry_run=dry_run
    )
    assert (receipt.accepted, receipt.refusal, receipt.dry_run) == (False, refusal, dry_run)
    assert len(receipt.detail) > 20
    assert stand.chain.get("Weights", [NETUID, 1]) == []


@pytest.mark.parametrize(
    ("weights", "item", "value", "refusal"),
    [
        ({7: 1.0}, None, None, WeightsRefusal.INVALID_WEIGHTS),
        ({0: 1.0}, "StakeThreshold", 10**18, WeightsRefusal.NOT_ENOUGH_STAKE),
    ],
)
def test_set_weights_what_only_the_chain_knows_is_told_apart(
    stand: Stand, weights: dict[int, float], item: str | None, value: int | None, refusal: WeightsRefusal
) -> None:
    if item:
        stand.chain.put(item, [], value)
        stand.node.mine(1)
    receipt = stand.network(VALIDATOR).set_weights(
        VALIDATOR.address, weights, holders=HOLDERS, version_key=7, dry_run=False
    )
    assert receipt.refusal is refusal


@pytest.mark.parametrize("hidden", [False, True])
def test_set_weights_dry_run_plans_only(stand: Stand, hidden: bool) -> None:
    stand.put("CommitRevealWeightsEnabled", hidden)
    head = stand.chain.head.number
    receipt = stand.network(VALIDATOR).set_weights(
        VALIDATOR.address, {0: 1.0}, holders=HOLDERS, version_key=0, dry_run=True
    )
    assert (receipt.accepted, receipt.dry_run) == (True, True)
    assert (receipt.reveal_round is not None) is hidden
    assert stand.chain.head.number == head


def test_weight_rules_are_those_of_the_subnet(stand: Stand) -> None:
    stand.put("WeightsVersionKey", 8)
    rules = stand.network(VALIDATOR).weight_rules(VALIDATOR.address)
    assert (rules.block, rules.tempo_blocks, rules.blocks_since_epoch) == (stand.chain.head.number, 360, 17)
    assert (rules.rate_limit_blocks, rules.min_allowed_weights, rules.version_key) == (3, 1, 8)
    # registering counts as an update
    assert rules.last_update_block == stand.chain.get("LastUpdate", [NETUID])[1]
    with pytest.raises(NotRegisteredError):
        stand.network(STRANGER).weight_rules(STRANGER.address)
