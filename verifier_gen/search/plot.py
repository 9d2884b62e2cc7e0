"""A search's results as a picture; the only module of this package that imports matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from verifier_gen.search.cost import cost_of
from verifier_gen.search.results import Result
from verifier_gen.search.runner import is_admissible, pareto_results

mpl.use("Agg")

from matplotlib import pyplot


def plot_results(results: Sequence[Result], error_bound: float, path: Path) -> None:
    """Processor seconds against gas: filled when proven, ringed when nothing beats it."""
    usable = [result for result in results if is_admissible(result, error_bound)]
    figure, axes = pyplot.subplots(figsize=(6.4, 4.0), dpi=90)
    for chosen, marker, label in (
        ([r for r in usable if r.proven is None], {"facecolors": "none", "edgecolors": "tab:gray"}, "predicted"),
        ([r for r in usable if r.proven is not None], {"color": "tab:blue"}, "proven"),
        (
            pareto_results(results, error_bound),
            {"facecolors": "none", "edgecolors": "tab:red", "s": 110},
            "nothing beats it",
        ),
    ):
        costs = [cost_of(result) for result in chosen]
        axes.scatter([c.cpu_s for c in costs], [c.gas / 1000 for c in costs], label=label, **marker)
    axes.set_xlabel("processor seconds of a proof")
    axes.set_ylabel("thousand gas of a verification")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    pyplot.close(figure)
