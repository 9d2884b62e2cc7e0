"""``veristake model watch``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from staking_model.card import ModelCard
from staking_model.features import FeatureParameters
from staking_model.observations.columns import LAYOUTS, Columns
from staking_model.observations.source import AssetHistory
from staking_model.shipped import SHIPPED_DIRECTORY, shipped_model
from statements.errors import ChainError, ConfigurationError

if TYPE_CHECKING:
    from staking_model.watch import WatchReport

_FILE = click.Path(path_type=Path, dir_okay=False)
DEFAULT_WINDOWS = 168
"""A week of hours."""


Read = Callable[[], tuple[AssetHistory, FeatureParameters]]
"""Reads what is new; gives the whole record and by what its features are computed."""


@click.command(short_help="Compare live inputs with training's.")
@click.option("--history", type=_FILE, help="CSV or Parquet file with one asset's history, instead of a chain.")
@click.option("--layout", type=click.Choice(sorted(LAYOUTS)), default="hourly", show_default=True, help="Of the file.")
@click.option("--columns", default="", metavar="OURS=THEIRS,...", help="Names of the file's columns where they differ.")
@click.option("--endpoint", "endpoints", multiple=True, help="JSON-RPC URL of the home chain. May be repeated.")
@click.option("--endpoints-file", type=_FILE, help="File with one JSON-RPC URL a line, for URLs that hold a key.")
@click.option("--chain-id", type=click.IntRange(min=1), help="EIP-155 id that each endpoint must have.")
@click.option("--observer", help="Address of the AssetObserver.")
@click.option("--asset", help="Token address on the chain; a name for the asset of a file.")
@click.option("--first-block", type=click.IntRange(min=0), default=0, show_default=True, help="Read from here on.")
@click.option(
    "--confirmations",
    type=click.IntRange(min=0),
    show_default="up to the chain's finalized block",
    help="Blocks below the newest that count as settled.",
)
@click.option(
    "--state",
    type=_FILE,
    default=Path("observations.sqlite"),
    show_default=True,
    help="File that remembers what has been read from the chain.",
)
@click.option("--last", type=click.IntRange(min=1), default=DEFAULT_WINDOWS, show_default=True, help="Newest windows.")
@click.option("--model", "directory", type=click.Path(path_type=Path, file_okay=False), help="Directory of the model.")
@click.option("--strict", is_flag=True, help="A shifted distribution alone counts as drift as well.")
@click.option("--follow", type=click.IntRange(min=1), metavar="SECONDS", help="Report again and again until stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print each report as one line of JSON.")
def watch(last: int, directory: Path | None, strict: bool, follow: int | None, as_json: bool, **source: Any) -> None:
    """Compare live inputs with those that the model was trained on.

    Reads observations from a chain (--endpoint, --chain-id, --observer, --asset) or from a file (--history), computes
    the model's inputs, and says for each feature how much lies outside training's range or in its tails, how much is
    clipped, and how much the distribution has shifted (population stability index). docs/observations.md says what
    the columns mean.

    Exit code: 0 in range, 4 drift, 1 or 2 when nothing could be compared.
    """
    if find_spec("numpy") is None:
        raise ConfigurationError(
            "the Python package 'numpy' is not installed", remedy="Run: pip install 'veristake[miner]'"
        )
    # these import numpy, which whoever only reads the help does not need to have
    from staking_model.watch import DriftError, report_text, watch_report

    card = shipped_model(directory or SHIPPED_DIRECTORY).card

    def report() -> WatchReport:
        history, parameters = read()
        ranges, trained = card.feature_ranges, card.feature_parameters
        made = watch_report(history, parameters, trained, ranges, last=last, strict=strict)
        click.echo(made.model_dump_json() if as_json else report_text(made))
        return made

    with _reading(card, source) as read:
        while follow is not None:
            try:
                report()
            except ChainError as error:
                # a node that comes back is asked again
                click.echo(f"{error}", err=True)
            time.sleep(follow)
        newest = report()
    if newest.drifts:
        raise DriftError(_summary(newest), remedy="See docs/observations.md, and do not rely on the scores meanwhile")


def _summary(report: WatchReport) -> str:
    found = [f"{drift.name} is {drift.verdict}" for drift in report.features if drift.verdict != "in range"]
    return f"{report.asset} drifts: {', '.join(found) or 'its features are computed otherwise than the model expects'}"


@contextmanager
def _reading(card: ModelCard, source: dict[str, Any]) -> Iterator[Read]:
    urls = _urls(source)
    if (source["history"] is None) == (not urls):
        raise ConfigurationError(
            "either a history file or endpoints of a chain are needed, not both",
            remedy="Give --history FILE, or --endpoint URL with --chain-id, --observer and --asset",
        )
    if urls:
        with _chain(urls, source) as read:
            yield read
        return
    from staking_model.observations.table_source import TableSource

    layout = LAYOUTS[source["layout"]]
    if source["columns"]:
        layout = replace(layout, columns=Columns.parse(source["columns"]))
    asset = source["asset"] or source["history"].stem
    table = TableSource(source["history"], asset, layout)
    yield lambda: (table.history(asset), card.feature_parameters)


@contextmanager
def _chain(urls: tuple[str, ...], source: dict[str, Any]) -> Iterator[Read]:
    missing = [name for name in ("chain_id", "observer", "asset") if source[name] is None]
    if missing:
        raise ConfigurationError(
            f"to read a chain, {', '.join('--' + name.replace('_', '-') for name in missing)} is needed as well",
            remedy="deployments/<chain id>.json holds the addresses",
        )
    if find_spec("web3") is None:
        raise ConfigurationError(
            "the Python package 'web3' is not installed", remedy="Run: pip install 'veristake[miner]'"
        )
    # this imports web3
    from staking_model.observations.chain import ChainPlace, ChainSource

    asset = source["asset"]
    place = ChainPlace(
        endpoints=urls,
        chain_id=source["chain_id"],
        observer=source["observer"],
        first_block=source["first_block"],
        confirmations=source["confirmations"],
        state=source["state"],
    )
    with ChainSource(place) as chain:

        def read() -> tuple[AssetHistory, FeatureParameters]:
            block = chain.sync(_show_progress)
            history = chain.history(asset)
            try:
                remark = f"at block {block} the premium is {chain.market(asset).premium:.4%}"
            except ChainError as error:
                # the observations stand without it; a node may not hold the state of a settled block any more
                remark = f"rate and price of now cannot be read: {error.message}"
            return replace(history, notes=(*history.notes, remark)), chain.parameters(asset)

        yield read


def _show_progress(block: int, last: int) -> None:
    """Where a first reading takes long."""
    if block < last:
        click.echo(f"read up to block {block:,} of {last:,}", err=True)


def _urls(source: dict[str, Any]) -> tuple[str, ...]:
    urls = tuple(source["endpoints"])
    path: Path | None = source["endpoints_file"]
    if path is None:
        return urls
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", remedy="Give a readable file") from error
    return urls + tuple(line.strip() for line in lines if line.strip())
