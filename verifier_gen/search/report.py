"""A search's results as a table."""

from __future__ import annotations

from collections.abc import Sequence

from verifier_gen.search.cost import cost_of
from verifier_gen.search.results import Result
from verifier_gen.search.runner import pareto_results

_HEAD = "| candidate | rows | k | error | cpu s | MB | gas | proof B | |\n|---|---:|---:|---:|---:|---:|---:|---:|---|"
LEGEND = (
    "Candidate: initials of its rewrites (sg separate_gates, ot one_table, sp summed_products, lr late_rescaling, "
    "su single_use), input/param scale, columns, base^legs, rebase multiplier. m: measured, p: predicted, "
    "*: nothing beats it."
)


def markdown_table(results: Sequence[Result], error_bound: float) -> str:
    """Proven candidates and those that nothing beats, cheapest proof first."""
    best = {result.key for result in pareto_results(results, error_bound)}
    shown = [r for r in results if r.counted is not None and (r.proven is not None or r.key in best)]
    rows = sorted(shown, key=lambda r: cost_of(r).cpu_s)
    return "\n".join([_HEAD, *(_row(result, result.key in best) for result in rows)])


def _row(result: Result, is_best: bool) -> str:
    cost, counted = cost_of(result), result.counted
    assert counted is not None  # noqa: S101 - only counted results are shown
    proven = result.proven
    source = "p" if proven is None else "m" if proven.gas_measured else "m, gas p"
    return (
        f"| {result.candidate.label} | {counted.rows:,} | {counted.logrows} | {counted.max_error:.1e} "
        f"| {cost.cpu_s:.1f} | {cost.memory_mb:.0f} | {cost.gas:,.0f} | {cost.proof_bytes:.0f} "
        f"| {source}{' *' if is_best else ''} |"
    )


def summary(results: Sequence[Result], error_bound: float) -> str:
    """How many candidates there were, and what became of them."""
    counted = [result for result in results if result.counted is not None]
    wrong = sum(r.counted.max_error > error_bound or bool(r.counted.mismatches) for r in counted if r.counted)
    proven = sum(result.proven is not None for result in results)
    return (
        f"{len(results)} candidates: {len(counted)} counted, {len(results) - len(counted)} refused by EZKL, "
        f"{wrong} outside the error bound of {error_bound:g}, {proven} proven"
    )
