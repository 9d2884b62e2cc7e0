"""A local Anvil for as long as one verifier is tried."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from statements.errors import ChainError

_START_SECONDS = 30
_LISTENING = re.compile(r"Listening on (127\.0\.0\.1:\d+)")


@contextmanager
def running_anvil(binary: Path) -> Iterator[str]:
    """Start Anvil on a port of its own choice and give its URL; stopped at the end.

    Raises:
        ChainError: it does not come up.
    """
    with tempfile.TemporaryDirectory(prefix="veristake-anvil-") as folder:
        log = Path(folder) / "log"
        with log.open("w") as stream:
            process = subprocess.Popen(  # noqa: S603 - our own binary
                [str(binary), "--host", "127.0.0.1", "--port", "0"], stdout=stream, stderr=subprocess.STDOUT
            )
        try:
            yield f"http://{_address(process, log)}"
        finally:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := _LISTENING.search(log.read_text("utf-8", errors="replace")):
            return found.group(1)
        time.sleep(0.05)
    last = (log.read_text("utf-8", errors="replace").strip().splitlines() or ["it said nothing"])[-1]
    raise ChainError(f"Anvil did not come up: {last}", remedy="See: veristake doctor; or build with --no-chain")
