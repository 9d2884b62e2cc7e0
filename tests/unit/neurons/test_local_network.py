from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from neurons.network import LocalNetwork, LocalRules, Role, WeightsRefusal, neuron_of
from statements.errors import ConfigurationError


@pytest.fixture
def network(tmp_path: Path) -> LocalNetwork:
    return LocalNetwork(tmp_path / "deep" / "network.json")


def test_neurons_absent_file_is_empty(network: LocalNetwork) -> None:
    assert network.neurons() == ()


def test_register_two_hotkeys_get_uids_in_order(network: LocalNetwork) -> None:
    assert network.register("miner", Role.MINER, stake=1.5).uid == 0
    assert network.register("validator", Role.VALIDATOR).uid == 1
    assert [neuron.hotkey for neuron in network.neurons()] == ["miner", "validator"]
    assert neuron_of(network.neurons(), "miner") == network.register("miner", Role.MINER)


def test_register_other_role_is_refused(network: LocalNetwork) -> None:
    network.register("miner", Role.MINER)
    with pytest.raises(ConfigurationError, match="registered as miner"):
        network.register("miner", Role.VALIDATOR)


def test_serve_registered_hotkey_is_seen_by_another_reader(network: LocalNetwork, tmp_path: Path) -> None:
    network.register("miner", Role.MINER)
    network.serve("miner", "http://127.0.0.1:1")
    (neuron,) = LocalNetwork(tmp_path / "deep" / "network.json").neurons()
    assert neuron.endpoint == "http://127.0.0.1:1"


def test_serve_unregistered_hotkey_is_refused(network: LocalNetwork) -> None:
    with pytest.raises(ConfigurationError, match="not registered"):
        network.serve("miner", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"version": 1, "neurons": 5}', '{"version": 3, "neurons": []}', '{"neurons": [{"uid": 0}]}']
)
def test_neurons_file_is_no_network_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "network.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"network\.json is not a network"):
        LocalNetwork(path).neurons()


def test_register_folder_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        LocalNetwork(tmp_path / "file" / "network.json").register("miner", Role.MINER)


def test_register_failed_write_leaves_the_file_as_it_was(
    network: LocalNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.register("miner", Role.MINER)

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("neurons.network.local_file.os.fsync", fail)
    with pytest.raises(ConfigurationError, match="No space left"):
        network.register("validator", Role.VALIDATOR)
    assert [neuron.hotkey for neuron in network.neurons()] == ["miner"]
    assert sorted(file.name for file in (tmp_path / "deep").iterdir()) == ["network.json", "network.json.lock"]


def _register_many(path: Path, prefix: str) -> None:
    for number in range(20):
        LocalNetwork(path).register(f"{prefix}{number}", Role.MINER)


def test_register_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "network.json"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_register_many, args=(path, prefix)) for prefix in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    neurons = LocalNetwork(path).neurons()
    assert sorted(neuron.uid for neuron in neurons) == list(range(40))
    assert len({neuron.hotkey for neuron in neurons}) == 40


def test_neurons_file_of_version_1_opens_and_is_raised_by_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "network.json"
    old = [
        {"uid": 0, "hotkey": "miner", "role": "miner", "endpoint": "http://127.0.0.1:1", "stake": 0.0},
        {"uid": 1, "hotkey": "validator", "role": "validator", "endpoint": None, "stake": 1000.0},
    ]
    path.write_text(json.dumps({"version": 1, "neurons": old}))
    network = LocalNetwork(path)
    assert [neuron.validator_permit for neuron in network.neurons()] == [False, True]
    network.register("third", Role.MINER)
    content = json.loads(path.read_text())
    assert (content["version"], len(content["neurons"])) == (2, 3)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, block: int) -> None:
        self.block = block

    def __call__(self) -> float:
        return self.block * 12.0 + 5


@pytest.fixture
def clock() -> Clock:
    return Clock(block=1000)


RULES = LocalRules(rate_limit_blocks=10, tempo_blocks=300, min_allowed_weights=2, version_key=3)
HOLDERS = {0: "fast", 1: "slow", 2: "validator"}


@pytest.fixture
def subnet(tmp_path: Path, clock: Clock) -> LocalNetwork:
    network = LocalNetwork(tmp_path / "network.json", RULES, clock=clock)
    for hotkey in ("fast", "slow"):
        network.register(hotkey, Role.MINER)
    network.register("validator", Role.VALIDATOR)
    return network


def test_set_weights_are_kept_as_shares_and_seen_by_another_reader(subnet: LocalNetwork, tmp_path: Path) -> None:
    receipt = subnet.set_weights("validator", {0: 3.0, 1: 1.0, 2: 0.0}, holders=HOLDERS, version_key=3, dry_run=False)
    assert (receipt.accepted, receipt.refusal, receipt.reveal_round, receipt.dry_run) == (True, None, None, False)
    row = LocalNetwork(tmp_path / "network.json").weights()[2]
    assert (row.block, row.version_key, row.weights) == (1000, 3, {0: 0.75, 1: 0.25})


def test_set_weights_dry_run_changes_nothing(subnet: LocalNetwork) -> None:
    receipt = subnet.set_weights("validator", {0: 3.0, 1: 1.0}, holders=HOLDERS, version_key=3, dry_run=True)
    assert (receipt.accepted, receipt.dry_run) == (True, True)
    assert subnet.weights() == {}
    refused = subnet.set_weights("validator", {0: 3.0}, holders=HOLDERS, version_key=3, dry_run=True)
    assert (refused.accepted, refused.dry_run) == (False, True)


@pytest.mark.parametrize(
    ("hotkey", "weights", "version_key", "refusal"),
    [
        ("stranger", {0: 1.0, 1: 1.0}, 3, WeightsRefusal.NOT_REGISTERED),
        ("fast", {0: 1.0, 1: 1.0}, 3, WeightsRefusal.NO_VALIDATOR_PERMIT),
        ("validator", {0: 1.0, 1: 1.0}, 2, WeightsRefusal.OLD_VERSION_KEY),
        ("validator", {0: 1.0, 1: 0.0}, 3, WeightsRefusal.TOO_FEW_WEIGHTS),
        ("validator", {}, 3, WeightsRefusal.TOO_FEW_WEIGHTS),
        ("validator", {0: 1.0, 1: 1.0, 9: 1.0}, 3, WeightsRefusal.INVALID_WEIGHTS),
        ("validator", {0: 1.0, 1: -1.0}, 3, WeightsRefusal.INVALID_WEIGHTS),
        ("validator", {0: 1.0, 1: float("nan")}, 3, WeightsRefusal.INVALID_WEIGHTS),
        ("validator", {0: 1.0, 1: float("inf")}, 3, WeightsRefusal.INVALID_WEIGHTS),
    ],
)
def test_set_weights_against_a_rule_are_refused_with_its_reason(
    subnet: LocalNetwork, hotkey: str, weights: dict[int, float], version_key: int, refusal: WeightsRefusal
) -> None:
    receipt = subnet.set_weights(hotkey, weights, holders=HOLDERS, version_key=version_key, dry_run=False)
    assert (receipt.accepted, receipt.refusal) == (False, refusal)
    assert subnet.weights() == {}


def test_set_weights_meant_for_another_holder_of_the_uid_are_refused(subnet: LocalNetwork) -> None:
    holders = {0: "fast", 1: "pruned"}
    receipt = subnet.set_weights("validator", {0: 1.0, 1: 1.0}, holders=holders, version_key=3, dry_run=False)
    assert receipt.refusal is WeightsRefusal.UID_TAKEN_OVER
    assert subnet.weights() == {}


def test_weight_basis_is_the_file_as_it_is(subnet: LocalNetwork) -> None:
    basis = subnet.weight_basis("validator")
    assert (basis.rules, basis.neurons) == (subnet.weight_rules("validator"), subnet.neurons())


def test_set_weights_second_time_waits_for_the_rate_limit(subnet: LocalNetwork, clock: Clock) -> None:
    assert subnet.weight_rules("validator").last_update_block is None
    for block, accepted, to_wait in ((1000, True, 0), (1009, False, 1), (1010, True, 0)):
        clock.block = block
        assert subnet.weight_rules("validator").blocks_to_wait == to_wait
        receipt = subnet.set_weights("validator", {0: 1.0, 1: 1.0}, holders=HOLDERS, version_key=3, dry_run=False)
        assert receipt.accepted is accepted
        assert receipt.refusal is (None if accepted else WeightsRefusal.RATE_LIMITED)
    assert subnet.weights()[2].block == 1010


def test_weight_rules_follow_clock_and_settings(subnet: LocalNetwork, clock: Clock) -> None:
    rules = subnet.weight_rules("validator")
    assert (rules.block, rules.blocks_since_epoch, rules.tempo_blocks) == (1000, 100, 300)
    assert (rules.rate_limit_blocks, rules.min_allowed_weights, rules.version_key) == (10, 2, 3)
    assert rules.commit_reveal is False
    with pytest.raises(ConfigurationError, match="not registered"):
        subnet.weight_rules("stranger")
