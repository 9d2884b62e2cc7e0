"""``veristake model``: train, evaluate, predict, card, export."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from staking_model.calibrate_command import calibrate
from staking_model.card_text import card_markdown
from staking_model.evaluate_command import evaluate
from staking_model.features import FEATURES, OBSERVATIONS, WindowError, window_features
from staking_model.market import observations_of
from staking_model.replay import Columns, read_replay
from staking_model.shipped import SHIPPED_DIRECTORY, shipped_model
from staking_model.watch_command import watch
from statements.errors import ConfigurationError

if TYPE_CHECKING:
    from staking_model.reference import Reference

DURATIONS_NOTE: Final = (
    "staking durations and outflows were learnt on simulated markets only: no public record of holding times is known"
)
_EXISTING_DIRECTORY = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


def _require(package: str, extra: str) -> None:
    if find_spec(package) is None:
        raise ConfigurationError(
            f"the Python package {package!r} is not installed", remedy=f"Run: pip install 'veristake[{extra}]'"
        )


@click.group()
def model() -> None:
    """The model behind the scores: train it, try it, read its card."""


model.add_command(calibrate)
model.add_command(watch)
model.add_command(evaluate)


@model.command()
@click.option(
    "--output",
    type=_EXISTING_DIRECTORY,
    default=SHIPPED_DIRECTORY,
    show_default="the shipped model",
    help="Directory for ONNX and card.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of data, weights and batches.")
@click.option("--hidden", type=click.IntRange(1, 64), default=8, show_default=True, help="Hidden units.")
@click.option("--tag-limbs", type=click.IntRange(0, 64), default=8, show_default=True, help="Limbs of the request tag.")
@click.option(
    "--history",
    "histories",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="Real history to train and test on beside the simulator: a CSV or Parquet file, or a folder. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the card as JSON; progress goes to standard error.")
def train(output: Path, seed: int, hidden: int, tag_limbs: int, histories: tuple[Path, ...], as_json: bool) -> None:
    """Train on simulated markets, and on real history where given, and write ONNX and model card (some minutes).

    Of each real token training sees the first 60 % of the record; stETH is left out whole, to test on.
    docs/evaluation.md says which files are understood.
    """
    _require("torch", "train")
    _require("onnx", "train")
    # these import torch, which an operator does not need to have
    from staking_model.history import read_histories
    from staking_model.produce import ProductionSettings, produce
    from staking_model.train import TrainingSettings

    settings = ProductionSettings(
        training=TrainingSettings(hidden=hidden, seed=seed), tag_limbs=tag_limbs, histories=read_histories(histories)
    )
    written = produce(output, settings, lambda line: click.echo(line, err=True))
    click.echo(written.model_dump_json() if as_json else f"wrote {output}\n\n{card_markdown(written)}")


@model.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def card(as_json: bool) -> None:
    """Show the card of the shipped model."""
    shipped = shipped_model().card
    click.echo(shipped.model_dump_json() if as_json else card_markdown(shipped))


@model.command()
@click.argument("file", type=_FILE)
@click.option(
    "--columns",
    default="",
    metavar="OURS=THEIRS,...",
    help="Names of timestamp, rate, price and supply in the file where they differ.",
)
@click.option("--last", type=click.IntRange(min=1), default=1, show_default=True, help="Score so many newest epochs.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def predict(file: Path, columns: str, last: int, as_json: bool) -> None:
    """Score real history from a CSV FILE in floats, without proof.

    Columns: timestamp (ISO 8601 or Unix seconds), rate and price (ETH per token), supply (tokens, optional). A file
    knows no deposits, so the flow feature is zero.
    """
    _require("onnxruntime", "miner")
    from staking_model.reference import Reference

    market = read_replay(file, "asset", columns=Columns.parse(columns), epochs=OBSERVATIONS + last)
    results = _predictions(market.points["asset"], last, Reference())
    notes = (*market.notes, DURATIONS_NOTE)
    if as_json:
        click.echo(json.dumps({"notes": notes, "scores": results}))
        return
    for note in notes:
        click.echo(f"note: {note}", err=True)
    for result in results:
        days = result["staking_duration_seconds"] / 86400
        click.echo(f"{result['time']}  staking duration {days:5.1f} days  exit risk {result['exit_risk']:.3f}")


@model.command(short_help="Write the network with other tag limbs.")
@click.argument("output", type=_FILE)
@click.option("--tag-limbs", type=click.IntRange(0, 64), required=True, help="Limbs of the request tag.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def export(output: Path, tag_limbs: int, as_json: bool) -> None:
    """Write the shipped network to OUTPUT with other tag limbs."""
    _require("onnx", "train")
    from staking_model.card import sha256_of
    from staking_model.export import onnx_bytes, read_weights

    content = onnx_bytes(read_weights(shipped_model().onnx), tag_limbs=tag_limbs)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"cannot write {output}: {error.strerror}", remedy="Choose another path") from error
    digest = sha256_of(content)
    click.echo(json.dumps({"path": str(output), "sha256": digest}) if as_json else f"wrote {output}, sha256 {digest}")


def _predictions(points: tuple[Any, ...], last: int, reference: Reference) -> list[dict[str, Any]]:
    """Scores of the newest epochs that have a whole window."""
    shipped = shipped_model().card
    parameters = shipped.feature_parameters
    # the first point precedes the replayed stake, so it would show a deposit that never happened
    observations = observations_of(points[1:])
    if len(observations) < OBSERVATIONS:
        raise WindowError(
            f"the file covers {len(points)} hours, fewer than {OBSERVATIONS + 1}", remedy="Give a longer history"
        )
    results = []
    for end in range(max(OBSERVATIONS, len(observations) - last + 1), len(observations) + 1):
        window = observations[end - OBSERVATIONS : end]
        inputs = window_features(window, parameters)
        duration, risk = reference.scores(inputs, parameters.input_scale_bits)
        results.append(
            {
                "time": datetime.fromtimestamp(window[-1].observed_at, UTC).isoformat(),
                "features": [value / parameters.one for value in inputs[-FEATURES:]],
                "staking_duration_seconds": int(duration * shipped.maximum_duration_seconds),
                "exit_risk": risk,
            }
        )
    return results
