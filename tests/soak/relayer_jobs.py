"""A relayer as a process of its own that works through jobs on two chains: killed at random, and started again."""

import asyncio
import os
import random
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from relayer.logs import configure_logs
from tests.integration.relayer_rig import BareChain, Rig


@dataclass(frozen=True)
class Outcome:
    """What the chains say at the end.

    Attributes:
        jobs: how many there were.
        lost: calls that are on no chain.
        duplicates: calls beyond the first of each job.
        kills: how often the relayer was killed.
        memory_mb: largest resident memory of a relayer process, MB.
    """

    jobs: int
    lost: int
    duplicates: int
    kills: int
    memory_mb: float


def work_through(chains: list[BareChain], folder: Path, *, jobs: int, kills: int, seed: int) -> Outcome:
    """Queue ``jobs``, half of them on each chain, and have them relayed by a process that is killed ``kills`` times.

    Args:
        chains: two, that mine when told to.
        folder: for the states, one a chain.
        jobs: how many.
        kills: how many.
        seed: of the moments.
    """
    randomness = random.Random(seed)
    rigs = [_rig(chain, folder, number) for number, chain in enumerate(chains)]
    for rig in rigs:
        rig.queue(jobs // len(chains))
        rig.engine.dispose()
    done, killed, peak = False, 0, 0.0
    while not done:
        child = _start(chains, folder)
        if killed < kills:
            time.sleep(randomness.uniform(0.2, 2.0))
            os.kill(child, signal.SIGKILL)
            killed += 1
        _, status, usage = os.wait4(child, 0)
        peak = max(peak, usage.ru_maxrss / 1024)
        done = os.waitstatus_to_exitcode(status) == 0
    tallies = [count for rig in rigs for count in rig.tally()]
    sent = sum(len(rig.sent()) for rig in rigs)
    for rig in rigs:
        rig.close()
    lost = tallies.count(0)
    return Outcome(len(tallies), lost, max(sent, sum(tallies)) - (len(tallies) - lost), killed, peak)


def _rig(chain: BareChain, folder: Path, number: int) -> Rig:
    url = f"sqlite:///{folder}/relayer-{number}.db"
    return Rig(chain, url, changes={"bump_seconds": 1e9}, number=1_000_000 + number)


def _start(chains: list[BareChain], folder: Path) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.set_event_loop(None)
            log_as_an_operator()
            rigs = [_rig(chain, folder, number) for number, chain in enumerate(chains)]
            while not all(_settled(rig) for rig in rigs):
                for rig in rigs:
                    rig.step(mine=1)
            code = 0
        finally:
            os._exit(code)
    return child


def log_as_an_operator() -> None:
    """JSON on stderr, as ``veristake relayer run`` does it, which goes nowhere here."""
    configure_logs()
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 # open until this process ends


def _settled(rig: Rig) -> bool:
    return not rig.has_open_jobs()


def memory_mb() -> float:
    """Largest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
