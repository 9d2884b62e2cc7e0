"""What an operator types, without any chain."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from relayer.commands import relayer
from relayer.outbox.database import NEWEST_SCHEMA, open_database
from relayer.outbox.views import UnknownJobError
from tests.unit.relayer.test_settings import GOOD, write


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write(tmp_path, GOOD)


def command(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(relayer, [*arguments, "--config", str(settings)])


@pytest.mark.parametrize(
    ("arguments", "empty"),
    [(("status",), {"jobs": {}, "cursors": {}}), (("txs", "list"), {"jobs": []})],
)
def test_reading_commands_without_state_say_so_and_make_nothing(
    settings: Path, arguments: tuple[str, ...], empty: object
) -> None:
    before = sorted(settings.parent.iterdir())
    told = command(settings, *arguments)
    assert (told.exit_code, told.output) == (0, f"no state yet at {settings.parent}/relayer.db\n")
    machine = command(settings, *arguments, "--json")
    assert (machine.exit_code, json.loads(machine.output)) == (0, empty)
    assert sorted(settings.parent.iterdir()) == before


def test_txs_show_without_state_is_an_unknown_job_and_makes_nothing(settings: Path) -> None:
    result = command(settings, "txs", "show", "1")
    assert isinstance(result.exception, UnknownJobError)
    assert "there is no job 1: no state yet at" in str(result.exception)
    assert not (settings.parent / "relayer.db").exists()


def test_status_existing_state_is_read(settings: Path) -> None:
    open_database(f"sqlite:///{settings.parent}/relayer.db").dispose()
    assert command(settings, "status").output == "home: no jobs\n"


def test_config_is_the_only_name_of_the_settings_file(settings: Path) -> None:
    refused = CliRunner().invoke(relayer, ["status", "--settings", str(settings)])
    assert refused.exit_code == 2
    assert "No such option" in refused.output


def test_newest_schema_is_the_one_that_open_database_makes(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/relayer.db").dispose()
    with sqlite3.connect(tmp_path / "relayer.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (NEWEST_SCHEMA,)


@pytest.fixture
def busy(settings: Path) -> Path:
    """Settings with a state that holds three queued jobs of chain 31337's kind."""
    from relayer.keys import attestation_signer
    from relayer.outbox.intake_store import IntakeStore
    from relayer.planning import ContractAbis, Destination, plan
    from statements.abi import load_abi
    from tests.unit.relayer.makers import FEED_HOME, publication

    engine = open_database(f"sqlite:///{settings.parent}/relayer.db")
    abis = ContractAbis(risk_feed=load_abi("RiskFeed"), attested_inputs=load_abi("AttestedInputs"))
    made = publication()
    IntakeStore(engine).take(
        made, plan(made, [Destination("home", 1, FEED_HOME)], abis=abis, signer_of=attestation_signer).jobs
    )
    engine.dispose()
    return settings


def last_line(result: Result) -> Any:
    """What was printed, after the log."""
    return json.loads(result.output.splitlines()[-1])


def test_txs_verbs_work_while_no_relayer_runs(busy: Path) -> None:
    cancelled = command(busy, "txs", "cancel", "1", "--json")
    assert last_line(cancelled) == {"job": 1, "state": "cancelled"}
    assert last_line(command(busy, "txs", "retry", "1", "--json"))["state"] == "queued"
    refused = command(busy, "txs", "bump", "1").exception
    assert "only a sent one can be bumped" in str(refused)


def test_pause_before_the_first_run_holds(settings: Path) -> None:
    assert command(settings, "pause", "home", "--reason", "not yet").output == "home is paused\n"
    with sqlite3.connect(settings.parent / "relayer.db") as connection:
        assert connection.execute("SELECT chain_id, reason FROM pauses").fetchall() == [(31337, "not yet")]
    assert json.loads(command(settings, "resume", "home", "--json").output) == {"chain": "home", "paused": False}
    with sqlite3.connect(settings.parent / "relayer.db") as connection:
        assert connection.execute("SELECT count(*) FROM pauses").fetchone() == (0,)


def test_pause_unknown_chain_names_the_known(settings: Path) -> None:
    assert "Known: home" in str(command(settings, "pause", "mars").exception)


def test_config_show_heads_endpoint_is_host_and_port(tmp_path: Path) -> None:
    with_heads = GOOD.replace("keystore = ", 'heads_endpoint = "wss://node.example/v2/SECRETKEY"\nkeystore = ')
    text = command(write(tmp_path, with_heads), "config", "show").output
    assert 'chains[0].heads_endpoint = "node.example"' in text
    assert "SECRETKEY" not in text


def test_config_check_heads_endpoint_that_is_no_websocket_is_refused(tmp_path: Path) -> None:
    wrong = GOOD.replace("keystore = ", 'heads_endpoint = "https://node.example"\nkeystore = ')
    assert "heads_endpoint" in str(command(write(tmp_path, wrong), "config", "show").exception)


def test_config_show_hides_what_may_be_secret(settings: Path) -> None:
    text = command(settings, "config", "show").output
    assert 'chains[0].endpoints = ["node.example", "127.0.0.1:8545"]' in text
    assert "SECRETKEY" not in text
    assert json.loads(command(settings, "config", "show", "--json").output)["chains"][0]["policy"]["dry_run"] is False


def test_wallet_import_and_address_never_show_the_key(settings: Path, tmp_path: Path) -> None:
    key = "0x" + "42" * 32
    files = [str(tmp_path / "keys" / "home.json"), "--password-file", str(tmp_path / "pass")]
    made = CliRunner().invoke(relayer, ["wallet", "import", *files, "--key-file", "-"], input=key)
    assert made.exit_code == 0, made.output
    assert "42" * 32 not in made.output
    assert all((tmp_path / name).stat().st_mode & 0o077 == 0 for name in ("keys/home.json", "pass"))
    again = CliRunner().invoke(relayer, ["wallet", "import", *files, "--key-file", "-"], input=key)
    assert "exists" in str(again.exception)
    settings.write_text(settings.read_text().replace("/etc/password", str(tmp_path / "pass")))
    shown = json.loads(command(settings, "wallet", "address", "--json").output)
    assert shown == {"addresses": {"home": made.output.strip()}}


@pytest.mark.parametrize("key", ["", "0x12", "hunter2" * 9, "00" * 32])
def test_wallet_import_no_key_is_refused_without_showing_it(tmp_path: Path, key: str) -> None:
    files = [str(tmp_path / "k"), "--password-file", str(tmp_path / "p")]
    refused = CliRunner().invoke(relayer, ["wallet", "import", *files, "--key-file", "-"], input=key)
    assert "is not a private key" in str(refused.exception)
    assert not key or key not in str(refused.exception)
    assert not (tmp_path / "k").exists()
