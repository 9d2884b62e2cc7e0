"""The contracts that integration tests deploy without Ape, compiled by Forge into a folder of their own."""

import fcntl
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from veristake.toolchain import ensure_solc, find_tool, tool_environment

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "build" / "forge-integration"
SOURCES = (
    "access/Authority.sol",
    "deposit/OmronDeposit.sol",
    "feed/AssetObserver.sol",
    "feed/AttestedInputs.sol",
    "feed/RiskFeed.sol",
    "feed/RiskFeedAggregator.sol",
    "mocks/AcceptingVerifier.sol",
    "mocks/MockAwkwardToken.sol",
    "mocks/MockDecimalsToken.sol",
    "mocks/MockLiquidRestakingToken.sol",
    "mocks/MockMulticall3.sol",
    "mocks/MockPermitToken.sol",
    "mocks/MockPriceFeed.sol",
    "mocks/MockRateProvider.sol",
    "verification/CanaryStop.sol",
    "verification/InferenceVerifier.sol",
    "verification/VerifierRegistry.sol",
)


@cache
def compile_contracts() -> None:
    """Compile what the tests deploy; Forge's cache makes it quick the next time, one process after the other."""
    ensure_solc(PROJECT)
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [str(find_tool("forge", PROJECT)), "build", *(f"contracts/{source}" for source in SOURCES)]
    command += ["--out", str(FOLDER / "out"), "--cache-path", str(FOLDER / "cache")]
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(command, cwd=PROJECT, env=tool_environment(PROJECT), check=True, capture_output=True)


def artifact(name: str) -> dict[str, Any]:
    """Forge's artifact of a contract."""
    compile_contracts()
    found: dict[str, Any] = json.loads((FOLDER / "out" / f"{name}.sol" / f"{name}.json").read_text("utf-8"))
    return found
