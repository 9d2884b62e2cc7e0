"""A customer's query: asked of one miner, hedged on another when that one is late; the first right proof answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.orm import Session

from neurons.validator.asking import Asker, Outcome
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.choose import Candidate
from neurons.validator.fleet import MinerFleet
from neurons.validator.questions import Kind, Question
from neurons.validator.refused import log_refused
from neurons.validator.scorekeeper import Scorekeeper
from neurons.validator.timeouts import hedge_after
from statements.errors import VeristakeError
from statements.proven_run import ProvenRun
from verifier_gen.circuit import Circuit


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


@dataclass(frozen=True)
class QueryAnswer:
    """A verified answer to a query.

    Attributes:
        run: as the miner gave it, checked and verified.
        nonce: of the request tag, 32 bytes.
        tag: request tag that the proof carries.
        outputs: from the verified instances, signed fixed point at 2^output_scale_bits.
        miner: ss58 hotkey of who proved.
        endpoint: its URL.
        seconds: from the call to the verified answer.
        attempts: everyone who was asked, in order.
    """

    run: ProvenRun
    nonce: bytes
    tag: int
    outputs: tuple[int, ...]
    miner: str
    endpoint: str
    seconds: float
    attempts: tuple[QueryAttempt, ...]


class QueryFailedError(VeristakeError):
    """No miner gave a right answer in time.

    Args:
        message: what is wrong.
        remedy: what to do about it.
        fault: who has to change something: ``caller``, ``miners``, ``validator``, ``network`` or ``nobody``.
        attempts: everyone who was asked, in order.
    """

    def __init__(self, message: str, *, remedy: str, fault: str, attempts: tuple[QueryAttempt, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.fault = fault
        self.attempts = attempts


KeepAnswer = Callable[[Session, QueryAnswer], object]
"""Writes an answer in the transaction that scores the miner for it, so that no kill comes between the two."""


@dataclass
class _Race:
    """Who runs for one query, and who has run."""

    question: Question
    started: float
    deadline: float
    tried: dict[str, float] = field(default_factory=dict)
    running: dict[asyncio.Task[Outcome], Candidate] = field(default_factory=dict)
    attempts: list[QueryAttempt] = field(default_factory=list)
    hedge_at: float = 0.0
    keep: KeepAnswer | None = None

    @property
    def remaining(self) -> float:
        return max(0.0, self.deadline - time.monotonic())


class QueryRunner:
    """Answers queries.

    Args:
        circuits: that may be asked for, by circuit id.
        fleet: hands out miners.
        asker: asks and checks.
        scorekeeper: settles what came of it.
    """

    def __init__(
        self, circuits: Mapping[str, Circuit], fleet: MinerFleet, asker: Asker, scorekeeper: Scorekeeper
    ) -> None:
        self._circuits = dict(circuits)
        self._fleet = fleet
        self._asker = asker
        self._scorekeeper = scorekeeper

    def circuits(self) -> tuple[Circuit, ...]:
        """The circuits that may be asked for."""
        return tuple(self._circuits.values())

    async def run(
        self, circuit_id: str, inputs: tuple[int, ...], deadline_seconds: float, keep: KeepAnswer | None = None
    ) -> QueryAnswer:
        """Get one run proved and verified.

        Args:
            circuit_id: sha256 of the verifying key, 0x-hex.
            inputs: signed fixed point at the circuit's input scale, in circuit order.
            deadline_seconds: how long the customer waits.
            keep: writes the answer; it is called once, in a thread, before the answer is returned.

        Raises:
            QueryFailedError: the circuit is unknown, the inputs do not fit, or nobody gave a right answer in time.
        """
        question = Question(Kind.QUERY, self._circuit(circuit_id, inputs, deadline_seconds), inputs)
        if not self._fleet.latest_survey.holders(circuit_id):
            await self._fleet.survey()
        now = time.monotonic()
        race = _Race(question, started=now, deadline=now + deadline_seconds, keep=keep)
        try:
            won = await self._run(race)
        finally:
            await self._abandon(race)
        if won is None:
            raise _failure(race)
        return won

    def _circuit(self, circuit_id: str, inputs: tuple[int, ...], deadline_seconds: float) -> Circuit:
        circuit = self._circuits.get(circuit_id)
        if circuit is None:
            raise _callers(f"circuit {circuit_id} is not served here", "Ask for one that GET /v1/circuits lists.")
        expected = circuit.manifest.layout.input_count
        if len(inputs) != expected:
            raise _callers(f"{len(inputs)} inputs given, the circuit takes {expected}", "Give one whole input.")
        # a miner would be blamed for a proof that cannot be made
        one = 1 << circuit.manifest.layout.input_scale_bits
        if any(abs(value) > one for value in inputs):
            raise _callers(f"an input exceeds {one}, which stands for 1", "Clip inputs to [-1, 1] and scale them.")
        if not 0 < deadline_seconds <= 3600:
            raise _callers(f"deadline {deadline_seconds:g} s is not in (0, 3600]", "Give seconds.")
        return circuit

    async def _run(self, race: _Race) -> QueryAnswer | None:
        """Ask and wait until an answer is right, nobody is left, or the time is over."""
        while race.remaining > 0:
            if not race.running or time.monotonic() >= race.hedge_at:
                await self._enter_another(race)
            if not race.running:
                return None
            until_hedge = max(0.0, race.hedge_at - time.monotonic())
            done, _ = await asyncio.wait(
                race.running, timeout=min(race.remaining, until_hedge), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                answer = await self._conclude(race, task)
                if answer is not None:
                    return answer
        return None

    async def _enter_another(self, race: _Race) -> None:
        """Ask the next miner; the first is waited for, a hedge is asked only when somebody is free."""
        circuit_id = race.question.circuit_id
        if race.running:
            miner = self._fleet.take_now(circuit_id, race.tried, explore=False)
            race.hedge_at = race.deadline if miner is None else race.hedge_at
        else:
            try:
                async with asyncio.timeout(race.remaining):
                    miner = await self._fleet.take(circuit_id, race.tried, explore=False)
            except TimeoutError:
                return
        if miner is None:
            return
        race.tried[miner.hotkey] = time.monotonic()
        # no longer than the circuit's proofs are known to take, so that a miner that hangs is found out
        seconds = max(1e-3, min(race.remaining, self._scorekeeper.timeout(circuit_id)))
        task = asyncio.create_task(self._asker.ask(miner, race.question, seconds))
        race.running[task] = miner
        race.hedge_at = time.monotonic() + hedge_after(self._expected(race, miner), race.remaining)

    def _expected(self, race: _Race, miner: Candidate) -> float | None:
        return self._fleet.expected_seconds(race.question.circuit_id, miner)

    async def _conclude(self, race: _Race, task: asyncio.Task[Outcome]) -> QueryAnswer | None:
        miner = race.running.pop(task)
        outcome = task.result()
        await self._fleet.give_back(miner, sound=outcome.run is not None)
        reachable = self._fleet.others_reachable(miner.hotkey)
        answer = _answer(race, miner, outcome)
        also = None if answer is None or race.keep is None else partial(_kept, race.keep, answer)
        settlement = await self._scorekeeper.settle(outcome, others_reachable=reachable, also=also)
        if answer is None:
            race.attempts.append(_attempt(miner, outcome, settlement.blame))
            log_refused(outcome, settlement.blame)
            race.hedge_at = 0.0  # the next one is asked at once
        return answer

    async def _abandon(self, race: _Race) -> None:
        """Give up those who still run: being slower than another is no fault."""
        race.attempts += _abandoned(race)
        running, race.running = race.running, {}
        for task, miner in running.items():
            task.cancel()
            late = race.tried[miner.hotkey] + (self._expected(race, miner) or race.remaining) < time.monotonic()
            await self._fleet.give_back(miner, sound=False if late else None)
        await asyncio.gather(*running, return_exceptions=True)


def _kept(keep: KeepAnswer, answer: QueryAnswer, session: Session) -> None:
    keep(session, answer)


def _attempt(miner: Candidate, outcome: Outcome, blame: Blame) -> QueryAttempt:
    return QueryAttempt(miner.hotkey, miner.endpoint, outcome.fault, blame, outcome.seconds)


def _answer(race: _Race, miner: Candidate, outcome: Outcome) -> QueryAnswer | None:
    """What the customer gets; None when the miner's answer is not used."""
    if outcome.run is None:
        return None
    asked = outcome.asked
    return QueryAnswer(
        run=outcome.run,
        nonce=bytes.fromhex(asked.nonce[2:]),
        tag=asked.tag,
        outputs=outcome.run.instances.outputs,
        miner=miner.hotkey,
        endpoint=miner.endpoint,
        seconds=time.monotonic() - race.started,
        attempts=(*race.attempts, _attempt(miner, outcome, Blame.NOBODY), *_abandoned(race)),
    )


def _abandoned(race: _Race) -> list[QueryAttempt]:
    now = time.monotonic()
    return [
        QueryAttempt(miner.hotkey, miner.endpoint, AnswerFault.ABANDONED, Blame.NOBODY, now - race.tried[miner.hotkey])
        for miner in race.running.values()
    ]


def _callers(message: str, remedy: str) -> QueryFailedError:
    return QueryFailedError(message, remedy=remedy, fault="caller")


def _failure(race: _Race) -> QueryFailedError:
    circuit_id, attempts = race.question.circuit_id, tuple(race.attempts)
    if not attempts:
        return QueryFailedError(
            f"no miner is free for circuit {circuit_id}", remedy="Try again later.", fault="network"
        )
    blames = {attempt.blame for attempt in attempts}
    order = ((Blame.VALIDATOR, "validator"), (Blame.NETWORK, "network"), (Blame.MINER, "miners"))
    fault = next((name for blame, name in order if blame in blames), "nobody")
    faults = ", ".join(str(attempt.fault) for attempt in attempts)
    return QueryFailedError(
        f"{len(attempts)} miners gave no right answer for circuit {circuit_id}: {faults}",
        remedy="Allow more time, or try again later.",
        fault=fault,
        attempts=attempts,
    )
