from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from structlog.testing import capture_logs

from neurons.network import Neuron, Role, WeightBasis, WeightRules, WeightsReceipt, chain_client
from neurons.validator.awards import Prize
from neurons.validator.settings import WeightSettings
from neurons.validator.store import ValidatorStore, open_store
from neurons.validator.weights import Timing, WeightPolicy, normalised, pause_seconds, plan_weights
from neurons.validator.weights_history import CALL_SECONDS, Fate, any_pending, fate_of
from neurons.validator.weights_store import WeightsState, WeightsStore
from neurons.validator.weights_task import WeightSetter
from statements.errors import ChainError, VeristakeError

POLICY = WeightPolicy(version_key=3)
NEURONS = tuple(
    Neuron(uid=uid, hotkey=f"miner{uid}", role=Role.MINER, endpoint="http://127.0.0.1:1") for uid in range(4)
)


def rules(**fields: Any) -> WeightRules:
    late = {"block": 1000, "rate_limit_blocks": 100, "tempo_blocks": 360, "blocks_since_epoch": 350}
    return WeightRules(**(late | fields))


@given(st.dictionaries(st.sampled_from(["miner0", "miner1", "miner2", "gone"]), st.floats(0, 1)))
def test_normalised_any_scores_give_shares_of_one_to_registered_miners(scores: dict[str, float]) -> None:
    weights = normalised(scores, NEURONS)
    assert set(weights) <= {0, 1, 2}
    assert all(weight > 0 for weight in weights.values())
    assert not weights or math.isclose(sum(weights.values()), 1)
    assert bool(weights) == any(scores.get(neuron.hotkey, 0) > 0 for neuron in NEURONS)


@given(st.floats(1e-300, 1), st.floats(1e-300, 1))
def test_normalised_better_score_never_weighs_less(one: float, other: float) -> None:
    weights = normalised({"miner0": one, "miner1": other}, NEURONS)
    assert (weights.get(0, 0) - weights.get(1, 0)) * (one - other) >= 0


def test_normalised_miner_with_a_permit_on_a_chain_keeps_its_weight() -> None:
    endpoint = "http://127.0.0.1:1"
    staked_on = Neuron(uid=0, hotkey="m", role=None, stake=9.0, validator_permit=True, endpoint=endpoint)
    assert normalised({"m": 0.5, "n": 0.5}, [staked_on, Neuron(uid=1, hotkey="n", role=None, endpoint=endpoint)]) == {
        0: 0.5,
        1: 0.5,
    }


def test_normalised_miner_without_endpoint_gets_nothing() -> None:
    gone = Neuron(uid=9, hotkey="gone", role=Role.MINER)
    assert set(normalised({"gone": 1.0, "miner0": 0.1}, [gone, NEURONS[0]])) == {0}


def test_normalised_validators_get_nothing() -> None:
    assert normalised({"v": 1.0}, [Neuron(uid=0, hotkey="v", role=Role.VALIDATOR)]) == {}


@pytest.mark.parametrize(
    ("fields", "weights", "timing"),
    [
        ({}, {0: 1.0}, Timing.DUE),
        ({"last_update_block": 901}, {0: 1.0}, Timing.RATE_LIMITED),
        ({"last_update_block": 900}, {0: 1.0}, Timing.DUE),
        ({"last_update_block": 860, "rate_limit_blocks": 150}, {0: 1.0}, Timing.RATE_LIMITED),
        ({"last_update_block": 960, "rate_limit_blocks": 0}, {0: 1.0}, Timing.RATE_LIMITED),
        ({"blocks_since_epoch": 344}, {0: 1.0}, Timing.EARLY_IN_EPOCH),
        ({"blocks_since_epoch": 345}, {0: 1.0}, Timing.DUE),
        ({}, {}, Timing.NO_SCORES),
        ({"min_allowed_weights": 2}, {0: 1.0}, Timing.TOO_FEW),
        ({"version_key": 4}, {0: 1.0}, Timing.OLD_VERSION),
        ({"version_key": 3}, {0: 1.0}, Timing.DUE),
    ],
)
def test_plan_weights_by_the_networks_rules(fields: dict[str, Any], weights: dict[int, float], timing: Timing) -> None:
    assert plan_weights(rules(**fields), POLICY, weights).timing is timing


@given(st.integers(0, 2000), st.none() | st.integers(0, 2000), st.integers(0, 400), st.integers(0, 359))
def test_plan_weights_due_only_late_in_the_epoch_and_never_within_the_limit(
    block: int, last: int | None, limit: int, since: int
) -> None:
    found = rules(block=block, last_update_block=last, rate_limit_blocks=limit, blocks_since_epoch=since)
    if plan_weights(found, POLICY, {0: 1.0}).timing is Timing.DUE:
        assert since >= 345
        assert last is None or block - last >= max(100, limit)


@pytest.mark.parametrize(
    ("last", "found", "block", "fate"),
    [
        (None, 1000, 1000, Fate.UNKNOWN),
        (999, 1000, 1010, Fate.UNKNOWN),
        (999, 1000, 1011, Fate.LOST),
        (1000, 1000, 1000, Fate.SET),
        # the call took 15 blocks, and what its last attempt signed may land 8 blocks later
        (999, 1015, 1016, Fate.UNKNOWN),
        (1016, 1015, 1016, Fate.SET),
        (999, 1015, 1025, Fate.UNKNOWN),
        (999, 1015, 1026, Fate.LOST),
        # found by a later process: no call is that long
        (999, 1031, 1031, Fate.LOST),
    ],
)
def test_fate_of_decision_by_what_the_network_holds(last: int | None, found: int, block: int, fate: Fate) -> None:
    assert fate_of(1000, rules(block=block, last_update_block=last), found_block=found) is fate


def test_fate_of_counts_a_longer_time_than_any_call_takes() -> None:
    assert CALL_SECONDS > chain_client.WRITE_SECONDS + chain_client._GRACE_SECONDS
    fast = rules(block=1900, block_seconds=0.25)
    assert fate_of(1000, fast, found_block=1895) is Fate.UNKNOWN


@pytest.mark.parametrize(
    ("poll", "last_blocks", "block_seconds", "pause"),
    [
        (12.0, 15, 12.0, 12.0),
        (60.0, 15, 12.0, 60.0),
        (60.0, 5, 12.0, 20.0),
        (12.0, 15, 0.25, 1.25),
        (12.0, 1, 0.001, 0.1),
    ],
)
def test_pause_seconds_lets_three_looks_fall_into_the_window(
    poll: float, last_blocks: int, block_seconds: float, pause: float
) -> None:
    policy = WeightPolicy(version_key=3, last_blocks=last_blocks)
    assert pause_seconds(poll, policy, rules(block_seconds=block_seconds)) == pytest.approx(pause)


def test_settings_looks_may_not_be_further_apart_than_a_third_of_the_window() -> None:
    with pytest.raises(ValidationError, match="poll_seconds"):
        WeightSettings(poll_seconds=61)


@dataclass
class ScriptedNetwork:
    """Stands for a network whose blocks and answers the test decides."""

    rules: WeightRules
    fails_before: bool = False
    fails_after: bool = False
    accepts: bool = True
    given: list[dict[int, float]] = field(default_factory=list)

    def weight_basis(self, hotkey: str) -> WeightBasis:
        return WeightBasis(rules=self.rules, neurons=NEURONS)

    def reveal_round(self, hotkey: str, since_block: int) -> int | None:
        return 7 if self.rules.last_update_block == since_block else None

    def set_weights(
        self, hotkey: str, weights: Any, *, holders: dict[int, str], version_key: int, dry_run: bool
    ) -> WeightsReceipt:
        assert all(holders[uid] == f"miner{uid}" for uid in weights)
        if self.fails_before:
            raise ChainError("no connection")
        if not dry_run and self.accepts:
            self.given.append(dict(weights))
            self.at(self.rules.block, last_update_block=self.rules.block)
        if self.fails_after:
            raise ChainError("connection lost")
        return WeightsReceipt(accepted=self.accepts, detail="said", reveal_round=7, dry_run=dry_run)

    def at(self, block: int, **fields: Any) -> None:
        self.rules = self.rules.model_copy(update={"block": block} | fields)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ValidatorStore]:
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", "validator")
    yield store
    store.close()


def setter(
    store: ValidatorStore, network: Any, *, dry_run: bool = False, prizes: tuple[Prize, ...] = ()
) -> WeightSetter:
    return WeightSetter(
        hotkey="validator",
        network=network,
        store=WeightsStore(store.engine),
        scores=lambda: {"miner0": 0.3, "miner1": 0.1},
        prizes=lambda: prizes,
        policy=POLICY,
        dry_run=dry_run,
        poll_seconds=1.0,
    )


def test_round_due_weights_are_set_once_and_remembered(store: ValidatorStore) -> None:
    network = ScriptedNetwork(rules())
    setter(store, network).round()
    network.at(1001)
    setter(store, network).round()
    assert network.given == [{0: pytest.approx(0.75), 1: pytest.approx(0.25)}]
    (decision,) = WeightsStore(store.engine).latest()
    assert (decision.state, decision.reveal_round, decision.version_key) == (WeightsState.ACCEPTED, 7, 3)
    assert decision.weights == network.given[0]


def test_round_leader_of_a_competition_gets_its_part_and_the_reason_is_stored(store: ValidatorStore) -> None:
    network = ScriptedNetwork(rules())
    leads = Prize(competition="staking", weight_bps=1000, hotkey="miner2", measured=True)
    gone = Prize(competition="other", weight_bps=5000, hotkey="gone", measured=True)
    setter(store, network, prizes=(leads, gone)).round()
    assert network.given == [{0: pytest.approx(0.675), 1: pytest.approx(0.225), 2: pytest.approx(0.1)}]
    (decision,) = WeightsStore(store.engine).latest()
    assert decision.awards is not None
    assert [(award.uid, award.reason) for award in decision.awards] == [(2, "paid"), (None, "not_registered")]


def test_round_lost_weights_are_decided_anew_within_the_same_window(store: ValidatorStore) -> None:
    """One hiccup of the node must not cost a whole epoch."""
    network = ScriptedNetwork(rules(blocks_since_epoch=345), fails_before=True)
    with pytest.raises(VeristakeError):
        setter(store, network).round()
    network.fails_before = False
    validator = setter(store, network)
    for block in range(1001, 1015):
        network.at(block, blocks_since_epoch=block - 1000 + 345)
        validator.round()
    assert len(network.given) == 1


@pytest.mark.parametrize("reached", [True, False])
def test_round_no_word_from_the_network_neither_loses_nor_doubles(store: ValidatorStore, reached: bool) -> None:
    network = ScriptedNetwork(rules(), fails_before=not reached, fails_after=reached)
    with pytest.raises(VeristakeError):
        setter(store, network).round()
    network.fails_before = network.fails_after = False
    # a new process, a few blocks on: it may still arrive
    network.at(1004)
    assert (setter(store, network).round().timing is Timing.PENDING) is not reached
    assert any_pending(WeightsStore(store.engine).open(), network.rules) is not reached
    # so late that it cannot any more; the next epoch's end
    network.at(1360, blocks_since_epoch=350)
    setter(store, network).round()
    states = [decision.state for decision in WeightsStore(store.engine).latest()][::-1]
    assert states == [WeightsState.ACCEPTED if reached else WeightsState.LOST, WeightsState.ACCEPTED]
    assert len(network.given) == (2 if reached else 1)


def test_round_refused_weights_are_not_offered_again_at_once(store: ValidatorStore) -> None:
    network = ScriptedNetwork(rules(), accepts=False)
    for block in (1000, 1001, 1004, 1005):
        network.at(block)
        setter(store, network).round()
    decisions = WeightsStore(store.engine).latest()
    assert [(decision.block, decision.state) for decision in decisions] == [
        (1005, WeightsState.REFUSED),
        (1000, WeightsState.REFUSED),
    ]


@pytest.mark.parametrize("accepts", [True, False])
def test_round_after_dry_runs_weights_are_set_in_the_same_window(store: ValidatorStore, accepts: bool) -> None:
    network = ScriptedNetwork(rules(), accepts=accepts)
    setter(store, network, dry_run=True).round()
    network.at(1002)
    network.accepts = True
    assert setter(store, network, dry_run=True).round().timing is Timing.HELD_BACK
    assert setter(store, network).round().timing is Timing.DUE
    assert len(network.given) == 1


def test_round_committed_by_a_process_that_was_killed_keeps_the_round_of_its_reveal(store: ValidatorStore) -> None:
    network = ScriptedNetwork(rules(commit_reveal=True), fails_after=True)
    with pytest.raises(VeristakeError):
        setter(store, network).round()
    network.at(1001)
    setter(store, network).round()
    (decision,) = WeightsStore(store.engine).latest()
    assert (decision.state, decision.reveal_round) == (WeightsState.ACCEPTED, 7)


def test_round_told_once_why_no_weights_are_set(store: ValidatorStore) -> None:
    network = ScriptedNetwork(rules(), accepts=False)
    validator = setter(store, network)
    validator.round()
    with capture_logs() as logs:
        for block in (1001, 1002):
            network.at(block)
            assert validator.round().timing is Timing.HELD_BACK
    assert [log["timing"] for log in logs if log["event"] == "weights_not_due"] == [Timing.HELD_BACK]


def test_round_dry_run_changes_nothing_and_keeps_its_distance(store: ValidatorStore) -> None:
    network = ScriptedNetwork(rules())
    for block in (1000, 1001, 1100):
        network.at(block)
        setter(store, network, dry_run=True).round()
    assert network.given == []
    assert [decision.block for decision in WeightsStore(store.engine).latest()] == [1100, 1000]
    assert all(decision.dry_run for decision in WeightsStore(store.engine).latest())
