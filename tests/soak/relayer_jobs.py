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
from tests.integration.relayer_rig import MULTICALL, BareChain, Rig


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
    chains[1].add_multicall()
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
    tallies = [rig.tally() for rig in rigs]
    lost = [tally.count(0) for tally in tallies]
    # where jobs go singly, a second transaction is one too many even if it reverted
    made = [max(len(rigs[0].sent()), sum(tallies[0])), *map(sum, tallies[1:])]
    for rig in rigs:
        rig.close()
    total = sum(map(len, tallies))
    return Outcome(total, sum(lost), sum(made) - (total - sum(lost)), killed, peak)


def _rig(chain: BareChain, folder: Path, number: int) -> Rig:
    """Singly on the first chain; on the second in batches and with a limit of requests."""
    url = f"sqlite:///{folder}/relayer-{number}.db"
    changes: dict[str, object] = {"bump_seconds": 1e9}
    if number:
        changes |= {"multicall": MULTICALL, "requests_per_second": (1000.0,)}
    return Rig(chain, url, changes=changes, number=1_000_000 + number)


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
