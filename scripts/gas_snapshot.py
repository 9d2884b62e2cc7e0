"""Compare gas, contract sizes and branch coverage with the committed snapshot; ``--write`` announces a change.

Run after ``forge build``. Gas comes from the events of the tests in tests/foundry/Gas.t.sol
and DepositGas.t.sol. Coverage takes a minute or two and is measured only when asked for, with ``--coverage``.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "tests" / "foundry" / "snapshot.json"
ARTIFACTS = ROOT / "build" / "forge" / "out"
SIZE_LIMIT = 24_576
"""EIP-170."""
COVERED = {
    "branch_coverage_percent": ("contracts/feed", "contracts/verification"),
    "deposit_branch_coverage_percent": ("contracts/deposit",),
}
"""Folders whose branches each figure counts."""
LEAST_COVERAGE = 95.0
_MEASURED = re.compile(r"emit Measured\(name: \"(\w+)\", gas: (\d+)")
_ROW = re.compile(r"\| (contracts/\S+)\s*\|.*\|.*\|[^|(]*\((\d+)/(\d+)\)\s*\|[^|]*\|\s*$")


def _forge(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "build" / "bin" / "forge"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # no input of others


def measured_gas() -> dict[str, int]:
    """Gas by name, as the gas tests say it.

    Raises:
        RuntimeError: one of them failed.
    """
    done = _forge("test", "--match-contract", "GasTest$", "-vvvv")
    if done.returncode != 0:
        raise RuntimeError(f"the gas tests failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return {name: int(gas) for name, gas in _MEASURED.findall(done.stdout)}


def contract_sizes() -> dict[str, int]:
    """Bytes of runtime code of every contract that the project deploys, but for mocks and generated verifiers."""
    sizes = {}
    for path in sorted((ROOT / "contracts").glob("**/*.sol")):
        if path.parent.name in ("mocks", "generated", "external"):
            continue
        artifact = ARTIFACTS / path.name / f"{path.stem}.json"
        if artifact.is_file():
            code = json.loads(artifact.read_text("utf-8"))["deployedBytecode"]["object"]
            sizes[path.stem] = len(code.removeprefix("0x")) // 2
    return {name: size for name, size in sizes.items() if size > 100}


def branch_coverage() -> dict[str, float]:
    """Percent of branches that Foundry's tests take, by the names in ``COVERED``.

    Raises:
        RuntimeError: it could not be measured.
    """
    # generated verifiers do not compile without the optimizer, and gas means nothing without it
    skipped = ("--skip", "contracts/generated/**", "--no-match-contract", "GasTest$")
    done = _forge("coverage", "--report", "summary", *skipped)
    rows = [match for line in done.stdout.splitlines() if (match := _ROW.match(line))]
    chosen = {name: [row for row in rows if row[1].startswith(folders)] for name, folders in COVERED.items()}
    if done.returncode != 0 or not all(chosen.values()):
        raise RuntimeError(f"forge coverage failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    figures = {}
    for name, measured in chosen.items():
        taken, all_of_them = (sum(int(row[group]) for row in measured) for group in (2, 3))
        figures[name] = round(100 * taken / all_of_them, 2)
    return figures


def worsened(committed: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """One line for each figure that is worse than committed, new, gone, or beyond its limit."""
    complaints = []
    for kind in ("gas", "bytes"):
        for name in sorted({*committed[kind], *now[kind]}):
            before, after = committed[kind].get(name), now[kind].get(name)
            if before is None or after is None or after > before:
                complaints.append(f"{kind} {name}: {after}, committed is {before}")
    complaints += [
        f"bytes {name}: {size} exceeds {SIZE_LIMIT}" for name, size in now["bytes"].items() if size > SIZE_LIMIT
    ]
    for name, folders in COVERED.items():
        coverage, before = now[name], committed[name]
        if coverage < LEAST_COVERAGE:
            complaints.append(
                f"{' and '.join(folders)}: {coverage} % of branches, at least {LEAST_COVERAGE} % is required"
            )
        elif coverage < before:
            complaints.append(f"{' and '.join(folders)}: {coverage} % of branches, committed is {before} %")
    return complaints


def main() -> int:
    """Command line: exit code 1 when something worsened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the snapshot instead of comparing")
    parser.add_argument("--coverage", action="store_true", help="measure branch coverage as well")
    arguments = parser.parse_args()
    committed = json.loads(SNAPSHOT.read_text("utf-8"))
    coverage = branch_coverage() if arguments.coverage else {name: committed[name] for name in COVERED}
    now = {"gas": measured_gas(), "bytes": contract_sizes(), **coverage}
    if arguments.coverage:
        for name, folders in COVERED.items():
            print(f"branch coverage of {' and '.join(folders)}: {coverage[name]} %")
    if arguments.write:
        SNAPSHOT.write_text(json.dumps(now, indent=1) + "\n", "utf-8")
        return 0
    complaints = worsened(committed, now)
    for complaint in complaints:
        print(f"{complaint}; if it is meant: scripts/gas_snapshot.py --write", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
