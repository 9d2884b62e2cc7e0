"""Settles each request: who is to blame, which score changes and why, what is published; all or nothing."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from neurons.network import Network
from neurons.validator.accuracy import accuracy_of_run
from neurons.validator.asking import Outcome
from neurons.validator.blame import Blame, blame_of_answer, blame_of_refusal, blame_of_silence
from neurons.validator.check import SILENT, AnswerFault
from neurons.validator.formulas import Evidence, Formula, Scored, score_failed, score_verified
from neurons.validator.measurements import Measurements
from neurons.validator.metrics import Meters
from neurons.validator.records import OutcomeRecord, ScoreChange
from neurons.validator.rules import ScoringRule
from neurons.validator.scoring import time_bounds
from neurons.validator.store import VERIFIED, Also, ValidatorStore
from neurons.validator.timeouts import learned_timeout
from signed_http.refusal import Fault
from statements.attestation import SignedAttestation
from statements.errors import VeristakeError
from statements.proven_inference import ProvenInference
from verifier_gen.circuit import Circuit

_log = structlog.get_logger(__name__)


class StateUnavailableError(VeristakeError):
    """What has to be remembered cannot be stored now; nothing was changed, and the same may be stored later."""


@dataclass(frozen=True)
class Settlement:
    """What a request led to.

    Attributes:
        blame: whose fault it is; nobody's when the answer was right.
        cursor: of the publication; None where nothing was published.
        change: of the score; None where it stays.
    """

    blame: Blame
    cursor: int | None
    change: ScoreChange | None


class Scorekeeper:
    """The only one that changes scores.

    Args:
        store: remembers.
        network: says how many miners there are.
        measurements: learn from each verified answer.
        rule: how to score.
        meters: count what is settled.
    """

    def __init__(
        self,
        store: ValidatorStore,
        network: Network,
        measurements: Measurements,
        rule: ScoringRule,
        meters: Meters,
    ) -> None:
        self._store = store
        self._network = network
        self._measurements = measurements
        self._rule = rule
        self._meters = meters
        # one thread, so that reading a score and writing its successor interleave with no other answer's, whoever
        # gives up waiting for it
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="scorekeeper")
        self._settling: set[asyncio.Task[Settlement]] = set()
        self._miners: int | None = None
        self._counting: asyncio.Task[None] | None = None

    def timeout(self, circuit_id: str) -> float:
        """Seconds that a miner may take for a circuit."""
        return learned_timeout(self._measurements.of_circuit(circuit_id), self._rule.timeouts)

    async def settle(
        self,
        outcome: Outcome,
        *,
        others_reachable: bool,
        attestations: tuple[SignedAttestation, ...] = (),
        also: Also | None = None,
    ) -> Settlement:
        """Record an outcome.

        Whoever is cancelled while it waits leaves the settlement to end by itself.

        Args:
            outcome: what came of a request.
            others_reachable: from ``MinerFleet.line_works``.
            attestations: published beside the inference of a right observation.
            also: what else is written in the same transaction.

        Raises:
            AlreadyPublishedError: the statement is published already.
            AlreadySettledError: this request was settled before.
            StateUnavailableError: the database does not take it now; nothing was changed.
        """
        settling = asyncio.create_task(self._settled(outcome, others_reachable, attestations, also))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)
        return await asyncio.shield(settling)

    async def _settled(
        self, outcome: Outcome, others_reachable: bool, attestations: tuple[SignedAttestation, ...], also: Also | None
    ) -> Settlement:
        outcome = self._judged(outcome)
        miners = await self._registered_miners() if outcome.run is not None else 1
        try:
            settlement = await asyncio.get_running_loop().run_in_executor(
                self._writer, self._settle, outcome, others_reachable, attestations, miners, also
            )
        except SQLAlchemyError as error:
            raise StateUnavailableError(
                f"the outcome of request {outcome.asked.nonce} cannot be stored: {type(error).__name__}",
                remedy="Check the database of state_url and its disk; nothing was changed.",
            ) from error
        self._meters.settled(outcome, settlement.blame, published=settlement.cursor is not None)
        if outcome.run is not None:
            self._measurements.add(outcome.asked.question.circuit_id, outcome.hotkey, outcome.seconds)
        if settlement.change is not None:
            log_change(settlement.change)
        return settlement

    def _settle(
        self,
        outcome: Outcome,
        others_reachable: bool,
        attestations: tuple[SignedAttestation, ...],
        miners: int,
        also: Also | None,
    ) -> Settlement:
        blame = self._blame(outcome, others_reachable)
        record = _record(outcome, blame)
        change = self._change(outcome, blame, miners)
        run = outcome.run
        inference = run if isinstance(run, ProvenInference) else None
        cursor = self._store.settle(record, change, inference, attestations, also)
        return Settlement(blame, cursor, change)

    def _judged(self, outcome: Outcome) -> Outcome:
        """Who asks for the impossible gets a refusal, and learns nothing of the miner by it."""
        had_its_time = outcome.asked.seconds >= self.timeout(outcome.asked.question.circuit_id)
        if outcome.fault is AnswerFault.REFUSED and outcome.refusal is not None and not had_its_time:
            return replace(outcome, fault=AnswerFault.DECLINED)
        return outcome

    def _blame(self, outcome: Outcome, others_reachable: bool) -> Blame:
        fault = outcome.fault
        if fault is None:
            return Blame.NOBODY
        if fault in SILENT:
            full_time = outcome.asked.seconds >= self.timeout(outcome.asked.question.circuit_id)
            return blame_of_silence(fault, full_time=full_time, others_reachable=others_reachable)
        if fault in (AnswerFault.REFUSED, AnswerFault.ABANDONED):
            question = outcome.asked.question
            in_a_row = self._store.refusals_in_a_row(
                outcome.hotkey, question.circuit_id, question.kind, outcome.asked_at
            )
            refusal = Fault.NOBODY if fault is AnswerFault.ABANDONED else outcome.refusal
            return blame_of_refusal(signed=refusal is not None, fault=refusal, in_a_row=in_a_row)
        return blame_of_answer(fault)

    def _change(self, outcome: Outcome, blame: Blame, miners: int) -> ScoreChange | None:
        if outcome.fault is not None and blame is not Blame.MINER:
            return None
        statement_id = outcome.asked.question.statement_id
        if outcome.fault is not None and statement_id and self._store.blamed(outcome.hotkey, statement_id):
            return None  # once per miner and statement, however often it is asked again
        previous = self._store.score(outcome.hotkey)
        scored = score_failed(previous) if outcome.run is None else self._score(outcome, previous, miners)
        return ScoreChange(
            hotkey=outcome.hotkey,
            previous=previous,
            score=scored.score,
            reason=VERIFIED if outcome.fault is None else outcome.fault,
            seconds=outcome.seconds,
            statement_id=statement_id,
            at=time.time(),
            kind=outcome.asked.question.kind,
            circuit_id=outcome.asked.question.circuit_id,
            nonce=outcome.asked.nonce,
            formula=self._rule.formula,
            figures=scored.figures,
        )

    def _score(self, outcome: Outcome, previous: float, miners: int) -> Scored:
        question, run = outcome.asked.question, outcome.run
        assert run is not None  # noqa: S101 - the caller has looked
        times = self._store.response_times(question.circuit_id)
        evidence = Evidence(
            seconds=outcome.seconds,
            bounds=time_bounds(times.latest, times.successes, self._rule.timeouts.ceiling),
            miners=miners,
            accuracy=self._accuracy(question.circuit, run.instances.inputs, run.instances.tag, run.instances.outputs),
            proof_bytes=len(run.proof_bytes),
            delivered=(times.delivered.get(outcome.hotkey, 0) + 1) / (max(times.delivered.values(), default=0) + 1),
        )
        return score_verified(self._rule.formula, self._rule.weights, previous, evidence)

    def _accuracy(self, circuit: Circuit, inputs: tuple[int, ...], tag: int, outputs: tuple[int, ...]) -> float:
        if self._rule.formula is not Formula.OUTPUT:
            return 1.0
        return accuracy_of_run(circuit, inputs, tag, outputs)

    async def _registered_miners(self) -> int:
        """As many as are known; they are counted anew beside it: no proof waits, or is lost, for the network."""
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count_miners())
        if self._miners is None:
            await asyncio.shield(self._counting)
        if self._miners is None:
            raise StateUnavailableError(
                "how many miners there are is not known yet", remedy="Check the network; nothing was changed."
            )
        return self._miners

    async def _count_miners(self) -> None:
        try:
            neurons = await asyncio.to_thread(self._network.neurons)
        except VeristakeError as error:
            _log.warning("network_unavailable", reason=str(error))
        else:
            self._miners = max(1, sum(neuron.may_mine for neuron in neurons))


def log_change(change: ScoreChange) -> None:
    """Tell of a change of score."""
    fields: dict[str, Any] = change.model_dump(exclude={"at", "figures"}, exclude_none=True)
    _log.info("score_changed", **fields)


def _record(outcome: Outcome, blame: Blame) -> OutcomeRecord:
    question = outcome.asked.question
    return OutcomeRecord(
        nonce=outcome.asked.nonce,
        kind=question.kind,
        circuit_id=question.circuit_id,
        hotkey=outcome.hotkey,
        statement_id=question.statement_id,
        asked_at=outcome.asked_at,
        seconds=outcome.seconds,
        fault=outcome.fault,
        blame=blame,
        detail=outcome.detail[:1000],
    )
