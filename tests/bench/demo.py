"""The demo as a user meets it: the first time, and again."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.benchmark import Benchmark, Figures

PROJECT = Path(__file__).resolve().parents[2]
FRESH = PROJECT / "build" / "bench" / "fresh"


def _fresh_checkout() -> None:
    """The tracked files in a folder of their own, with the packages that set-up brings and nothing built."""
    shutil.rmtree(FRESH, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        target = FRESH / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, target)
    (FRESH / "node_modules").symlink_to(PROJECT / "node_modules")
    subprocess.run(["bash", "scripts/link_tools.sh"], cwd=FRESH, check=True)


def _run_demo() -> tuple[float, dict[str, Any]]:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "veristake", "demo", "--json"],
        cwd=FRESH,
        env={**os.environ, "VERISTAKE_PROJECT": str(FRESH)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return time.monotonic() - started, json.loads(done.stdout)


def measure() -> Figures:
    """Run the demo twice in a fresh checkout."""
    _fresh_checkout()
    first_seconds, first = _run_demo()
    again_seconds, again = _run_demo()
    figures: Figures = {"first_total_s": round(first_seconds, 1), "again_total_s": round(again_seconds, 1)}
    for when, result in (("first", first), ("again", again)):
        figures |= {f"{when}_{stage}_s": seconds for stage, seconds in result["stages"].items()}
    for chain_id, where in ((31337, "home"), (31338, "abroad")):
        gas = [score["gas"] for score in again["scores"] if score["chain_id"] == chain_id]
        figures[f"submit_gas_{where}"] = max(gas)
    figures["attacks"] = len(again["attacks"])
    figures["attacks_rejected"] = sum(attack["rejected"] for attack in again["attacks"])
    shutil.rmtree(FRESH, ignore_errors=True)
    return figures


STAGES = {
    "circuits": "SRS, keys, Solidity of both circuits",
    "compile": "compiling the contracts through Ape",
    "chains": "starting two Anvil chains",
    "deploy": "deploying on both",
    "market": "24 epochs of market and observations",
    "prove": "starting miner, validator, relayer; three proofs, verified and published",
    "land": "until all are final on both chains, after the last publication",
    "read": "reading feeds, refreshing the sample protocol",
    "attack": "18 attacks on forks of both chains",
}
BENCHMARK = Benchmark(
    name="demo",
    title="The demo",
    method="`veristake demo` twice in a fresh checkout after set-up; the first run makes SRS, keys and contracts.",
    meanings={
        "first_total_s": "the first run, seconds (to beat: 240)",
        "again_total_s": "the second run, seconds (to beat: 90)",
        **{f"first_{stage}_s": f"first run: {text}, seconds" for stage, text in STAGES.items()},
        **{f"again_{stage}_s": f"second run: {text}, seconds" for stage, text in STAGES.items()},
        "submit_gas_home": "largest RiskFeed.submit at home, gas",
        "submit_gas_abroad": "largest RiskFeed.submit abroad, gas",
        "attacks": "attacks tried",
        "attacks_rejected": "attacks rejected with the named error beside a successful honest call",
    },
    measure=measure,
)
