"""Cost of a circuit before it is proven, the objective, and which results nothing else beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from verifier_gen.search.candidate import Candidate
from verifier_gen.search.results import Cost, Counted, Result


class Weights(NamedTuple):
    """What the objective counts, each relative to the reference circuit's.

    Attributes:
        time: processor seconds of a proof.
        memory: peak memory.
        gas: of a verification.
        proof: bytes.
    """

    time: float = 1.0
    memory: float = 0.25
    gas: float = 1.0
    proof: float = 0.0


# fitted to the proven circuits of docs/search.md: one-column ones from 2^11 to 2^18 rows, on a busy machine
_SECONDS_PER_MILLION = 265.0
_MEGABYTES_PER_MILLION = 7_200.0
_BASE_GAS, _GAS_PER_COLUMN, _GAS_PER_TABLE, _GAS_PER_INSTANCE = 314_950.0, 170_000.0, 42_400.0, 1_003.0
_BASE_PROOF, _PROOF_PER_COLUMN, _PROOF_PER_TABLE = 1_312.0, 1_600.0, 320.0
_COLUMN_SHARE = 0.65
"""What a second column adds to time and memory, of the first one's."""


def predicted(candidate: Candidate, counted: Counted) -> Cost:
    """Time and memory follow 2^logrows and columns; gas and proof follow columns, tables and instances."""
    extra = candidate.num_inner_cols - 1
    area = (1 << counted.logrows) / 1e6 * (1 + _COLUMN_SHARE * extra)
    low, high = counted.lookup_range
    # a table higher than the circuit lies in several columns, each with an argument of its own
    tables = counted.tables + ((high - low) >> counted.logrows)
    return Cost(
        cpu_s=_SECONDS_PER_MILLION * area + 0.5,
        memory_mb=_MEGABYTES_PER_MILLION * area + 110,
        gas=_BASE_GAS + _GAS_PER_COLUMN * extra + _GAS_PER_TABLE * tables + _GAS_PER_INSTANCE * counted.instances,
        proof_bytes=_BASE_PROOF + _PROOF_PER_COLUMN * extra + _PROOF_PER_TABLE * tables,
    )


def cost_of(result: Result) -> Cost:
    """Measured where it was proven, else predicted."""
    if result.proven is not None:
        return result.proven.cost
    assert result.counted is not None  # noqa: S101 - refused candidates are left out by all callers
    return predicted(result.candidate, result.counted)


def objective(cost: Cost, reference: Cost, weights: Weights) -> float:
    """Weighted sum of what a circuit costs relative to the reference; smaller is better."""
    return (
        weights.time * cost.cpu_s / reference.cpu_s
        + weights.memory * cost.memory_mb / reference.memory_mb
        + weights.gas * cost.gas / reference.gas
        + weights.proof * cost.proof_bytes / reference.proof_bytes
    )


def pareto(costs: Sequence[Cost], errors: Sequence[float]) -> list[int]:
    """Positions that no other beats in one of time, memory, gas and error without losing in another."""
    points = [(c.cpu_s, c.memory_mb, c.gas, e) for c, e in zip(costs, errors, strict=True)]
    return [
        i
        for i, own in enumerate(points)
        if not any(other != own and all(x <= y for x, y in zip(other, own, strict=True)) for other in points)
    ]
