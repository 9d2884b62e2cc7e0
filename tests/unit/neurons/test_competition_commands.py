"""What `explain` and `weights show` tell of competitions, read from a state as a validator leaves it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from neurons.commands import validator
from neurons.network import LocalNetwork, Role
from neurons.settings import load_settings
from neurons.validator.competition_store import CompetitionStore, MeasuredEntry
from neurons.validator.entries.faults import EntryFault
from neurons.validator.entries.store import CheckedEntry, EntryStore
from neurons.validator.settings import ValidatorSettings
from neurons.validator.store import open_store
from tests.unit.neurons.parts import make_change

CIRCUIT = "0x" + "cc" * 32


def told(*arguments: str) -> str:
    result = CliRunner().invoke(validator, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A validator that has scored one miner, and whose competition another one leads; a third was refused."""
    path = tmp_path / "validator.toml"
    told("init", "--config", str(path))
    state = f"sqlite:///{tmp_path}/state.sqlite"
    text = path.read_text().replace("sqlite:///build/validator.sqlite", state)
    path.write_text(text + '\n[[competitions]]\nid = "staking"\ncircuit = "c"\nweight_bps = 1000\n')
    network_path = load_settings(ValidatorSettings, path).network
    network = LocalNetwork(network_path.path, network_path.rules)  # type: ignore[union-attr]  # a local one by default
    for hotkey in ("miner", "leader"):
        network.register(hotkey, Role.MINER)
        network.serve(hotkey, "http://127.0.0.1:1")
    network.register("validator", Role.VALIDATOR)
    store = open_store(state, "validator")
    store.settle(None, make_change())
    measured = MeasuredEntry(
        competition="staking", hotkey="leader", circuit_id=CIRCUIT, accuracy=1.0, proof_bytes=1, seconds=2.0, score=0.9
    )
    assert CompetitionStore(store.engine).add(measured)
    refused = CheckedEntry(
        competition="staking",
        hotkey="miner",
        bundle=CIRCUIT,
        circuit_id=CIRCUIT,
        checked_at=1.0,
        fault=EntryFault.FOREIGN_KEY,
        detail="its network gives\x00another",
    )
    EntryStore(store.engine).remember(refused)
    store.close()
    monkeypatch.setattr("neurons.opening.open_hotkey", lambda _: SimpleNamespace(ss58_address="validator"))
    return str(path)


def test_weights_show_tells_who_gets_a_competitions_part(config: str) -> None:
    shown = json.loads(told("weights", "show", "--config", config, "--json"))
    assert shown["weights"] == {"0": pytest.approx(0.9), "1": pytest.approx(0.1)}
    assert [(award["uid"], award["reason"]) for award in shown["awards"]] == [(1, "paid")]
    text = told("weights", "show", "--config", config)
    assert "competition staking (leader): 10 % of the weights to uid 1: it leads" in text


def test_explain_tells_what_came_of_an_entry(config: str) -> None:
    led = told("explain", "leader", "--config", config)
    assert "10.00% of the weights if they were set now" in led
    assert "staking: leads, and gets 10 % of the weights: it leads" in led
    refused = told("explain", "miner", "--config", config)
    assert "refused, foreign_key: its verifying key is not the one" in refused
    # a name out of a hostile network breaks no line
    assert "(its network gives?another)" in refused
    [entry] = json.loads(told("explain", "miner", "--config", config, "--json"))["entries"]
    assert (entry["leads"], entry["checked"]["fault"]) == (False, "foreign_key")
