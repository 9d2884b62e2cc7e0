"""``veristake relayer``: what an operator types."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from daemon.findings import show_findings
from relayer.logs import configure_logs
from relayer.operator_commands import JOB_VERBS, JSON, SETTINGS, config, pause, resume, wallet
from relayer.operator_commands import show as show_result
from relayer.states import JobState

if TYPE_CHECKING:
    from relayer.outbox.views import Views
    from relayer.settings import RelayerSettings

_RUN_FIRST = "veristake relayer run makes the state and fills it"


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
@JSON
def init(directory: Path, as_json: bool) -> None:
    """Make settings to edit, a key with a random password, and a wallet in DIRECTORY.

    Nothing that exists is overwritten. The key's password is stored beside it and is readable by you only.
    """
    from relayer.newcomer import begin

    made = begin(directory)
    content = {"settings": str(made.settings), "address": made.address, "hotkey": made.hotkey}
    show_result(as_json, content, "\n".join(f"{name:9} {value}" for name, value in content.items()))
    if not as_json:
        click.echo(f"Next: edit {made.settings}, send funds to {made.address}, then run doctor.")


@relayer.command()
@SETTINGS
@JSON
@click.pass_context
def doctor(ctx: click.Context, settings_path: Path, as_json: bool) -> None:
    """Try settings, keys, endpoints, contracts, balances, circuits and sources; exit code 1 when something is wrong."""
    from relayer.doctor import examine
    from relayer.settings import load_settings

    findings = asyncio.run(examine(load_settings(settings_path)))
    show_findings(ctx, findings, as_json=as_json)


@relayer.command()
@SETTINGS
@click.option("--verbose", is_flag=True, help="Log debug messages too.")
def run(settings_path: Path, verbose: bool) -> None:
    """Relay until Ctrl-C or SIGTERM. Logs go to stderr, one JSON object a line."""
    from relayer.run import run_relayer
    from relayer.settings import load_settings

    configure_logs(verbose=verbose)
    asyncio.run(run_relayer(load_settings(settings_path)))


@relayer.command()
@SETTINGS
@JSON
def status(settings_path: Path, as_json: bool) -> None:
    """Count jobs by chain and state, and show how far each source has been read."""
    settings, views = _open(settings_path)
    if views is None:
        _no_state(settings, as_json, {"jobs": {}, "cursors": {}})
        return
    found = views.status()
    lines = [
        f"{chain}: {', '.join(f'{count} {state}' for state, count in sorted(states.items())) or 'no jobs'}"
        for chain, states in found.jobs.items()
    ]
    lines += [f"source {hotkey}: cursor {cursor}" for hotkey, cursor in found.cursors.items()]
    show_result(as_json, found.model_dump(mode="json"), "\n".join(lines))


@relayer.group()
def txs() -> None:
    """Look at jobs and their transactions."""


@txs.command("list")
@SETTINGS
@click.option("--state", type=click.Choice([str(state) for state in JobState]), help="Only jobs in this state.")
@click.option("--chain-id", type=int, help="Only jobs for this chain.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@JSON
def list_(settings_path: Path, state: str | None, chain_id: int | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    settings, views = _open(settings_path)
    if views is None:
        _no_state(settings, as_json, {"jobs": []})
        return
    found = views.jobs(state=JobState(state) if state else None, chain_id=chain_id, limit=limit)
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
@SETTINGS
@JSON
def show(job_id: int, settings_path: Path, as_json: bool) -> None:
    """Show JOB_ID with its transactions and every change of its state."""
    settings, views = _open(settings_path)
    if views is None:
        from relayer.outbox.views import UnknownJobError

        raise UnknownJobError(f"there is no job {job_id}: {_missing(settings)}", remedy=_RUN_FIRST)
    found = views.job(job_id)
    lines = [f"{name:20} {value}" for name, value in found.job.model_dump(mode="json").items() if value is not None]
    lines += [f"attempt   nonce {a.nonce} {a.hash} {a.ended or ''}" for a in found.attempts]
    lines += [f"{_time(e.at)} {e.old or '-'} -> {e.new}: {e.reason}" for e in found.events]
    show_result(as_json, found.model_dump(mode="json"), "\n".join(lines))


def _open(settings_path: Path) -> tuple[RelayerSettings, Views | None]:
    """The settings, and what can be seen of the state; None when there is none yet. Nothing is made or changed."""
    from relayer.outbox.database import open_existing
    from relayer.outbox.views import Views
    from relayer.settings import load_settings

    settings = load_settings(settings_path)
    engine = open_existing(settings.state_url)
    names = {chain.chain_id: chain.name for chain in settings.chains}
    return settings, None if engine is None else Views(engine, names)


def _no_state(settings: RelayerSettings, as_json: bool, empty: dict[str, Any]) -> None:
    show_result(as_json, empty, _missing(settings))


def _missing(settings: RelayerSettings) -> str:
    from daemon.state import place_of

    return f"no state yet at {place_of(settings.state_url)}"


def _short(value: str | None) -> str:
    """Enough of a hash to tell it from its neighbours; ``txs show`` prints it whole."""
    return f"{value[:10]}…" if value else ""


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


for verb in JOB_VERBS:
    txs.add_command(verb)
for command in (pause, resume, wallet, config):
    relayer.add_command(command)
