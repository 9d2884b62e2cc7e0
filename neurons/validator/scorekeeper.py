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
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.formulas import Evidence, Formula, Scored, score_failed, score_verified
from neurons.validator.judging import KEPT_WAITING, Circumstances, Judge, blame_of, failure_figures
from neurons.validator.measurements import Measurements
from neurons.validator.metrics import Meters
from neurons.validator.records import OutcomeRecord, ScoreChange
from neurons.validator.rules import ScoringRule
from neurons.validator.scoring import time_bounds
from neurons.validator.store import VERIFIED, Also, ValidatorStore
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
        measurements: learn from each answer.
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
        self._judge = Judge(measurements, rule.timeouts)
        self._rule = rule
        self._meters = meters
        # one thread, so that reading a score and writing its successor interleave with no other answer's, whoever
        # gives up waiting for it
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="scorekeeper")
        self._settling: set[asyncio.Task[Settlement]] = set()
        self._miners: int | None = None
        self._counting: asyncio.Task[None] | None = None

    @property
    def longest_timeout(self) -> float:
        """Seconds that no miner may exceed under any circuit."""
        return self._rule.timeouts.ceiling

    def timeout(self, circuit_id: str) -> float:
        """Seconds that a miner may take for a circuit."""
        return self._judge.timeout(circuit_id)

    def full_seconds(self, circuit_id: str, hotkey: str) -> float:
        """Seconds after which no answer says something about a miner, whatever a customer's deadline is."""
        return self._judge.full_seconds(circuit_id, hotkey)

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
        outcome = _judged(outcome)
        miners = await self._registered_miners(needed=outcome.run is not None)
        self._judge.failed(outcome, others_reachable)
        circumstances = self._judge.circumstances(outcome, others_reachable)
        try:
            settlement = await asyncio.get_running_loop().run_in_executor(
                self._writer, self._settle, outcome, circumstances, attestations, miners, also
            )
        except SQLAlchemyError as error:
            raise StateUnavailableError(
                f"the outcome of request {outcome.asked.nonce} cannot be stored: {type(error).__name__}",
                remedy="Check the database of state_url and its disk; nothing was changed.",
            ) from error
        self._meters.settled(outcome, settlement.blame, published=settlement.cursor is not None)
        if outcome.run is not None:
            self._judge.verified(outcome)
        if circumstances.shared is not None:
            question = outcome.asked.question
            _log.error(
                "most_miners_refuse",
                blame=settlement.blame,
                reason=outcome.detail,
                kind=question.kind,
                circuit_id=question.circuit_id,
            )
        if settlement.change is not None:
            log_change(settlement.change)
        return settlement

    def _settle(
        self,
        outcome: Outcome,
        circumstances: Circumstances,
        attestations: tuple[SignedAttestation, ...],
        miners: int,
        also: Also | None,
    ) -> Settlement:
        in_a_row = self._in_a_row(outcome)
        blame = blame_of(outcome, circumstances, in_a_row)
        record = _record(outcome, blame)
        change = self._change(outcome, blame, miners, in_a_row)
        run = outcome.run
        inference = run if isinstance(run, ProvenInference) else None
        cursor = self._store.settle(record, change, inference, attestations, also)
        return Settlement(blame, cursor, change)

    def _in_a_row(self, outcome: Outcome) -> int:
        if outcome.fault not in KEPT_WAITING:
            return 0
        question = outcome.asked.question
        return self._store.refusals_in_a_row(outcome.hotkey, question.circuit_id, question.kind, outcome.asked_at)

    def _change(self, outcome: Outcome, blame: Blame, miners: int, in_a_row: int) -> ScoreChange | None:
        if outcome.fault is not None and blame is not Blame.MINER:
            return None
        statement_id = outcome.asked.question.statement_id
        if outcome.fault is not None and statement_id and self._store.blamed(outcome.hotkey, statement_id):
            return None  # once per miner and statement, however often it is asked again
        previous = self._store.score(outcome.hotkey)
        if outcome.run is None:
            scored = score_failed(previous, failure_figures(outcome, in_a_row))
        else:
            scored = self._score(outcome, previous, miners)
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

    async def _registered_miners(self, *, needed: bool) -> int:
        """As many as are known; they are counted anew beside it: no proof waits, or is lost, for the network."""
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count_miners())
        if not needed:
            return self._miners or 1
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
            self._judge.registered(neurons)
            self._miners = max(1, sum(neuron.may_mine for neuron in neurons))


def log_change(change: ScoreChange) -> None:
    """Tell of a change of score."""
    fields: dict[str, Any] = change.model_dump(exclude={"at", "figures"}, exclude_none=True)
    _log.info("score_changed", **fields)


def _judged(outcome: Outcome) -> Outcome:
    """Who asks for the impossible gets a refusal, and learns nothing of the miner by it."""
    if outcome.fault is AnswerFault.REFUSED and outcome.refusal is not None and not outcome.asked.had_its_time:
        return replace(outcome, fault=AnswerFault.DECLINED)
    return outcome


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
