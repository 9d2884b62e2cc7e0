"""A uid that changes hands: weights meant for its former holder never pay the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from neurons.network import WeightsRefusal
from neurons.network.bittensor_network import BittensorNetwork
from neurons.validator.store import ValidatorStore, open_store
from neurons.validator.weights import Timing, WeightPolicy
from neurons.validator.weights_store import WeightsState, WeightsStore
from neurons.validator.weights_task import WeightSetter
from tests.integration.subtensor.stand import ADDRESS, MINER, NETUID, STRANGER, VALIDATOR, Stand

SETTING = "SubtensorModule.set_mechanism_weights"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ValidatorStore]:
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", "validator")
    yield store
    store.close()


def setter(network: BittensorNetwork, store: ValidatorStore, *, dry_run: bool = False) -> WeightSetter:
    return WeightSetter(
        hotkey=VALIDATOR.address,
        network=network,
        store=WeightsStore(store.engine),
        scores=lambda: {MINER.address: 0.5},
        policy=WeightPolicy(version_key=0, blocks_apart=0, last_blocks=400),
        dry_run=dry_run,
        poll_seconds=1.0,
    )


def take_over(stand: Stand) -> None:
    """The miner's uid goes to a stranger, as after pruning; its endpoint too, or it would get nothing anyway."""
    with stand.node.lock:
        stand.chain.put("Keys", [NETUID, 0], STRANGER.address)
        stand.chain.put("Uids", [NETUID, STRANGER.address], 0)
        stand.chain.put("Axons", [NETUID, STRANGER.address], stand.chain.get("Axons", [NETUID, MINER.address]))
    stand.node.mine(1)


def test_round_after_a_uid_changed_hands_gives_the_stranger_nothing(stand: Stand, store: ValidatorStore) -> None:
    stand.network(MINER).serve(MINER.address, ADDRESS)
    stand.node.mine(4)
    network = stand.network(VALIDATOR, lambda: 0.0, refresh_seconds=300.0)
    assert network.neurons()[0].hotkey == MINER.address
    take_over(stand)
    assert network.neurons()[0].hotkey == MINER.address, "the list in memory is the old one"
    plan = setter(network, store).round()
    assert plan is not None
    assert (plan.timing, plan.weights) == (Timing.NO_SCORES, {})
    assert SETTING not in stand.node.submitted()


@pytest.mark.parametrize("dry_run", [False, True])
def test_round_uid_changes_hands_between_decision_and_signing_is_refused(
    stand: Stand, store: ValidatorStore, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    stand.network(MINER).serve(MINER.address, ADDRESS)
    stand.node.mine(4)
    network = stand.network(VALIDATOR)
    read = network.weight_basis

    def read_and_then_pruned(hotkey: str) -> object:
        basis = read(hotkey)
        take_over(stand)
        return basis

    monkeypatch.setattr(network, "weight_basis", read_and_then_pruned)
    setter(network, store, dry_run=dry_run).round()
    (decision,) = WeightsStore(store.engine).latest()
    assert decision.state is WeightsState.REFUSED
    assert f"uid 0 belongs to {STRANGER.address} now" in decision.detail
    assert SETTING not in stand.node.submitted()


def test_set_weights_of_a_uid_without_holder_are_refused(stand: Stand) -> None:
    network = stand.network(VALIDATOR)
    receipt = network.set_weights(VALIDATOR.address, {0: 1.0}, holders={}, version_key=0, dry_run=False)
    assert receipt.refusal is WeightsRefusal.INVALID_WEIGHTS
    assert SETTING not in stand.node.submitted()
