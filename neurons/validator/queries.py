"""A customer's query: asked of one miner, hedged on another when that one is late; the first right proof answers.

A miner that is busy or cannot be reached is asked again after a while, until the customer's deadline.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy.orm import Session

from neurons.validator.asking import Asker, Outcome
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.choose import Candidate
from neurons.validator.fleet import MinerFleet
from neurons.validator.questions import Kind, Question
from neurons.validator.race import FIRST_REST_SECONDS, QueryAttempt, Race
from neurons.validator.refused import log_refused
from neurons.validator.scorekeeper import Scorekeeper, StateUnavailableError
from neurons.validator.store import AlreadySettledError, Also
from neurons.validator.timeouts import hedge_after
from statements.errors import VeristakeError
from statements.proven_run import ProvenRun
from verifier_gen.circuit import Circuit

__all__ = ["KeepAnswer", "QueryAnswer", "QueryAttempt", "QueryFailedError", "QueryRunner"]
_log = structlog.get_logger(__name__)
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 2.0
"""Between two attempts to settle an answer."""


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
            StateUnavailableError: the right answer could not be stored until the deadline.
        """
        question = Question(Kind.QUERY, self._circuit(circuit_id, inputs, deadline_seconds), inputs)
        now = time.monotonic()
        race = Race(question, started=now, deadline=now + deadline_seconds, longest=self._scorekeeper.longest_timeout)
        try:
            won = await self._run(race, keep)
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

    async def _run(self, race: Race, keep: KeepAnswer | None) -> QueryAnswer | None:
        """Ask and wait until an answer is right, nobody can give one any more, or the time is over."""
        while (remaining := race.remaining(time.monotonic())) > 0:
            if not race.running or time.monotonic() >= race.hedge_at:
                await self._enter_another(race)
            if not race.running:
                if not await self._rest(race):
                    return None
                continue
            until_hedge = max(0.0, race.hedge_at - time.monotonic())
            done, _ = await asyncio.wait(
                race.running, timeout=min(remaining, until_hedge), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                answer = await self._conclude(race, task, keep)
                if answer is not None:
                    return answer
        return None

    async def _enter_another(self, race: Race) -> None:
        """Ask the next miner; the first is waited for, a hedge is asked only when somebody is free."""
        circuit_id, now = race.question.circuit_id, time.monotonic()
        if race.running:
            miner = self._fleet.take_now(circuit_id, race.not_now(now), explore=False)
            race.hedge_at = race.deadline if miner is None else race.hedge_at
        else:
            try:
                # no longer than until one that rests may be asked again: it may be free before the others
                async with asyncio.timeout(race.next_return(now) - now):
                    miner = await self._fleet.take(circuit_id, race.not_now(now), explore=False)
            except TimeoutError:
                return
        if miner is None:
            return
        now = time.monotonic()
        race.asked_at[miner.hotkey] = now
        # no longer than the circuit's proofs are known to take, so that a miner that hangs is found out
        allowed = race.longest if miner.hotkey in race.too_short_for else self._scorekeeper.timeout(circuit_id)
        seconds = max(1e-3, min(race.remaining(now), allowed))
        full_seconds = self._scorekeeper.full_seconds(circuit_id, miner.hotkey)
        task = asyncio.create_task(self._asker.ask(miner, race.question, seconds, full_seconds))
        race.running[task] = miner
        race.hedge_at = now + hedge_after(self._fleet.expected_seconds(circuit_id, miner), race.remaining(now))

    async def _rest(self, race: Race) -> bool:
        """Wait a little until somebody can be asked again; whether anybody may still answer before the deadline."""
        try:
            survey = await self._fleet.recent_survey()
        except VeristakeError as error:
            _log.warning("network_unavailable", reason=str(error))
        else:
            holders = survey.holders(race.question.circuit_id)
            hope = race.may_still_answer(holders, survey.failed, time.monotonic())
            if not hope and self._fleet.surveyed_at >= race.started:
                return False
            if set(holders) - race.not_now(time.monotonic()):
                return True
        now = time.monotonic()
        await asyncio.sleep(min(race.remaining(now), max(0.0, race.next_return(now) - now), FIRST_REST_SECONDS))
        return True

    async def _conclude(self, race: Race, task: asyncio.Task[Outcome], keep: KeepAnswer | None) -> QueryAnswer | None:
        miner, sound = race.running.pop(task), None
        try:
            outcome = task.result()
            sound = outcome.run is not None
        finally:
            await self._fleet.give_back(miner, Kind.QUERY, sound=sound)
        answer = _answer(race, miner, outcome)
        if answer is not None:
            also = None if keep is None else partial(_kept, keep, answer)
            await self._settle_answer(race, outcome, also)
            return answer
        blame = await self._settle_failure(outcome)
        race.attempts.append(_attempt(miner, outcome, blame))
        race.failed(outcome, blame, time.monotonic())
        log_refused(outcome, blame)
        race.hedge_at = 0.0  # the next one is asked at once
        return None

    async def _settle_answer(self, race: Race, outcome: Outcome, also: Also | None) -> None:
        """Settle what answers: proof and answer are in hand, so a database that is held is tried until the deadline."""
        pause, tried = _FIRST_PAUSE_SECONDS, False
        while True:
            try:
                await self._scorekeeper.settle(outcome, others_reachable=True, also=also)
                return
            except AlreadySettledError:
                if tried:
                    return  # by the attempt before, whose connection broke before it could say so
                raise
            except StateUnavailableError as error:
                if race.remaining(time.monotonic()) <= pause:
                    raise
                _log.warning("answer_not_settled_yet", miner=outcome.hotkey, reason=error.message)
            await asyncio.sleep(pause)
            pause, tried = min(2 * pause, _LONGEST_PAUSE_SECONDS), True

    async def _settle_failure(self, outcome: Outcome) -> Blame:
        """Settle what answers nobody; what cannot be stored of it must not cost the customer the answer of another."""
        try:
            reachable = await self._fleet.line_works(outcome)
            return (await self._scorekeeper.settle(outcome, others_reachable=reachable)).blame
        except VeristakeError as error:
            _log.warning("attempt_not_settled", miner=outcome.hotkey, reason=str(error), kind=type(error).__name__)
            return Blame.VALIDATOR

    async def _abandon(self, race: Race) -> None:
        """Give up those who still run: being slower than another is no fault, but being late is on record."""
        race.attempts += _abandoned(race)
        running, race.running = race.running, {}
        question, now, overdue = race.question, time.monotonic(), []
        allowed = self._scorekeeper.timeout(question.circuit_id)
        for task, miner in running.items():
            task.cancel()
            waited = now - race.asked_at[miner.hotkey]
            late = waited > (self._fleet.expected_seconds(question.circuit_id, miner) or allowed)
            await self._fleet.give_back(miner, Kind.QUERY, sound=False if late else None)
            if late:
                overdue.append(self._asker.given_up(miner, question, allowed, waited))
        await asyncio.gather(*running, return_exceptions=True)
        for outcome in overdue:
            await self._settle_failure(outcome)


def _kept(keep: KeepAnswer, answer: QueryAnswer, session: Session) -> None:
    keep(session, answer)


def _attempt(miner: Candidate, outcome: Outcome, blame: Blame) -> QueryAttempt:
    return QueryAttempt(miner.hotkey, miner.endpoint, outcome.fault, blame, outcome.seconds)


def _answer(race: Race, miner: Candidate, outcome: Outcome) -> QueryAnswer | None:
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


def _abandoned(race: Race) -> list[QueryAttempt]:
    now = time.monotonic()
    return [
        QueryAttempt(
            miner.hotkey, miner.endpoint, AnswerFault.ABANDONED, Blame.NOBODY, now - race.asked_at[miner.hotkey]
        )
        for miner in race.running.values()
    ]


def _callers(message: str, remedy: str) -> QueryFailedError:
    return QueryFailedError(message, remedy=remedy, fault="caller")


def _failure(race: Race) -> QueryFailedError:
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
