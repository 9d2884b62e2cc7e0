"""``veristake relayer``: what an operator types."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from relayer.logs import configure_logs
from relayer.states import JobState

_SETTINGS = click.option(
    "--config",
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=Path("relayer.toml"),
    show_default=True,
    help="TOML file with the settings.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


_HELP = """Get verified proofs from validators onto EVM chains.

The relayer pulls proofs from validators, verifies each again on this machine, simulates the call, and only then
signs and sends a transaction. It follows every transaction until its block is final, survives being killed at
any moment, and never sends the same thing twice.

\b
Begin:
  veristake relayer init ./my-relayer      makes settings, a key and a wallet
  (edit ./my-relayer/relayer.toml, send funds to the printed address)
  veristake relayer doctor --config ./my-relayer/relayer.toml
  veristake relayer run    --config ./my-relayer/relayer.toml
"""


@click.group(help=_HELP)
def relayer() -> None:
    """Get verified proofs from validators onto EVM chains."""
    configure_logs()


@relayer.command()
@click.argument("directory", type=click.Path(path_type=Path))
@_JSON
def init(directory: Path, as_json: bool) -> None:
    """Make settings to edit, a key with a random password, and a wallet in DIRECTORY.

    Nothing that exists is overwritten. The key's password is stored beside it and is readable by you only.
    """
    from relayer.newcomer import begin

    made = begin(directory)
    content = {"settings": str(made.settings), "address": made.address, "hotkey": made.hotkey}
    _print(as_json, content, "\n".join(f"{name:9} {value}" for name, value in content.items()))
    if not as_json:
        click.echo(f"Next: edit {made.settings}, send funds to {made.address}, then run doctor.")


@relayer.command()
@_SETTINGS
@_JSON
def doctor(settings_path: Path, as_json: bool) -> None:
    """Try settings, keys, endpoints, contracts, balances, circuits and sources; exit code 1 when something is wrong."""
    from relayer.doctor import examine
    from relayer.settings import load_settings

    checks = asyncio.run(examine(load_settings(settings_path)))
    if as_json:
        click.echo(json.dumps({"checks": [check.model_dump() for check in checks]}))
    for check in () if as_json else checks:
        click.echo(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}")
    if not all(check.ok for check in checks):
        sys.exit(1)


@relayer.command()
@_SETTINGS
@click.option("--verbose", is_flag=True, help="Log debug messages too.")
def run(settings_path: Path, verbose: bool) -> None:
    """Relay until Ctrl-C or SIGTERM. Logs go to stderr, one JSON object a line."""
    from relayer.run import run_relayer
    from relayer.settings import load_settings

    configure_logs(verbose=verbose)
    asyncio.run(run_relayer(load_settings(settings_path)))


@relayer.command()
@_SETTINGS
@_JSON
def status(settings_path: Path, as_json: bool) -> None:
    """Count jobs by chain and state, and show how far each source has been read."""
    found = _views(settings_path).status()
    lines = [
        f"{chain}: {', '.join(f'{count} {state}' for state, count in sorted(states.items())) or 'no jobs'}"
        for chain, states in found.jobs.items()
    ]
    lines += [f"source {hotkey}: cursor {cursor}" for hotkey, cursor in found.cursors.items()]
    _print(as_json, found.model_dump(mode="json"), "\n".join(lines))


@relayer.group()
def txs() -> None:
    """Look at jobs and their transactions."""


@txs.command("list")
@_SETTINGS
@click.option("--state", type=click.Choice([str(state) for state in JobState]), help="Only jobs in this state.")
@click.option("--chain-id", type=int, help="Only jobs for this chain.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@_JSON
def list_(settings_path: Path, state: str | None, chain_id: int | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    found = _views(settings_path).jobs(state=JobState(state) if state else None, chain_id=chain_id, limit=limit)
    if as_json:
        click.echo(found.model_dump_json())
        return
    table = Table("job", "chain", "kind", "epoch", "asset", "state", "gas", "transaction", "error")
    for column in table.columns[:-1]:
        column.no_wrap = True
    for job in found.jobs:
        cells = (job.id, job.chain or job.chain_id, job.kind, job.epoch, _short(job.asset), job.state)
        table.add_row(*map(str, cells), str(job.gas_used or ""), _short(job.transaction), job.error or "")
    # the error wraps; everything else is worth a wide line
    Console(width=max(Console().width, 120)).print(table)


@txs.command()
@click.argument("job_id", type=int)
@_SETTINGS
@_JSON
def show(job_id: int, settings_path: Path, as_json: bool) -> None:
    """Show JOB_ID with its transactions and every change of its state."""
    found = _views(settings_path).job(job_id)
    lines = [f"{name:20} {value}" for name, value in found.job.model_dump(mode="json").items() if value is not None]
    lines += [f"attempt   nonce {a.nonce} {a.hash} {a.ended or ''}" for a in found.attempts]
    lines += [f"{_time(e.at)} {e.old or '-'} -> {e.new}: {e.reason}" for e in found.events]
    _print(as_json, found.model_dump(mode="json"), "\n".join(lines))


def _views(settings_path: Path) -> Any:
    from relayer.outbox.database import open_database
    from relayer.outbox.views import Views
    from relayer.settings import load_settings

    settings = load_settings(settings_path)
    names = {chain.chain_id: chain.name for chain in settings.chains}
    return Views(open_database(settings.state_url), names)


def _print(as_json: bool, content: dict[str, Any], text: str) -> None:
    click.echo(json.dumps(content) if as_json else text)


def _short(value: str | None) -> str:
    """Enough of a hash to tell it from its neighbours; ``txs show`` prints it whole."""
    return f"{value[:10]}…" if value else ""


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
