"""Five miners as processes, two of them honest: only these get weight, the quicker one more."""

import json
import statistics
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_account import Account

from neurons.commands import validator
from neurons.network import LocalNetwork
from tests.integration.neurons.parts import Home, eventually
from tests.integration.neurons.subnet import Subnet
from verifier_gen.circuit import Circuit

ROUNDS = {"quick": 4, "slow": 4, "copier": 2, "forger": 2, "hanging": 1}
"""Changes of its score that each miner has to have; the one that hangs takes longest for one."""
SLOW_SECONDS = 5.0
SETTINGS = """
[timeouts]
floor_seconds = 30
[weights]
blocks_apart = 1
last_blocks = 360
poll_seconds = 0.5
"""


@pytest.fixture
def arena(home: Home, tiny_circuit: Circuit, tmp_path: Path):
    left = tmp_path / "left"
    left.mkdir()
    behaviours = {
        "quick": f"leaks:{left}:0",
        "slow": f"slow:{SLOW_SECONDS}",
        "copier": f"copies:{left}",
        "forger": "forges",
        "hanging": "hangs",
    }
    subnet = Subnet(tmp_path, home, tiny_circuit, Account.create(), behaviours, tuple(behaviours))
    subnet.rules = "{ block_seconds = 1.0, rate_limit_blocks = 1 }"
    subnet.longest_seconds = 30.0
    subnet.benchmarks = "interval_seconds = 2\nsurvey_seconds = 2"
    subnet.more_settings["validator"] = SETTINGS
    yield subnet
    for process in subnet.running:
        process.clean_up()


def reasons(subnet: Subnet) -> dict[str, Counter[str]]:
    """By role, how often its score changed for which reason."""
    roles = {hotkey: role for role, hotkey in subnet.hotkeys.items()}
    found: dict[str, Counter[str]] = {role: Counter() for role in subnet.miners}
    for event in subnet.events("validator", "score_changed"):
        found[roles[event["hotkey"]]][event["reason"]] += 1
    return found


def test_run_five_miners_only_the_honest_have_weight_in_order_of_speed(arena: Subnet) -> None:
    for role in (*arena.miners, "validator"):
        arena.start(role)
    eventually(lambda: all(reasons(arena)[role].total() >= rounds for role, rounds in ROUNDS.items()), seconds=240)
    found = reasons(arena)
    assert set(found["quick"]) == set(found["slow"]) == {"verified"}
    # what it copies was proved for another subject or other inputs, or for the same under another tag; it waits when
    # nothing is left yet
    copied = {"wrong_subject", "wrong_inputs", "wrong_tag"}
    assert set(found["copier"]) <= copied | {"timed_out"}
    assert set(found["copier"]) & copied
    assert set(found["forger"]) <= {"invalid_proof", "output_out_of_range"}
    assert set(found["hanging"]) == {"timed_out"}

    network = LocalNetwork(arena.folder / "network.json")
    uids = {neuron.hotkey: neuron.uid for neuron in network.neurons()}
    quick, slow, own = (uids[arena.hotkeys[role]] for role in ("quick", "slow", "validator"))
    eventually(lambda: set(network.weights()[own].weights) == {quick, slow} if own in network.weights() else False)
    weights = network.weights()[own].weights
    assert weights[quick] > weights[slow] > 0

    quick_seconds, slow_seconds = (seconds_of(arena, role) for role in ("quick", "slow"))
    assert min(slow_seconds) >= SLOW_SECONDS
    assert statistics.median(quick_seconds) < statistics.median(slow_seconds)


def seconds_of(subnet: Subnet, role: str) -> list[float]:
    """What `veristake validator explain` says that a miner's right answers took."""
    config = str(subnet.folder / "validator.toml")
    told = CliRunner().invoke(validator, ["explain", subnet.hotkeys[role], "--config", config, "--json"])
    assert told.exit_code == 0, told.output
    changes = json.loads(told.stdout)["changes"]
    return [change["seconds"] for change in changes if change["reason"] == "verified"]
