"""Queries of applications, from acceptance to their end, whatever happens to the process in between."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from neurons.validator.api.access_keys import Caller
from neurons.validator.api.calldata import calldata_for
from neurons.validator.api.circuit_views import can_be_queried
from neurons.validator.api.fairness import Turns, may_open
from neurons.validator.api.messages import AttemptView, QueryRequest, QueryResult, QueryView
from neurons.validator.api.quantise import WrongInputError, circuit_inputs
from neurons.validator.api.query_store import (
    Failure,
    IllegalMoveError,
    KeyReusedError,
    NewQuery,
    QueryStore,
    QuotaUsedUpError,
)
from neurons.validator.api.refusals import ApiCode, ApiRefusedError
from neurons.validator.api.runner import Runner
from neurons.validator.api.states import OPEN, QueryState
from neurons.validator.queries import QueryAnswer, QueryAttempt, QueryFailedError
from neurons.validator.scorekeeper import StateUnavailableError
from neurons.validator.store import AlreadySettledError
from statements.errors import VeristakeError
from verifier_gen.circuit import Circuit

_log = structlog.get_logger(__name__)

_CODE_BY_FAULT = {
    "caller": ApiCode.WRONG_QUERY,
    "miners": ApiCode.UNPROVEN,
    "validator": ApiCode.INTERNAL_ERROR,
    "network": ApiCode.NO_MINER,
    "nobody": ApiCode.NO_MINER,
}
"""What a failure of the runner is called here; each code has its fault."""
_GRACE_SECONDS = 1.0
"""How long past the deadline the runner may take to say so itself, with what the miners did."""
_FORGETTING_PAUSE_SECONDS = 0.05
"""Between two removals of old queries, so that others can write."""


@dataclass(frozen=True)
class QueryTerms:
    """Limits of the service.

    Attributes:
        open_at_once: queries that may be under way; one caller may have as many as there are places left. Beyond, new
            ones are refused at once.
        waits_of_a_caller: requests that may wait for an end at the same time; beyond, the answer is how things stand.
        keep_seconds: how long an ended query can still be read.
    """

    open_at_once: int = 64
    waits_of_a_caller: int = 32
    keep_seconds: float = 7 * 86_400.0


class Queries:
    """Accepts, runs, resumes and remembers queries.

    Args:
        runner: asks miners and verifies.
        store: the validator's database.
        validator: ss58 hotkey that asks.
        terms: limits.
        clock: Unix time, seconds; the same as the store's.
        ended: told of each query that ends, with its state and the seconds since it was received.
        turns: whose query is asked next; by default all at once.
    """

    def __init__(
        self,
        runner: Runner,
        store: QueryStore,
        validator: str,
        terms: QueryTerms | None = None,
        clock: Callable[[], float] = time.time,
        ended: Callable[[QueryState, float], None] = lambda _state, _seconds: None,
        turns: Turns | None = None,
    ) -> None:
        self._runner = runner
        self._store = store
        self._validator = validator
        self._terms = terms or QueryTerms()
        self._clock = clock
        self._ended = ended
        self._turns = turns or Turns(lambda _: sys.maxsize)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._callers: Counter[str] = Counter()
        self._waits: Counter[str] = Counter()
        self._stopping = False

    @property
    def waits(self) -> int:
        """Requests that wait for the end of a query."""
        return self._waits.total()

    def circuits(self) -> tuple[Circuit, ...]:
        """Circuits that can be asked for."""
        return tuple(circuit for circuit in self._runner.circuits() if can_be_queried(circuit))

    def circuit(self, circuit_id: str) -> Circuit:
        """A circuit that can be asked for.

        Raises:
            ApiRefusedError: there is none of this id.
        """
        for circuit in self.circuits():
            if circuit.manifest.circuit_id == circuit_id:
                return circuit
        raise ApiRefusedError(
            ApiCode.UNKNOWN_CIRCUIT, f"circuit_id = {circuit_id} is not offered", remedy="GET /v1/circuits lists them"
        )

    async def accept(self, caller: Caller, request: QueryRequest, key: str | None) -> tuple[QueryView, bool]:
        """Store a query and begin with it.

        Args:
            caller: who asks.
            request: what is asked.
            key: the caller's idempotency key.

        Returns:
            The query, and whether it is new.

        Raises:
            ApiRefusedError: it is malformed, or more than the caller may ask.
        """
        layout = self.circuit(request.circuit_id).manifest.layout
        try:
            inputs = circuit_inputs(layout, request.inputs, request.values)
        except WrongInputError as error:
            raise ApiRefusedError(ApiCode.MALFORMED_REQUEST, error.message, remedy=error.remedy) from error
        query = NewQuery(
            caller=caller.caller_id,
            idempotency_key=key,
            request_hash=_request_hash(request.circuit_id, inputs, request.deadline_seconds),
            circuit_id=request.circuit_id,
            inputs=inputs,
            deadline_seconds=request.deadline_seconds,
        )
        return await self._stored(caller, query)

    async def _stored(self, caller: Caller, query: NewQuery) -> tuple[QueryView, bool]:
        # the place is counted before the first await, so that no burst slips past the limit
        may = may_open(self._callers[caller.caller_id], self._callers.total(), self._terms.open_at_once)
        self._callers[caller.caller_id] += 1
        try:
            known = None if may else await asyncio.to_thread(self._store.known, query)
            if known is not None:
                view, new = known, False
            elif may:
                view, new = await asyncio.to_thread(self._store.add, query, caller.limits.query_rate)
            else:
                raise self._busy(caller)
            if not has_ended(view):
                # one that is known may not have been begun yet: the request that stored it is about to
                self._begin(view, caller.caller_id)
            return view, new
        except KeyReusedError as error:
            raise ApiRefusedError(ApiCode.IDEMPOTENCY_KEY_REUSED, error.message, remedy=error.remedy) from error
        except QuotaUsedUpError as error:
            raise ApiRefusedError(
                ApiCode.RATE_LIMITED, error.message, remedy="Wait, or ask the operator for more", retry_after=error.wait
            ) from error
        finally:
            self._free(caller.caller_id)

    def _free(self, caller_id: str) -> None:
        self._callers[caller_id] -= 1
        self._callers += Counter()  # forgets those that have none

    def _busy(self, caller: Caller) -> ApiRefusedError:
        return ApiRefusedError(
            ApiCode.BUSY,
            f"{len(self._under_way)} queries are under way, the validator takes no more of {caller.caller_id}",
            remedy="Ask again later",
            retry_after=5.0,
        )

    async def wait(self, query_id: str, caller: Caller, seconds: float) -> QueryView:
        """A caller's query once it has ended, or as it is after ``seconds``.

        Raises:
            ApiRefusedError: the caller has no such query.
        """
        task = self._under_way.get(query_id)
        if task is not None and seconds > 0 and self._waits[caller.caller_id] < self._terms.waits_of_a_caller:
            self._waits[caller.caller_id] += 1
            try:
                await asyncio.wait([task], timeout=seconds)
            finally:
                self._waits[caller.caller_id] -= 1
                self._waits += Counter()
        view = await asyncio.to_thread(self._store.get, query_id, caller.caller_id)
        if view is None:
            raise ApiRefusedError(ApiCode.UNKNOWN_QUERY, f"you have no query {query_id!r}")
        return view

    async def resume(self) -> int:
        """Take up open queries that nobody works on; returns how many.

        A stop of the process leaves such, and an end that could not be stored.
        """
        stored = await asyncio.to_thread(self._store.open_queries)
        left = [(caller_id, view) for caller_id, view in stored if view.query_id not in self._under_way]
        for caller_id, view in left:
            _log.info("query_resumed", query_id=view.query_id, state=view.state, times_asked=view.times_asked)
            self._begin(view, caller_id)
        return len(left)

    async def tidy(self) -> int:
        """Forget queries that ended long ago, a few at a time; returns how many."""
        forgotten = 0
        while number := await asyncio.to_thread(self._store.forget, self._terms.keep_seconds):
            forgotten += number
            await asyncio.sleep(_FORGETTING_PAUSE_SECONDS)
        return forgotten

    async def stop(self) -> None:
        """Leave what is under way for the next start."""
        self._stopping = True
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, view: QueryView, caller_id: str) -> None:
        if self._stopping or view.query_id in self._under_way:
            return
        task = asyncio.create_task(self._run_logged(view, caller_id))
        self._under_way[view.query_id] = task
        self._callers[caller_id] += 1

        def end(_: object) -> None:
            del self._under_way[view.query_id]
            self._free(caller_id)

        task.add_done_callback(end)

    async def _run_logged(self, view: QueryView, caller_id: str) -> None:
        try:
            await self._run_in_turn(view, caller_id)
        except IllegalMoveError as error:
            _log.warning("query_ended_elsewhere", query_id=view.query_id, reason=error.message)
        except Exception:
            # the state could not be written: the query stays open and is taken up later
            _log.exception("query_left_open", query_id=view.query_id)

    async def _run_in_turn(self, view: QueryView, caller_id: str) -> None:
        try:
            async with asyncio.timeout(max(0.0, view.deadline_at - self._clock())) as deadline:
                async with self._turns.turn(view.circuit_id, caller_id):
                    deadline.reschedule(None)  # from here on the runner keeps it
                    await self._run(view)
        except TimeoutError:
            await self._expire(view, ())

    async def _run(self, view: QueryView) -> None:
        if self._clock() >= view.deadline_at:
            await self._expire(view, ())
            return
        await asyncio.to_thread(self._store.asked, view.query_id)
        remaining = max(0.001, view.deadline_at - self._clock())
        kept: list[QueryView] = []
        try:
            async with asyncio.timeout(remaining + _GRACE_SECONDS):
                answer = await self._runner.run(
                    view.circuit_id, view.inputs, remaining, partial(self._keep, view, kept)
                )
        except (AlreadySettledError, StateUnavailableError, SQLAlchemyError):
            # a database that fails is no verdict on the query: it stays open
            raise
        except TimeoutError:
            await self._expire(view, ())
        except QueryFailedError as error:
            if self._clock() >= view.deadline_at:
                await self._expire(view, _attempts(error.attempts))
            else:
                await self._fail(view, _CODE_BY_FAULT[error.fault], str(error), error.attempts)
        except Exception as error:
            # a defect or the validator's own trouble; the caller is told whose fault it is, the log has the trace
            _log.exception("query_broke", query_id=view.query_id)
            reason = str(error) if isinstance(error, VeristakeError) else "the validator failed"
            await self._fail(view, ApiCode.INTERNAL_ERROR, reason, ())
        else:
            if kept:
                self._answered(kept[-1], answer)

    def _keep(self, view: QueryView, kept: list[QueryView], session: Session, answer: QueryAnswer) -> None:
        result = self._result(view, answer)
        try:
            kept.append(self._store.answered(session, view.query_id, result))
        except IllegalMoveError as error:
            # too late for the customer; what the miner has proven still counts
            _log.warning("query_ended_elsewhere", query_id=view.query_id, reason=error.message)

    def _answered(self, view: QueryView, answer: QueryAnswer) -> None:
        self._told(view)
        _log.info("query_answered", query_id=view.query_id, miner=answer.miner, seconds=round(answer.seconds, 3))

    def _result(self, view: QueryView, answer: QueryAnswer) -> QueryResult:
        """The answer as it is stored: every value in it comes from the verified instances or was measured here."""
        run, manifest = answer.run, self.circuit(view.circuit_id).manifest
        instances = run.instances
        if (run.circuit_id, instances.inputs, instances.tag) != (view.circuit_id, view.inputs, answer.tag):
            raise RuntimeError("the runner gave a proof of something else")
        one = 1 << manifest.layout.output_scale_bits
        return QueryResult(
            circuit_id=run.circuit_id,
            inputs=instances.inputs,
            outputs=instances.outputs,
            output_values=tuple(output / one for output in instances.outputs),
            instances=instances.elements,
            proof=run.proof,
            calldata=calldata_for(manifest, run),
            nonce="0x" + answer.nonce.hex(),
            tag=answer.tag,
            validator=self._validator,
            miner=answer.miner,
            seconds=answer.seconds,
            prove_seconds=run.prove_seconds,
            attempts=_attempts(answer.attempts),
        )

    def _told(self, view: QueryView) -> None:
        self._ended(view.state, max(0.0, view.state_since - view.received_at))

    async def _expire(self, view: QueryView, attempts: tuple[AttemptView, ...]) -> None:
        seconds = view.deadline_at - view.received_at
        refusal = ApiRefusedError(ApiCode.EXPIRED, f"no verified answer within {seconds:g} s").refusal()
        failure = Failure(refusal=refusal, attempts=attempts)
        self._told(await asyncio.to_thread(self._store.expired, view.query_id, failure))
        _log.warning("query_expired", query_id=view.query_id)

    async def _fail(self, view: QueryView, code: ApiCode, reason: str, attempts: Sequence[QueryAttempt]) -> None:
        refusal = ApiRefusedError(code, reason).refusal()
        failure = Failure(refusal=refusal, attempts=_attempts(attempts))
        self._told(await asyncio.to_thread(self._store.failed, view.query_id, failure))
        _log.warning("query_failed", query_id=view.query_id, code=code, fault=refusal.fault, reason=reason)


def has_ended(view: QueryView) -> bool:
    """Whether nothing more happens to a query."""
    return view.state not in OPEN


def _attempts(attempts: Sequence[QueryAttempt]) -> tuple[AttemptView, ...]:
    return tuple(AttemptView(miner=each.miner, fault=each.fault, seconds=each.seconds) for each in attempts)


def _request_hash(circuit_id: str, inputs: tuple[int, ...], deadline_seconds: float) -> str:
    content = json.dumps([circuit_id, inputs, deadline_seconds], separators=(",", ":"))
    return "0x" + hashlib.sha256(content.encode()).hexdigest()
