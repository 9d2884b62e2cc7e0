"""``veristake model evaluate``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from staking_model.history import read_histories
from staking_model.shipped import shipped_model
from statements.errors import ConfigurationError

if TYPE_CHECKING:
    from staking_model.evaluation.run import Evaluation

NEEDED: Final = ("sklearn", "lightgbm", "matplotlib")
REPORT_NAME: Final = "evaluation.md"


@click.command(short_help="Measure the model beside baselines.")
@click.option(
    "--history",
    "histories",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="Real history: a CSV or Parquet file, or a folder. May be repeated. Without any, the simulator alone.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write the report and plots into this directory.",
)
@click.option(
    "--refit/--no-refit",
    default=True,
    show_default=True,
    help="Fit a second network without each token but stETH, and ask it about them (some minutes more).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON; progress goes to standard error.")
def evaluate(histories: tuple[Path, ...], output: Path | None, refit: bool, as_json: bool) -> None:
    """Measure the shipped model beside climatology, persistence, EWMA, logistic regression and LightGBM.

    All are asked on the same windows: a period and a token of real history that training did not see, and simulated
    tokens that it did not see. Brier score and skill, AUC, log loss, calibration, precision of alarms; error and
    concordance of the duration; bootstrap intervals by episode. The report says where the model does not win.
    Takes some minutes. docs/evaluation.md says which history files are understood, and what was found.
    """
    _require_libraries()
    # these import scikit-learn, LightGBM, matplotlib, onnx and torch, which an operator does not need to have
    from staking_model.evaluation.report import report_markdown
    from staking_model.evaluation.run import run_evaluation
    from staking_model.export import read_weights
    from staking_model.train import TrainingSettings

    shipped = shipped_model()
    found = run_evaluation(
        read_weights(shipped.onnx),
        shipped.card,
        read_histories(histories),
        lambda line: click.echo(line, err=True),
        refitted=TrainingSettings(hidden=shipped.card.hidden, seed=shipped.card.seed) if refit else None,
    )
    text = report_markdown(found.report)
    if output is not None:
        _write(output, text, found)
    click.echo(found.report.model_dump_json() if as_json else text)


def _require_libraries() -> None:
    for package, extra in (*((name, "evaluate") for name in NEEDED), ("onnx", "train"), ("torch", "train")):
        if find_spec(package) is None:
            raise ConfigurationError(
                f"the Python package {package!r} is not installed", remedy=f"Run: pip install 'veristake[{extra}]'"
            )


def _write(output: Path, text: str, found: Evaluation) -> None:
    """Report, a reliability plot per set, and each known depeg that a history covers."""
    from staking_model.evaluation.pictures import draw

    try:
        output.mkdir(parents=True, exist_ok=True)
        (output / REPORT_NAME).write_text(text, "utf-8")
        draw(output, found)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write into {output}: {error.strerror}", remedy="Choose another --output directory"
        ) from error
