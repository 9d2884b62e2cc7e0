"""Write the contracts' ABIs to statements/abi, so that a role can talk to them without a Solidity compiler.

Run after ``forge build``. ``--check`` writes nothing and fails when a committed ABI differs from the compiled one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "build" / "forge" / "out"
DESTINATION = ROOT / "statements" / "abi"
CONTRACTS = (
    "AccessManager",
    "AssetObserver",
    "AttestedInputs",
    "CanaryStop",
    "ClaimManager",
    "InferenceVerifier",
    "OmronDeposit",
    "RestakeGateway",
    "RiskFeed",
    "RiskFeedAggregator",
    "RiskOracleAdapter",
    "SampleLendingProtocol",
    "VerifierRegistry",
)


def compiled_abi(artifacts: Path, contract: str) -> str:
    """The ABI of a compiled contract as the text of its file.

    Raises:
        FileNotFoundError: the contract has not been compiled.
    """
    artifact = json.loads((artifacts / f"{contract}.sol" / f"{contract}.json").read_text("utf-8"))
    return json.dumps(artifact["abi"], indent=1, sort_keys=True) + "\n"


def export(artifacts: Path, destination: Path, contracts: Iterable[str], *, check: bool) -> list[str]:
    """Write or compare the ABIs.

    Args:
        artifacts: folder of forge's artifacts.
        destination: folder of ``<Contract>.json``.
        contracts: names.
        check: compare only.

    Returns:
        One line for each ABI that is not compiled, or that ``check`` finds stale.
    """
    complaints = []
    for contract in contracts:
        try:
            text = compiled_abi(artifacts, contract)
        except FileNotFoundError:
            complaints.append(f"{contract}: not compiled; run forge build")
            continue
        path = destination / f"{contract}.json"
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if check:
            complaints.append(f"{contract}: {path.name} is stale; run scripts/export_abis.py")
        else:
            path.write_text(text, "utf-8")
            print(f"wrote {path.name}")
    return complaints


def main() -> int:
    """Command line: exit code 1 when an ABI is stale or not compiled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    parser.add_argument("--artifacts", type=Path, default=ARTIFACTS, help="folder of forge's artifacts")
    parser.add_argument("contracts", nargs="*", default=CONTRACTS, help="contracts to export (default: all)")
    arguments = parser.parse_args()
    complaints = export(arguments.artifacts, DESTINATION, arguments.contracts, check=arguments.check)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
