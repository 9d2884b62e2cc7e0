"""Write consumer-kit: the interfaces, ABIs and mock that an integrator needs, in the shape of an npm package.

Run after ``forge build``. ``--check`` writes nothing and fails when a committed file differs from its source.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KIT = ROOT / "consumer-kit"
ARTIFACTS = ROOT / "build" / "forge" / "out"
SOURCES = (
    "interfaces/IInputSource.sol",
    "interfaces/IRiskFeed.sol",
    "interfaces/IVerifierRegistry.sol",
    "interfaces/external/AggregatorV3Interface.sol",
    "interfaces/external/IRiskOracle.sol",
    "mocks/MockRiskFeed.sol",
)
ABIS = ("AggregatorV3Interface", "IRiskFeed", "IRiskOracle", "MockRiskFeed")


def kit_files(contracts: Path, artifacts: Path) -> dict[str, str]:
    """Content of every exported file by its path in the kit.

    Args:
        contracts: folder of the Solidity sources.
        artifacts: folder of forge's artifacts.

    Raises:
        FileNotFoundError: a contract has not been compiled.
    """
    files = {path: (contracts / path).read_text("utf-8") for path in SOURCES}
    for name in ABIS:
        artifact = json.loads((artifacts / f"{name}.sol" / f"{name}.json").read_text("utf-8"))
        files[f"abi/{name}.json"] = json.dumps(artifact["abi"], indent=1, sort_keys=True) + "\n"
    return files


def differences(files: dict[str, str], kit: Path) -> list[str]:
    """Paths whose content in the kit is another, or that the kit has beside them."""
    present = {
        str(path.relative_to(kit)) for part in ("interfaces", "mocks", "abi") for path in kit.glob(f"{part}/**/*.*")
    }
    stale = [path for path, text in files.items() if path not in present or (kit / path).read_text("utf-8") != text]
    return sorted([*stale, *(present - set(files))])


def main() -> int:
    """Command line: exit code 1 when a file is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    arguments = parser.parse_args()
    files = kit_files(ROOT / "contracts", ARTIFACTS)
    changed = differences(files, KIT)
    if arguments.check:
        for path in changed:
            print(f"consumer-kit/{path} is stale; run scripts/export_kit.py", file=sys.stderr)
        return 1 if changed else 0
    for path in changed:
        target = KIT / path
        if path not in files:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(files[path], "utf-8")
        print(f"wrote consumer-kit/{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
