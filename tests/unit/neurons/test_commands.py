from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from neurons.commands import miner, validator
from neurons.miner.settings import MinerSettings
from neurons.network.axon import axon_of
from neurons.network.settings import BittensorNetworkSettings
from neurons.serving import announced_url
from neurons.settings import load_settings
from neurons.validator.migrate import VERSION_TABLE
from neurons.validator.settings import ValidatorSettings
from neurons.validator.store import open_store
from statements.errors import ConfigurationError
from tests.unit.neurons.parts import make_change
from tests.without_database import BLOCK_DATABASE

PROJECT = Path(__file__).resolve().parents[3]


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


@pytest.mark.parametrize("group", [miner, validator])
def test_init_json_names_the_file(group: click.Group, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    result = CliRunner().invoke(group, ["init", "--json", "--config", str(config)])
    assert json.loads(result.output) == {"settings": str(config)}
    assert config.exists()


@pytest.mark.parametrize("group", [miner, validator])
def test_run_help_says_in_what_form_logs_come(group: click.Group) -> None:
    assert "one JSON object a line" in CliRunner().invoke(group, ["run", "--help"]).output


_WITHOUT_DATABASE = f"""{BLOCK_DATABASE}
import neurons.commands, neurons.miner.app, neurons.miner.doctor, neurons.miner.run, neurons.miner.settings
"""


def test_miner_without_the_validator_extra_is_imported_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DATABASE], capture_output=True, text=True, check=False, cwd=PROJECT
    )
    assert done.returncode == 0, done.stderr


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
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", "validator")
    assert CliRunner().invoke(validator, arguments).output == "no scores yet\n"
    store.settle(None, make_change())
    store.close()
    assert "0.100000  miner  last change: verified" in CliRunner().invoke(validator, arguments).output
    (row,) = json.loads(CliRunner().invoke(validator, [*arguments, "--json"]).output)
    assert row["score"] == 0.1
    changes = CliRunner().invoke(validator, [*arguments, "--miner", "miner"]).output
    assert "0.000000 -> 0.100000  verified" in changes


@pytest.mark.parametrize("more", [[], ["--miner", "miner"]])
def test_scores_without_database_say_so_and_make_nothing(
    validator_config: Path, tmp_path: Path, more: list[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    arguments = ["scores", "--config", str(validator_config), *more]
    told = CliRunner().invoke(validator, arguments)
    assert (told.exit_code, told.output) == (0, f"no state yet at {tmp_path}/state.sqlite\n")
    machine = CliRunner().invoke(validator, [*arguments, "--json"])
    assert (machine.exit_code, machine.output) == (0, "[]\n")
    assert sorted(tmp_path.iterdir()) == before


def test_scores_other_schema_is_named(validator_config: Path, tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/state.sqlite", "validator").close()
    with sqlite3.connect(tmp_path / "state.sqlite") as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0000'")
    result = CliRunner().invoke(validator, ["scores", "--config", str(validator_config)])
    assert isinstance(result.exception, ConfigurationError)
    assert "has schema 0000, this release has" in str(result.exception)


def test_keys_are_made_shown_once_listed_and_revoked(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    CliRunner().invoke(validator, ["init", "--config", str(config)])
    where = ["--config", str(config)]
    new = CliRunner().invoke(validator, ["keys", "new", *where, "--name", "shop", "--queries-per-hour", "5", "--json"])
    made = json.loads(new.output)
    assert made["key"].startswith(f"vsk_{made['key_id']}_")
    listed = CliRunner().invoke(validator, ["keys", "list", *where, "--json"]).output
    assert made["key"] not in listed
    assert json.loads(listed)[0]["limits"]["queries_per_hour"] == 5
    revoked = CliRunner().invoke(validator, ["keys", "revoke", *where, made["key_id"]])
    assert revoked.output == f"revoked key {made['key_id']} of shop\n"
    assert "revoked" in CliRunner().invoke(validator, ["keys", "list", *where]).output


@pytest.mark.parametrize("group", [miner, validator])
@pytest.mark.parametrize("chain", ["finney", "test", "local"])
def test_init_for_a_chain_writes_settings_that_load(group: click.Group, chain: str, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    arguments = ["init", "--config", str(config), "--chain", chain, "--netuid", "118"]
    assert CliRunner().invoke(group, arguments).exit_code == 0
    model: type[MinerSettings] | type[ValidatorSettings] = MinerSettings if group is miner else ValidatorSettings
    settings = load_settings(model, config)
    assert isinstance(settings.network, BittensorNetworkSettings)
    assert (settings.network.endpoint, settings.network.netuid) == (chain, 118)
    assert settings.network.is_local is (chain == "local")
    assert settings.listen.host != "127.0.0.1"
    # what nobody could reach stays to be filled in: doctor names it
    url = announced_url(settings.listen, settings.listen.port)
    assert url.endswith(f":{settings.listen.port}")
    if chain == "local":
        assert axon_of(url, local=True).url == url
    else:
        with pytest.raises(ConfigurationError, match="not reachable"):
            axon_of(url, local=False)


@pytest.mark.parametrize("alone", [["--chain", "test"], ["--netuid", "2"]])
def test_init_half_a_subnet_is_refused(alone: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(miner, ["init", "--config", str(tmp_path / "miner.toml"), *alone])
    assert result.exit_code == 2
    assert "go together" in result.output
    assert not (tmp_path / "miner.toml").exists()
