from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from neurons.commands import DoctorError, _report, miner, validator
from neurons.doctor import Finding
from neurons.validator.store import open_store
from statements.errors import ConfigurationError
from tests.unit.neurons.parts import make_change


@pytest.mark.parametrize("group", [miner, validator])
def test_help_every_command_explains_itself(group: click.Group) -> None:
    for name, command in group.commands.items():
        result = CliRunner().invoke(group, [name, "--help"])
        assert result.exit_code == 0
        assert command.help is not None
        assert command.help.splitlines()[0] in result.output


def test_help_needs_no_heavy_import() -> None:
    code = "import sys, neurons.commands; print([m for m in ('bittensor', 'web3', 'ezkl') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("group", [miner, validator])
def test_init_writes_once_and_replaces_only_by_force(group: click.Group, tmp_path: Path) -> None:
    config = tmp_path / "deep" / "settings.toml"
    arguments = ["init", "--config", str(config)]
    assert CliRunner().invoke(group, arguments).exit_code == 0
    config.write_text("mine")
    refused = CliRunner().invoke(group, arguments)
    assert isinstance(refused.exception, ConfigurationError)
    assert config.read_text() == "mine"
    assert CliRunner().invoke(group, [*arguments, "--force"]).exit_code == 0
    assert "[wallet]" in config.read_text()


def test_init_folder_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(miner, ["init", "--config", str(tmp_path / "file" / "miner.toml")])
    assert isinstance(result.exception, ConfigurationError)


@pytest.mark.parametrize("command", ["run", "doctor"])
@pytest.mark.parametrize("group", [miner, validator])
def test_run_and_doctor_without_settings_name_the_file(group: click.Group, command: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(group, [command, "--config", str(tmp_path / "none.toml")])
    assert isinstance(result.exception, ConfigurationError)
    assert "none.toml does not exist" in str(result.exception)


@pytest.fixture
def validator_config(tmp_path: Path) -> Path:
    config = tmp_path / "validator.toml"
    CliRunner().invoke(validator, ["init", "--config", str(config)])
    text = config.read_text().replace("sqlite:///build/validator.sqlite", f"sqlite:///{tmp_path}/state.sqlite")
    config.write_text(text)
    return config


def test_scores_show_scores_and_changes(validator_config: Path, tmp_path: Path) -> None:
    arguments = ["scores", "--config", str(validator_config)]
    assert CliRunner().invoke(validator, arguments).output == "no scores yet\n"
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", "validator")
    store.record(make_change())
    store.close()
    assert "0.100000  miner  last change: verified" in CliRunner().invoke(validator, arguments).output
    (row,) = json.loads(CliRunner().invoke(validator, [*arguments, "--json"]).output)
    assert row["score"] == 0.1
    changes = CliRunner().invoke(validator, [*arguments, "--miner", "miner"]).output
    assert "0.000000 -> 0.100000  verified" in changes


def test_report_failed_finding_is_an_error_that_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    findings = [Finding("wallet", True, "fine"), Finding("chain", False, "gone", "Start it.")]
    with pytest.raises(DoctorError, match="not ready: chain"):
        _report(findings, as_json=False)
    assert "FAIL  chain: gone  Start it." in capsys.readouterr().out
    with pytest.raises(DoctorError):
        _report(findings, as_json=True)
    assert json.loads(capsys.readouterr().out)[1]["passed"] is False
    _report(findings[:1], as_json=False)
