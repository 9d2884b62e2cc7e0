"""Commands that add circuits to a miner, running or not, by the hash of their bundle."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neurons.command_options import JSON, config_option

if TYPE_CHECKING:
    from neurons.artefacts.cache import CircuitCache
    from neurons.miner.settings import MinerSettings

_CONFIG = config_option("Settings file of the miner.")
_HASH = re.compile(r"0x[0-9a-f]{64}")


def _bundle_hash(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not _HASH.fullmatch(value):
        raise click.BadParameter("a bundle's hash is 0x and 64 hexadecimal digits")
    return value


_hash = click.argument("bundle_hash", metavar="HASH", callback=_bundle_hash)


@click.group("circuits")
def circuits() -> None:
    """Add circuits to a miner by content hash, also while it runs.

    A bundle lists the files of one circuit with their hashes; its own hash is the name of the circuit here. Miners
    serve the bundles of what they hold, and `list` shows their hashes.
    """


@circuits.command("add")
@_hash
@click.option(
    "--from", "sources", multiple=True, required=True, metavar="URL", help="Base URL of a source; repeatable."
)
@_CONFIG
@JSON
def add(bundle_hash: str, sources: tuple[str, ...], config: Path, as_json: bool) -> None:
    """Fetch a circuit, check every file, and let the miner hold it.

    A fetch that was cut off goes on where it stopped. A source that gives anything else than the hash names is left,
    and named on standard error. A running miner takes the circuit up within a second or two.
    """
    from neurons.artefacts.fetching import fetch_circuit
    from neurons.logs import configure_logs

    configure_logs("miner")
    cache = _cache(config)
    circuit = asyncio.run(fetch_circuit(bundle_hash, sources, cache))
    cache.hold(bundle_hash)
    manifest = circuit.manifest
    told = {"bundle": bundle_hash, "circuit_id": manifest.circuit_id, "model": manifest.model_name}
    click.echo(json.dumps(told) if as_json else f"holds {manifest.model_name}, circuit {manifest.circuit_id}")


@circuits.command("drop")
@_hash
@_CONFIG
@JSON
def drop(bundle_hash: str, config: Path, as_json: bool) -> None:
    """Hold a circuit no longer; its files stay in the cache until room is needed."""
    _cache(config).hold(bundle_hash, held=False)
    click.echo(json.dumps({"bundle": bundle_hash}) if as_json else f"no longer holds {bundle_hash}")


@circuits.command("list")
@_CONFIG
@JSON
def list_circuits(config: Path, as_json: bool) -> None:
    """Show the miner's circuits by the hashes of their bundles: built ones, and those in the cache."""
    from neurons.miner.inventory import inventory

    rows = [row.model_dump() for row in inventory(_settings(config))]
    lines = [f"{row['bundle']}  {row['bytes']:>12} bytes  {row['place']:<6}  {row['directory']}" for row in rows]
    click.echo(json.dumps(rows) if as_json else "\n".join(lines) or "no circuits")


def _cache(config: Path) -> CircuitCache:
    """The cache of a miner's settings."""
    from neurons.artefacts.cache import CircuitCache

    artefacts = _settings(config).artefacts
    return CircuitCache(artefacts.cache, artefacts.limit_mib * 1024 * 1024)


def _settings(config: Path) -> MinerSettings:
    """A miner's settings; imported late, so that --help is quick."""
    from neurons.miner.settings import MinerSettings
    from neurons.settings import load_settings

    return load_settings(MinerSettings, config)
