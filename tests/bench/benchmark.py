"""What a benchmark is: a name, a flat object of figures, and what each figure means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Figures = dict[str, float]


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: of its file, build/bench/<name>.json.
        title: heading in docs/benchmarks.md.
        method: how it measures, in a sentence or two.
        meanings: what each figure means, with its unit.
        measure: makes the figures.
    """

    name: str
    title: str
    method: str
    meanings: Mapping[str, str]
    measure: Callable[[], Figures]
