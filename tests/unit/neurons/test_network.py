from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from neurons.network import LocalNetwork, Role, neuron_of
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


@pytest.mark.parametrize("content", ["", "[]", '{"version": 2, "neurons": []}', '{"neurons": [{"uid": 0}]}'])
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

    monkeypatch.setattr("neurons.network.os.fsync", fail)
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
