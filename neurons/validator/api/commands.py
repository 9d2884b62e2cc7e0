"""``veristake validator keys``: who may call the external API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neurons.command_options import JSON, config_option

if TYPE_CHECKING:
    from neurons.validator.api.access_keys import AccessKey, AccessKeyStore

_CONFIG = config_option("Settings file of the validator.")


@click.group()
def keys() -> None:
    """Say who may call the external API, and how much.

    A running validator takes new and revoked keys into account at once.
    """


@keys.command("new")
@_CONFIG
@JSON
@click.option("--name", required=True, help="Whose key it is, for people.")
@click.option("--hotkey", metavar="SS58", help="Let this hotkey in by its signature, instead of a secret key.")
@click.option(
    "--requests-per-second", type=click.FloatRange(0.001, 10_000), default=10.0, show_default=True,
    help="Requests of any kind, in the long run.",
)  # fmt: skip
@click.option(
    "--burst", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Requests that may come at once."
)
@click.option(
    "--queries-per-hour", type=click.IntRange(0, 1_000_000), default=600, show_default=True,
    help="New queries; 0 lets the caller read only.",
)  # fmt: skip
def keys_new(
    config: Path,
    as_json: bool,
    name: str,
    hotkey: str | None,
    requests_per_second: float,
    burst: int,
    queries_per_hour: int,
) -> None:
    """Make a key. It is shown this once: only its hash is kept."""
    from neurons.validator.api.access_keys import Limits

    limits = Limits(requests_per_second=requests_per_second, request_burst=burst, queries_per_hour=queries_per_hour)
    key, secret = _store(config).create(name, limits, hotkey=hotkey)
    if as_json:
        click.echo(json.dumps({**key.model_dump(mode="json"), "key": secret}))
        return
    click.echo(f"made key {key.key_id} for {name}")
    if secret is not None:
        click.echo(f"{secret}\nKeep it: it is not shown again.")


@keys.command("list")
@_CONFIG
@JSON
def keys_list(config: Path, as_json: bool) -> None:
    """Show every key with its limits, revoked ones too; no secrets."""
    found = _store(config).all()
    if as_json:
        click.echo(json.dumps([key.model_dump(mode="json") for key in found]))
        return
    click.echo("\n".join(_line(key) for key in found) or "no keys yet")


@keys.command("revoke")
@_CONFIG
@JSON
@click.argument("key_id")
def keys_revoke(config: Path, as_json: bool, key_id: str) -> None:
    """Close the key KEY_ID for ever; `list` shows the ids."""
    key = _store(config).revoke(key_id)
    click.echo(json.dumps(key.model_dump(mode="json")) if as_json else f"revoked key {key.key_id} of {key.name}")


def _line(key: AccessKey) -> str:
    limits, made = key.limits, datetime.fromtimestamp(key.created_at, UTC)
    state = "revoked" if key.revoked_at is not None else "open"
    return (
        f"{key.key_id}  {state:7}  {limits.requests_per_second:g} requests/s, {limits.queries_per_hour} queries/h"
        f"  since {made:%Y-%m-%d}  {key.name}{f'  {key.hotkey}' if key.hotkey else ''}"
    )


def _store(config: Path) -> AccessKeyStore:
    from neurons.settings import load_settings
    from neurons.validator.api.access_keys import AccessKeyStore
    from neurons.validator.settings import ValidatorSettings
    from neurons.validator.store import open_store

    settings = load_settings(ValidatorSettings, config)
    # makes the tables where there are none yet, so that keys can be made before the first start
    return AccessKeyStore(open_store(settings.state_url, "").engine)
