"""Subprocesses that stop when the demo stops: in order, gracefully first, and on Ctrl-C as well."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from statements.errors import VeristakeError

_GRACE_SECONDS = 20.0
"""Longer than the relayer gives a step under way (its stop_grace_seconds)."""


_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def _stop_signals_go_to(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    previous = {number: signal.signal(number, handler) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, earlier in previous.items():
            signal.signal(number, earlier)


@contextlib.contextmanager
def _stop_signals_held() -> Iterator[None]:
    """What comes meanwhile is delivered at the end: a process that has begun is known before the demo stops."""
    if threading.current_thread() is not threading.main_thread():
        # signals reach the main thread only
        yield
        return
    came: list[int] = []
    with _stop_signals_go_to(lambda number, _: came.append(number)):
        yield
    for held in came:
        signal.raise_signal(held)


class DemoError(VeristakeError):
    """A part of the demo did not do what it should."""


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a loopback port can be listened on right now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


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


@contextlib.contextmanager
def only_one_demo(build: Path) -> Iterator[None]:
    """Keep a second demo from clearing the folder of the first.

    Raises:
        DemoError: one runs already.
    """
    build.mkdir(parents=True, exist_ok=True)
    with (build / "demo.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError("a demo runs already in this checkout", remedy="Stop it, or wait until it ends") from error
        yield


class ProcessGroup:
    """Starts processes and stops them all, newest first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[ManagedProcess] = []

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> ManagedProcess:
        """Start a command in a process group of its own, so that Ctrl-C reaches only the demo, which then stops it."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        with log.open("wb") as stream, _stop_signals_held():
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
        """Stop everything, newest first; another Ctrl-C meanwhile does not leave anything running."""
        with _stop_signals_go_to(signal.SIG_IGN):
            while self._running:
                self._running[-1].stop()
                self._running.pop()

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
    while True:
        # first, so that a program that has ended is named and not the question that it no longer answers
        processes.require_alive()
        if condition():
            return
        if time.monotonic() > deadline:
            raise DemoError(f"waited {seconds:.0f} s for {what}", remedy="Look into the logs in build/demo/logs")
        time.sleep(interval)
