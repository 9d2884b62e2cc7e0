"""The miners that can be asked now: surveyed, handed out, and given back."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from neurons.messages import Capabilities
from neurons.network import Network, Neuron
from neurons.validator.asking import Asker, Obstacle, Outcome, brief, peer_error
from neurons.validator.check import SILENT, AnswerFault
from neurons.validator.choose import Candidate, choose_miner
from neurons.validator.claims import QueueClaim
from neurons.validator.measurements import Measurements
from neurons.validator.questions import Kind
from neurons.validator.timeouts import expected_seconds
from signed_http.errors import PeerError
from signed_http.refusal import Fault
from statements.errors import VeristakeError

_log = structlog.get_logger(__name__)
RECENT_SECONDS = 3.0
"""A survey of this age is not made again for a single request."""


_SURVEYED_AT_ONCE = 32
"""More would measure this validator instead of them."""


@dataclass(frozen=True)
class Survey:
    """Who answered the question what they can do.

    Attributes:
        able: by hotkey, the registered entry and the answer.
        failed: by hotkey, why there was none.
        registered: how many miners are registered with an address.
    """

    able: dict[str, tuple[Neuron, Capabilities]] = field(default_factory=dict)
    failed: dict[str, PeerError] = field(default_factory=dict)
    registered: int = 0

    def holders(self, circuit_id: str) -> list[str]:
        """Hotkeys of miners that hold a circuit."""
        return [hotkey for hotkey, (_, answer) in self.able.items() if answer.holds(circuit_id)]

    def reaches_others(self, hotkey: str) -> bool:
        """Whether another miner answered this very survey: then the validator's own line worked."""
        return bool(set(self.able) - {hotkey})

    def obstacle(self, hotkey: str, circuit_id: str) -> Obstacle | None:
        """Why a registered miner cannot be asked for a circuit; None when it can."""
        if hotkey in self.failed:
            return Obstacle.of_survey(self.failed[hotkey])
        if hotkey in self.able and self.able[hotkey][1].holds(circuit_id):
            return None
        detail = f"holds {circuit_id} no more, or not yet"
        return Obstacle(AnswerFault.REFUSED, Fault.NOBODY, detail, lacks_circuit=True)


class MinerFleet:
    """Hands out miners, never more requests to one than it has workers.

    Args:
        network: says who mines.
        asker: asks them what they can do.
        measurements: how long they took.

    Attributes:
        surveyed_at: end of the latest survey, or of the attempt, on the monotonic clock.
    """

    def __init__(self, network: Network, asker: Asker, measurements: Measurements) -> None:
        self._network = network
        self._asker = asker
        self._measurements = measurements
        self._survey = Survey()
        self._in_flight: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._failures: dict[str, dict[Kind, int]] = {}
        self._claims: dict[str, QueueClaim] = {}
        self._surveying: asyncio.Task[Survey] | None = None
        self.surveyed_at = self._begun_at = -math.inf
        self._changed = asyncio.Condition()

    @property
    def latest_survey(self) -> Survey:
        """What the newest survey found; empty before the first."""
        return self._survey

    def in_flight(self, hotkey: str) -> int:
        """Requests of ours that a miner has not answered."""
        return self._in_flight.get(hotkey, 0)

    def all_in_flight(self) -> int:
        """Requests of ours that no miner has answered yet."""
        return sum(self._in_flight.values())

    async def line_works(self, outcome: Outcome) -> bool:
        """Whether this validator's own line works, as far as the blame for an outcome hangs on it.

        Args:
            outcome: when it is a silence, the miners are surveyed anew: what was known before it says nothing.

        Returns:
            Whether another miner answers now, or the miner itself does where it has only been slow; False when the
            network cannot be read.
        """
        if outcome.fault not in SILENT:
            return True
        survey = Survey()
        with suppress(VeristakeError):
            survey = await self.fresh_survey()
        answering = set(survey.able)
        slow = outcome.fault is AnswerFault.TIMED_OUT and outcome.hotkey in answering
        return slow or bool(answering - {outcome.hotkey})

    def has_proved(self, hotkey: str, circuit_id: str) -> bool:
        """Whether a miner has proved under a circuit here: one that never did owes no proof of it."""
        return bool(self._measurements.of_miner(circuit_id, hotkey))

    def capacity(self, circuit_id: str) -> int:
        """Requests for a circuit that the miners of the newest survey can work on, and one more that waits for them."""
        survey = self._survey
        return 1 + sum(survey.able[hotkey][1].workers for hotkey in survey.holders(circuit_id))

    def expected_seconds(self, circuit_id: str, miner: Candidate) -> float | None:
        """Seconds within which a miner is expected to answer, its queue included; None when it was never measured."""
        expected = expected_seconds(self._measurements.of_miner(circuit_id, miner.hotkey))
        return None if expected is None else expected * (1 + int(miner.occupied))

    async def survey(self) -> Survey:
        """Ask every registered miner what it can do, or wait for the survey that is under way.

        Raises:
            VeristakeError: the network cannot be read.
        """
        if self._surveying is None or self._surveying.done():
            self._surveying = asyncio.create_task(self._survey_all())
            # whoever waits for it may be gone when it fails
            self._surveying.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._surveying)

    async def recent_survey(self) -> Survey:
        """A survey that is a few seconds old at most.

        Raises:
            VeristakeError: the network cannot be read.
        """
        if time.monotonic() - self.surveyed_at < RECENT_SECONDS:
            return self._survey
        return await self.survey()

    async def fresh_survey(self) -> Survey:
        """A survey that begins no earlier than now, shared by all who ask before it begins.

        Raises:
            VeristakeError: the network cannot be read.
        """
        now = time.monotonic()
        if self._surveying is not None and not self._surveying.done() and self._begun_at < now:
            with suppress(VeristakeError):
                await asyncio.shield(self._surveying)
        return self._survey if self._begun_at >= now and self.surveyed_at >= now else await self.survey()

    async def _survey_all(self) -> Survey:
        self._begun_at = time.monotonic()
        try:
            return await self._ask_all()
        finally:
            self.surveyed_at = time.monotonic()

    async def _ask_all(self) -> Survey:
        neurons = await asyncio.to_thread(self._network.neurons)
        others = [neuron for neuron in neurons if neuron.may_mine and neuron.hotkey != self._asker.validator]
        miners = [neuron for neuron in others if neuron.endpoint]
        room = asyncio.Semaphore(_SURVEYED_AT_ONCE)

        async def ask(neuron: Neuron) -> Capabilities:
            async with room:  # its time begins with its turn
                return await self._asker.survey(neuron.hotkey, neuron.endpoint or "")

        answers = await asyncio.gather(*(ask(neuron) for neuron in miners), return_exceptions=True)
        survey = Survey(registered=len(miners))
        for neuron, answer in zip(miners, answers, strict=True):
            if not isinstance(answer, BaseException):
                survey.able[neuron.hotkey] = (neuron, answer)
            elif isinstance(answer, Exception):
                error = peer_error(neuron.endpoint or "", answer)
                _log.warning("survey_failed", miner=neuron.hotkey, reason=brief(error.message))
                survey.failed[neuron.hotkey] = error
            else:
                raise answer
        async with self._changed:
            self._survey = survey
            self._note_claims(survey)
            self._changed.notify_all()
        return survey

    def _note_claims(self, survey: Survey) -> None:
        now = time.monotonic()
        lengths = dict.fromkeys(survey.failed, 0) | {
            hotkey: answer.queue_length for hotkey, (_, answer) in survey.able.items()
        }
        for hotkey, length in lengths.items():
            self._claims[hotkey] = self._claims.get(hotkey, QueueClaim(at=now)).followed_by(length, now)

    async def keep_surveying(self, seconds: float) -> None:
        """Survey again and again, until cancelled."""
        while True:
            try:
                await self.survey()
            except VeristakeError as error:
                _log.warning("network_unavailable", reason=str(error))
            await asyncio.sleep(seconds)

    async def take(self, circuit_id: str, tried: Collection[str], *, explore: bool = True) -> Candidate | None:
        """The miner to ask now, waiting until one is free; None when every miner has been tried."""
        async with self._changed:
            while any(hotkey not in tried for hotkey in self._survey.holders(circuit_id)):
                chosen = self._choose(circuit_id, tried, explore)
                if chosen is not None:
                    return chosen
                await self._changed.wait()
        return None

    def take_now(self, circuit_id: str, tried: Collection[str], *, explore: bool = True) -> Candidate | None:
        """The miner to ask now; None when each is busy or tried."""
        return self._choose(circuit_id, tried, explore)

    def take_idle(self, circuit_id: str, hotkey: str, *, or_busy: bool = False) -> Candidate | None:
        """This miner, when it holds the circuit and has nothing of ours to do, or whatever it does."""
        if hotkey not in self._survey.holders(circuit_id) or (self.in_flight(hotkey) and not or_busy):
            return None
        return self._handed_out(self._candidate(circuit_id, hotkey))

    async def give_back(self, miner: Candidate, kind: Kind, *, sound: bool | None = None) -> None:
        """The miner has answered, or will not.

        A right answer ends the failures of its own kind, and takes back one of each other: who answers only what
        measures it is asked for the rest now and then, but last.

        Args:
            miner: that was handed out.
            kind: why it was asked.
            sound: whether it answered rightly, or failed; None where neither can be said.
        """
        failures = self._failures.setdefault(miner.hotkey, {})
        async with self._changed:
            if sound is False:
                failures[kind] = failures.get(kind, 0) + 1
            elif sound:
                for each, number in failures.items():
                    failures[each] = 0 if each is kind else max(0, number - 1)
            self._in_flight[miner.hotkey] -= 1
            self._changed.notify_all()

    def candidates(self, circuit_id: str) -> list[Candidate]:
        """The miners that hold a circuit, as the choice sees them."""
        return [self._candidate(circuit_id, hotkey) for hotkey in self._survey.holders(circuit_id)]

    def _choose(self, circuit_id: str, tried: Collection[str], explore: bool) -> Candidate | None:
        chosen = choose_miner(self.candidates(circuit_id), tried, explore=explore)
        return None if chosen is None else self._handed_out(chosen)

    def _handed_out(self, miner: Candidate) -> Candidate:
        self._in_flight[miner.hotkey] = self.in_flight(miner.hotkey) + 1
        self._asked[miner.hotkey] = self._asked.get(miner.hotkey, 0) + 1
        return miner

    def _candidate(self, circuit_id: str, hotkey: str) -> Candidate:
        neuron, capabilities = self._survey.able[hotkey]
        measured = self._measurements.of_miner(circuit_id, hotkey)
        return Candidate(
            hotkey=hotkey,
            endpoint=neuron.endpoint or "",
            workers=capabilities.workers,
            in_flight=self.in_flight(hotkey),
            asked=self._asked.get(hotkey, 0),
            queue_length=self._claims[hotkey].believed(capabilities.workers),
            seconds=statistics.median(measured) if measured else None,
            failures=sum(self._failures.get(hotkey, {}).values()),
        )
