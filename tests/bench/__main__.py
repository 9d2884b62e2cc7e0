"""``make bench``: every benchmark into build/bench/<name>.json, and docs/benchmarks.md from those.

Names on the command line choose some; the others' sections of the page stay as they are.
"""

import json
import os
import sys
from pathlib import Path

from tests.bench import circuits, demo, deposit, feed, model, neurons, proof, relayer
from tests.bench.benchmark import Benchmark

PROJECT = Path(__file__).resolve().parents[2]
FIGURES = PROJECT / "build" / "bench"
PAGE = PROJECT / "docs" / "benchmarks.md"
BENCHMARKS = (
    proof.BENCHMARK,
    circuits.BENCHMARK,
    model.BENCHMARK,
    feed.BENCHMARK,
    deposit.BENCHMARK,
    demo.BENCHMARK,
    relayer.BENCHMARK,
    neurons.BENCHMARK,
)
_HEAD = """# Benchmarks

Written by `make bench` from `build/bench/*.json`; do not edit. Wall times are of one noisy machine: compare them
only with figures of the same run. Measured on {cores} cores with {memory:.0f} GiB.
"""


def _earlier_sections() -> dict[str, str]:
    """What the page says now, by title."""
    text = PAGE.read_text("utf-8") if PAGE.is_file() else ""
    return {part.split("\n", 1)[0]: f"\n## {part.rstrip()}\n" for part in text.split("\n## ")[1:]}


def _section(benchmark: Benchmark) -> str:
    path = FIGURES / f"{benchmark.name}.json"
    if not path.is_file():
        return f"\n## {benchmark.title}\n\nNot measured yet: `python -m tests.bench {benchmark.name}`\n"
    figures = json.loads(path.read_text("utf-8"))
    rows = "\n".join(f"| {name} | {value:,} | {benchmark.meanings[name]} |" for name, value in figures.items())
    command = f"`python -m tests.bench {benchmark.name}`"
    table = f"| figure | value | meaning |\n|---|---:|---|\n{rows}\n"
    return f"\n## {benchmark.title}\n\n{command}. {benchmark.method}\n\n{table}"


def main() -> None:
    """Measure, then write the page."""
    chosen = set(sys.argv[1:]) or {benchmark.name for benchmark in BENCHMARKS}
    unknown = chosen - {benchmark.name for benchmark in BENCHMARKS}
    if unknown:
        sys.exit(f"error: no benchmark {', '.join(sorted(unknown))}; there are {', '.join(b.name for b in BENCHMARKS)}")
    FIGURES.mkdir(parents=True, exist_ok=True)
    for benchmark in BENCHMARKS:
        if benchmark.name in chosen:
            sys.stderr.write(f"== {benchmark.title}\n")
            figures = benchmark.measure()
            (FIGURES / f"{benchmark.name}.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
            sys.stderr.write(json.dumps(figures, indent=1) + "\n")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    head = _HEAD.format(cores=os.cpu_count(), memory=memory)
    earlier = _earlier_sections()
    sections = [
        earlier[benchmark.title] if benchmark.title in earlier and benchmark.name not in chosen else _section(benchmark)
        for benchmark in BENCHMARKS
    ]
    PAGE.write_text(head + "".join(sections), "utf-8")


if __name__ == "__main__":
    main()
