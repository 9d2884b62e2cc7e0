"""``veristake model calibrate``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from staking_model.calibrated import CALIBRATION_NAME, SHIPPED, Calibration
from statements.errors import ConfigurationError


@click.command(short_help="Estimate the simulator's parameters from history.")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=SHIPPED / CALIBRATION_NAME,
    show_default="the calibration that the simulator uses",
    help="File for the figures.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def calibrate(folder: Path, output: Path, as_json: bool) -> None:
    """Estimate the simulator's parameters from a FOLDER of public history and write them.

    Only figures are written, none of the data. docs/observations.md says which series the folder must hold and how
    each figure is estimated. A simulator with other figures makes other markets: train the model again afterwards.
    """
    if find_spec("numpy") is None:
        raise ConfigurationError(
            "the Python package 'numpy' is not installed", remedy="Run: pip install 'veristake[train]'"
        )
    # this imports numpy
    from staking_model.calibration_data import calibrate as estimate

    found = estimate(folder)
    try:
        output.write_text(found.model_dump_json(indent=1) + "\n", "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {output}: {error.strerror}", remedy="Choose another --output"
        ) from error
    click.echo(found.model_dump_json() if as_json else f"{calibration_text(found)}\n\nwrote {output}")


def calibration_text(calibration: Calibration) -> str:
    """The figures and the episodes for people."""
    figures = [
        f"{figure.name:<20}{figure.asset:<9}{figure.value:>12g} {figure.unit:<20}{figure.first} to {figure.last}"
        for figure in calibration.figures
    ]
    episodes = [
        f"{'episode':<20}{e.asset:<9}{e.depth:>12.2%} deep, {e.hours:g} hours from {e.began}"
        for e in calibration.episodes
    ]
    return "\n".join(figures + episodes)
