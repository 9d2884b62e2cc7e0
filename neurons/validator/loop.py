"""The validator's loop: look at the chain, ask for what is new, check, score, attest, publish."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from neurons.validator.asking import Asker, Due, Outcome
from neurons.validator.attest import Attester
from neurons.validator.due import DueFinder
from neurons.validator.fleet import MinerFleet, Survey
from neurons.validator.questions import Kind, Question
from neurons.validator.refused import log_refused
from neurons.validator.scorekeeper import Scorekeeper
from neurons.validator.store import AlreadyPublishedError
from statements.errors import VeristakeError
from statements.proven_run import ProvenRun
from verifier_gen.circuit import Circuit

_log = structlog.get_logger(__name__)


class ValidatorLoop:
    """Publishes each new epoch of each asset once.

    Args:
        hotkey: ss58 hotkey of the validator.
        circuit: that miners are asked for.
        finder: says what is due.
        fleet: hands out miners.
        asker: asks and checks.
        attester: attests for other chains; None when none is served.
        scorekeeper: scores and publishes.
        poll_seconds: between two looks at the chain.
        explore: whether statements are where new miners are tried out; not so where benchmarks do that, because each
            one that hangs holds up the statement for a whole timeout.
    """

    def __init__(
        self,
        *,
        hotkey: str,
        circuit: Circuit,
        finder: DueFinder,
        fleet: MinerFleet,
        asker: Asker,
        attester: Attester | None,
        scorekeeper: Scorekeeper,
        poll_seconds: float,
        explore: bool = True,
    ) -> None:
        self._hotkey = hotkey
        self._circuit = circuit
        self._finder = finder
        self._fleet = fleet
        self._asker = asker
        self._attester = attester
        self._scorekeeper = scorekeeper
        self._poll_seconds = poll_seconds
        self._explore = explore
        self._not_asked: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look, serve, wait; until cancelled. What can mend itself is logged and tried again."""
        while True:
            try:
                await self.tick()
            except (VeristakeError, SQLAlchemyError, OSError) as error:
                _log.warning("tick_failed", reason=str(error), kind=type(error).__name__)
            await asyncio.sleep(self._poll_seconds)

    async def tick(self) -> None:
        """Serve everything that is due now.

        Raises:
            VeristakeError: the chain or the network fails.
        """
        due = await self._finder.find()
        if not due:
            return
        statements = {statement.subject.statement_id for statement in due}
        self._not_asked = {pair for pair in self._not_asked if pair[1] in statements}
        survey = await self._fleet.survey()
        await self._settle_not_asked(survey, due[0])
        circuit_id = self._circuit.manifest.circuit_id
        if not survey.holders(circuit_id):
            _log.warning("no_miner", circuit_id=circuit_id, registered=survey.registered)
        results = await asyncio.gather(*(self._serve(statement) for statement in due), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _settle_not_asked(self, survey: Survey, due: Due) -> None:
        """Who gives no survey, or does not hold the circuit, is not asked: each counts once for the first statement."""
        question = self._question(due)
        for hotkey in (*survey.failed, *survey.able):
            obstacle, pair = survey.obstacle(hotkey, question.circuit_id), (hotkey, due.subject.statement_id)
            if obstacle is None or pair in self._not_asked:
                continue
            if obstacle.lacks_circuit and not self._fleet.has_proved(hotkey, question.circuit_id):
                continue  # it never held the circuit
            self._not_asked.add(pair)
            outcome = self._asker.not_asked(hotkey, question, self._timeout(), obstacle)
            await self._scorekeeper.settle(outcome, others_reachable=survey.reaches_others(hotkey))

    async def _serve(self, due: Due) -> None:
        """Ask one miner after the other until one answers rightly."""
        question, tried = self._question(due), set[str]()
        while (miner := await self._fleet.take(question.circuit_id, tried, explore=self._explore)) is not None:
            tried.add(miner.hotkey)
            sound = None
            try:
                outcome = await self._asker.ask(miner, question, self._timeout())
                sound = outcome.run is not None
            finally:
                await self._fleet.give_back(miner, question.kind, sound=sound)
            if await self._settle(due, outcome):
                return
        _log.warning("statement_unproven", symbol=due.symbol, epoch=due.subject.epoch, tried=len(tried))

    async def _settle(self, due: Due, outcome: Outcome) -> bool:
        """Score, and publish a right answer; whether the statement is published now."""
        attestations = self._attester.attest(due.subject, due.reading) if self._attester and outcome.run else ()
        try:
            settlement = await self._scorekeeper.settle(
                outcome, others_reachable=await self._fleet.line_works(outcome), attestations=attestations
            )
        except AlreadyPublishedError:
            _log.warning("already_published", symbol=due.symbol, epoch=due.subject.epoch)
            self._finder.settled(due)
            return True
        if outcome.run is None:
            log_refused(outcome, settlement.blame, symbol=due.symbol, epoch=due.subject.epoch)
            return False
        self._finder.settled(due)
        _log_published(due, outcome.run, settlement.cursor, outcome.seconds, len(attestations))
        return True

    def _question(self, due: Due) -> Question:
        return Question(Kind.OBSERVATION, self._circuit, due.reading.inputs, due.subject)

    def _timeout(self) -> float:
        return self._scorekeeper.timeout(self._circuit.manifest.circuit_id)


def _log_published(due: Due, run: ProvenRun, cursor: int | None, seconds: float, attestations: int) -> None:
    _log.info(
        "inference_published",
        cursor=cursor,
        statement_id=due.subject.statement_id,
        symbol=due.symbol,
        epoch=due.subject.epoch,
        miner=run.prover,
        seconds=round(seconds, 3),
        prove_seconds=round(run.prove_seconds, 3),
        attestations=attestations,
    )
