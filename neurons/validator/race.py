"""Who runs for one query, who has run, and who may run again: the bookkeeping, without any waiting of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from neurons.validator.asking import Outcome
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.choose import Candidate
from neurons.validator.questions import Question

FIRST_REST_SECONDS = 1.0
"""After which a miner that is busy or gone is asked again; doubled each time."""
LONGEST_REST_SECONDS = 60.0
BLAMED_REST_SECONDS = 30.0
"""After a refusal that the miner itself calls its fault: asking again at once would only cost it more."""
RESTART_SECONDS = 120.0
"""For so long a query waits for registered miners that say nothing: one of them may be being started again."""
_PASSING = (AnswerFault.REFUSED, AnswerFault.UNREACHABLE, AnswerFault.VERIFIER_FAILED)
"""Faults after which the same miner may answer a little later: it is busy, or being started again."""


@dataclass(frozen=True)
class QueryAttempt:
    """One miner that was asked for a query.

    Attributes:
        miner: ss58 hotkey.
        endpoint: its URL.
        fault: why it gave no usable answer; None when its answer was taken.
        blame: whose fault that is.
        seconds: from asking it to its answer, or to giving it up.
    """

    miner: str
    endpoint: str
    fault: AnswerFault | None
    blame: Blame
    seconds: float


@dataclass
class Race:
    """Who runs for one query, and who has run. Times are seconds on one monotonic clock.

    Attributes:
        question: what is asked.
        started: when.
        deadline: until when.
        longest: seconds that any miner may take; who has been allowed less may be asked again, with more.
        asked_at: when each miner was asked last, by hotkey.
        running: who is asked now.
        attempts: everyone who has been asked, in order.
        hedge_at: when another one is asked beside those that run.
        too_short_for: hotkeys of miners that the learned timeout was too short for; they get the longest.
    """

    question: Question
    started: float
    deadline: float
    asked_at: dict[str, float] = field(default_factory=dict)
    running: dict[asyncio.Task[Outcome], Candidate] = field(default_factory=dict)
    attempts: list[QueryAttempt] = field(default_factory=list)
    hedge_at: float = 0.0
    longest: float = 0.0
    too_short_for: set[str] = field(default_factory=set)
    _out: set[str] = field(default_factory=set)
    _resting: dict[str, float] = field(default_factory=dict)
    _rests: dict[str, int] = field(default_factory=dict)

    def remaining(self, now: float) -> float:
        """Seconds until the deadline, never below 0."""
        return max(0.0, self.deadline - now)

    def failed(self, outcome: Outcome, blame: Blame, now: float) -> None:
        """Take a miner that gave no right answer out of the race, or for a while when it may give one later."""
        hotkey = outcome.hotkey
        too_short = outcome.fault is AnswerFault.TIMED_OUT and outcome.asked.seconds < self.longest
        if too_short:
            self.too_short_for.add(hotkey)
        elif outcome.fault not in _PASSING:
            self._out.add(hotkey)
            return
        rests = self._rests.get(hotkey, 0)
        self._rests[hotkey] = rests + 1
        blamed = blame is Blame.MINER and outcome.fault in (AnswerFault.REFUSED, AnswerFault.TIMED_OUT)
        least = BLAMED_REST_SECONDS if blamed else 0.0
        rest = max(FIRST_REST_SECONDS * 2.0 ** min(rests, 10), outcome.retry_after or 0.0, least)
        self._resting[hotkey] = now + min(rest, LONGEST_REST_SECONDS)

    def not_now(self, now: float) -> set[str]:
        """Whom not to ask now: those who run, who are out, and who rest."""
        running = {miner.hotkey for miner in self.running.values()}
        return running | self._out | {hotkey for hotkey, until in self._resting.items() if until > now}

    def next_return(self, now: float) -> float:
        """When the next resting miner may be asked again; the deadline when none rests."""
        return min((until for until in self._resting.values() if until > now), default=self.deadline)

    def may_still_answer(self, holders: Iterable[str], silent: Iterable[str], now: float) -> bool:
        """Whether somebody may give an answer later.

        Args:
            holders: hotkeys of miners that hold the circuit.
            silent: of registered miners that do not say what they hold.
            now: instant.
        """
        waited_for = set(holders)
        if now - self.started < RESTART_SECONDS:
            waited_for.update(silent)
        return bool(waited_for - self._out)
