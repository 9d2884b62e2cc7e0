"""When a writer takes its turns, with stand-ins for all that it works with; nothing here hangs on the clock."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from relayer import writer
from relayer.lease import Lease
from relayer.nonces import NonceView
from relayer.spending import DryRunError
from relayer.writer import ChainWriter
from statements.errors import ChainError, VeristakeError

LONG = 1e6
"""Seconds between turns: no test waits for them."""


class StandInLease:
    def __init__(self, hold: Callable[[], bool]) -> None:
        self.turns = 0
        self._hold = hold

    def hold(self) -> bool:
        self.turns += 1
        return self._hold()

    def release(self) -> None:
        pass


def unreachable(*_: object) -> Any:
    raise ChainError("no endpoint answers")


def writer_of(lease: Lease, **parts: Any) -> ChainWriter:
    standing_in: dict[str, Any] = {
        "chain": SimpleNamespace(name="bare", connect=unreachable),
        "outbox": SimpleNamespace(jobs=None, attempts=None),
        "account": SimpleNamespace(address="0x01"),
        "follower": None,
        **parts,
    }
    return ChainWriter(**standing_in, submitter=None, lease=lease, poll_seconds=LONG)  # type: ignore[arg-type]


async def loop_runs(times: int = 50) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def turns_with_wakes(lease: StandInLease, wakes: int) -> int:
    """How many turns a writer takes while it is woken so often, each time after all others had theirs."""

    async def run() -> int:
        stop = asyncio.Event()
        made = writer_of(lease)
        running = asyncio.create_task(made.run(stop))
        await loop_runs()
        for _ in range(wakes):
            made.wake()
            await loop_runs()
        stop.set()
        await running
        return lease.turns

    return asyncio.run(run())


def test_run_standby_takes_one_turn_for_each_wake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "STANDBY_SECONDS", LONG)
    assert turns_with_wakes(StandInLease(lambda: False), wakes=3) == 4


@pytest.mark.parametrize("hold", [lambda: True, unreachable], ids=["chain", "lease"])
def test_run_after_a_failure_is_not_woken_before_its_time(
    monkeypatch: pytest.MonkeyPatch, hold: Callable[[], bool]
) -> None:
    monkeypatch.setattr(writer, "backoff_seconds", lambda *_, **__: LONG)
    assert turns_with_wakes(StandInLease(hold), wakes=3) == 1


@pytest.mark.parametrize("error", [ChainError("no endpoint answers"), DryRunError("dry run")])
def test_step_gap_that_cannot_be_filled_holds_up_no_other(error: VeristakeError) -> None:
    tried: list[int] = []

    class StandInFollower:
        async def follow(self) -> None:
            pass

        async def fill(self, nonce: int) -> None:
            tried.append(nonce)
            if nonce == 3:
                raise error

    async def nonces() -> NonceView:
        return NonceView(3, 3)

    made = writer_of(
        StandInLease(lambda: True),
        account=SimpleNamespace(address="0x01", nonces=nonces),
        follower=StandInFollower(),
        outbox=SimpleNamespace(
            jobs=SimpleNamespace(is_paused=lambda: True),
            attempts=SimpleNamespace(stored_nonces=lambda _: {5}, open_nonces=lambda _: {5}),
        ),
    )

    async def two_steps() -> None:
        for _ in range(2):
            await made.step(asyncio.Event())

    asyncio.run(two_steps())
    assert tried == [3, 4]
