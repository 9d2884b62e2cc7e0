"""How good the shipped model is, beside forecasts that need no network."""

import sys
from pathlib import Path

from staking_model.evaluation.forecasts import MEANINGS
from staking_model.evaluation.report import EvaluationReport
from staking_model.evaluation.run import run_evaluation
from staking_model.evaluation.test_sets import OTHER_ASSET, PERIOD, SIMULATOR, STRICT_PERIOD
from staking_model.export import read_weights
from staking_model.history import read_histories
from staking_model.shipped import shipped_model
from tests.bench.benchmark import Benchmark, Figures

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = (DATA / "weeth" / "weETH_peg_hourly_trimmed.csv", DATA / "steth_daily" / "steth_daily_panel.csv")
SUFFIXES = {PERIOD: "", STRICT_PERIOD: "_strict", OTHER_ASSET: "_token", SIMULATOR: "_simulator"}
WHERE = {
    "": "weETH's last 30 %, not seen in training",
    "_strict": "the same period, rate of 24 hours earlier",
    "_token": "stETH, of which training saw nothing",
    "_simulator": "simulated tokens and a time not seen",
}


def measure() -> Figures:
    """Brier score and AUC of each forecast; those of real history are left out where the files are missing."""
    present = [path for path in FILES if path.is_file()]
    if len(present) < len(FILES):
        sys.stderr.write("real history is not beside the project: figures of the simulator only\n")
    shipped = shipped_model()
    weights = read_weights(shipped.onnx)
    found = run_evaluation(weights, shipped.card, read_histories(present), lambda line: sys.stderr.write(line + "\n"))
    return figures_of(found.report)


def figures_of(report: EvaluationReport) -> Figures:
    """The report's Brier scores, AUCs and duration errors under flat names."""
    figures: Figures = {}
    for entry in report.sets:
        suffix = SUFFIXES[entry.name.split(" (")[0]]
        for name, risk in entry.risk.items():
            figures[f"brier_{name}{suffix}"] = risk.brier
            figures[f"auc_{name}{suffix}"] = risk.auc
        for name, duration in entry.duration.items():
            figures[f"duration_error_{name}{suffix}"] = duration.mean_absolute_error
    return figures


def _meanings() -> dict[str, str]:
    meanings = {}
    for suffix, where in WHERE.items():
        for name in MEANINGS:
            meanings[f"brier_{name}{suffix}"] = f"Brier score of the exit risk by {name}: {where}"
            meanings[f"auc_{name}{suffix}"] = f"AUC of the exit risk by {name}: {where}"
            meanings[f"duration_error_{name}{suffix}"] = f"mean absolute error of the duration by {name}: {where}"
    return meanings


BENCHMARK = Benchmark(
    name="model",
    title="The staking model's forecasts",
    method=(
        "`veristake model evaluate` on the shipped model (docs/evaluation.md has the intervals, which are wide). "
        "Real figures need ../shared/data and are left out where it is missing. Lower Brier scores and errors are "
        "better, higher AUC is; durations and outflows exist in the simulator only."
    ),
    meanings=_meanings(),
    measure=measure,
)
