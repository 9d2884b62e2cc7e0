"""Subprocesses that stop when the demo stops: in order, gracefully first, and on Ctrl-C as well."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from statements.errors import VeristakeError

_GRACE_SECONDS = 10.0


class DemoError(VeristakeError):
    """A part of the demo did not do what it should."""


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class ManagedProcess:
    """A subprocess with its log.

    Attributes:
        name: as shown to the user.
        process: the handle.
        log: file that takes standard output and error.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def last_lines(self, count: int = 5) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-count:])

    def require_alive(self) -> None:
        """Raise when it has ended.

        Raises:
            DemoError: with the end of its log.
        """
        if not self.alive:
            raise DemoError(
                f"{self.name} ended with code {self.process.returncode}: {self.last_lines()}",
                remedy=f"The whole log is in {self.log}",
            )

    def stop(self) -> None:
        """Ask it to stop; end its whole process group when it does not."""
        if self.alive:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_GRACE_SECONDS)
        # workers of a process that was killed would go on alone
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class ProcessGroup:
    """Starts processes and stops them all, newest first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[ManagedProcess] = []

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> ManagedProcess:
        """Start a command in a process group of its own, so that Ctrl-C reaches only the demo, which then stops it."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603 - our own commands, never through a shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=dict(environment) if environment is not None else None,
                start_new_session=True,
            )
        managed = ManagedProcess(name, process, log)
        self._running.append(managed)
        return managed

    def require_alive(self) -> None:
        """Raise when any has ended.

        Raises:
            DemoError: names it, with the end of its log.
        """
        for process in self._running:
            process.require_alive()

    def stop(self, process: ManagedProcess) -> None:
        """Stop one that is not needed any more."""
        self._running.remove(process)
        process.stop()

    def stop_all(self) -> None:
        """Stop everything, newest first."""
        while self._running:
            self._running.pop().stop()

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, whatever happened."""
        self.stop_all()


def wait_until(
    what: str, condition: Callable[[], bool], *, processes: ProcessGroup, seconds: float, interval: float = 0.1
) -> None:
    """Poll until ``condition`` holds.

    Raises:
        DemoError: a process ended, or the time is up.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        processes.require_alive()
        if time.monotonic() > deadline:
            raise DemoError(f"waited {seconds:.0f} s for {what}", remedy="Look into the logs in build/demo/logs")
        time.sleep(interval)
