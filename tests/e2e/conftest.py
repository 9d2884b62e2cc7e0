"""Runs the demo once, as a user would, and leaves it running for the tests to look at."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
RESULT = PROJECT / "build" / "demo" / "result.json"
_LIMIT_SECONDS = 600


@dataclass(frozen=True)
class KeptDemo:
    """A demo that was started with --keep."""

    process: subprocess.Popen[bytes]
    result: dict[str, Any]
    log: Path

    def endpoint(self, name: str) -> str:
        return str(self.result["endpoints"][name])


def start_demo(log: Path, *arguments: str) -> KeptDemo:
    """Start the demo with --keep and wait until its result is there."""
    RESULT.unlink(missing_ok=True)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "veristake", "demo", "--keep", *arguments],
            cwd=PROJECT,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, "COLUMNS": "100"},
        )
    deadline = time.monotonic() + _LIMIT_SECONDS
    while "keeps running" not in log.read_text("utf-8", "replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            # not killed: it would leave its chains and programs behind
            process.terminate()
            process.wait(60)
            pytest.fail(f"the demo did not come up: {log.read_text('utf-8', 'replace')[-3000:]}")
        time.sleep(0.5)
    return KeptDemo(process, json.loads(RESULT.read_text("utf-8")), log)


def stop_demo(demo: KeptDemo) -> int:
    """Ctrl-C; gives the exit code."""
    demo.process.send_signal(signal.SIGINT)
    return demo.process.wait(60)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptDemo]:
    """The demo with its default market."""
    kept = start_demo(tmp_path_factory.mktemp("demo") / "demo.log")
    yield kept
    if kept.process.poll() is None:
        stop_demo(kept)
