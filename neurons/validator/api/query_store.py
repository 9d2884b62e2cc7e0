"""Queries in the validator's database: stored before anybody is asked, moved along the table of states only."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daemon.token_bucket import Rate, take
from neurons.validator.api.messages import AttemptView, QueryResult, QueryView
from neurons.validator.api.states import ENDED, FOLLOWS, OPEN, QueryState
from neurons.validator.api.tables import QueryRow, QuotaRow
from signed_http.refusal import Refusal
from statements.errors import VeristakeError
from statements.traveller import Traveller

_ATTEMPTS_AT_A_QUOTA = 100
_REMEMBERED = 64
FORGOTTEN_AT_ONCE = 100
"""Queries removed in one transaction, during which nothing else can be written: each holds a whole proof."""


class KeyReusedError(VeristakeError):
    """An idempotency key came with another body than before."""


class QuotaUsedUpError(VeristakeError):
    """A caller has asked as many queries as its quota allows.

    Args:
        wait: seconds until the next one is allowed.
    """

    def __init__(self, wait: float) -> None:
        super().__init__(f"the quota of queries is used up, the next is allowed in {wait:.0f} s")
        self.wait = wait


class IllegalMoveError(VeristakeError):
    """A query is not in a state from which it could go to the one asked for."""


class Failure(Traveller):
    """Why a query has no answer.

    Attributes:
        refusal: what is wrong and whose fault it is.
        attempts: every miner that was asked.
    """

    refusal: Refusal
    attempts: tuple[AttemptView, ...] = ()


@dataclass(frozen=True)
class NewQuery:
    """A query to be stored.

    Attributes:
        caller: who asks.
        idempotency_key: the caller's name for it, or None.
        request_hash: of what was asked, 0x-hex.
        circuit_id: sha256 of the verifying key.
        inputs: integers for the circuit.
        deadline_seconds: from now on.
    """

    caller: str
    idempotency_key: str | None
    request_hash: str
    circuit_id: str
    inputs: tuple[int, ...]
    deadline_seconds: float


class QueryStore:
    """The queries. Methods block: call them in a thread.

    Args:
        engine: of a migrated database.
        clock: Unix time, seconds.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, query: NewQuery, quota: Rate) -> tuple[QueryView, bool]:
        """Store a query and charge the caller's quota, both or neither.

        Args:
            query: what to store.
            quota: of the caller.

        Returns:
            The query, and whether it is new: the same key with the same request gives the one stored before.

        Raises:
            KeyReusedError: the key was used with another request.
            QuotaUsedUpError: the quota is used up; nothing is stored.
        """
        for _ in range(_ATTEMPTS_AT_A_QUOTA):
            known = self.known(query)
            if known is not None:
                return known, False
            try:
                with Session(self._engine, expire_on_commit=False) as session, session.begin():
                    row = self._row(query)
                    session.add(row)
                    session.flush()
                    self._charge(session, query.caller, quota)
                return _view(row), True
            except IntegrityError:
                # another request stored the same key, or charged the same quota, at the same time
                continue
        raise QuotaUsedUpError(1.0)

    def known(self, query: NewQuery) -> QueryView | None:
        """What was stored under the same key before; None for a new query.

        Raises:
            KeyReusedError: the key was used with another request.
        """
        if query.idempotency_key is None:
            return None
        same = select(QueryRow).where(
            QueryRow.caller == query.caller, QueryRow.idempotency_key == query.idempotency_key
        )
        with Session(self._engine) as session:
            row = session.scalar(same)
            if row is None:
                return None
            if row.request_hash != query.request_hash:
                raise KeyReusedError(
                    f"idempotency key {query.idempotency_key!r} was used for another request",
                    remedy="Use a new key for a new request",
                )
            return _view(row)

    def _row(self, query: NewQuery) -> QueryRow:
        now = self._clock()
        return QueryRow(
            query_id=str(uuid.uuid4()),
            caller=query.caller,
            idempotency_key=query.idempotency_key,
            request_hash=query.request_hash,
            circuit_id=query.circuit_id,
            inputs=json.dumps(query.inputs),
            received_at=now,
            deadline_at=now + query.deadline_seconds,
            state=QueryState.RECEIVED,
            state_since=now,
            times_asked=0,
        )

    def _charge(self, session: Session, caller: str, quota: Rate) -> None:
        before = session.scalar(select(QuotaRow.full_at).where(QuotaRow.caller == caller))
        decision = take(before or 0.0, self._clock(), quota)
        if not decision.admitted:
            raise QuotaUsedUpError(decision.wait)
        if before is None:
            session.add(QuotaRow(caller=caller, full_at=decision.full_at))
            session.flush()
            return
        same = update(QuotaRow).where(QuotaRow.caller == caller, QuotaRow.full_at == before)
        if _changed(session, same.values(full_at=decision.full_at)) != 1:
            raise IntegrityError("the quota changed meanwhile", None, ValueError())

    def get(self, query_id: str, caller: str) -> QueryView | None:
        """A caller's own query; None where it has none of this id."""
        with Session(self._engine) as session:
            row = session.get(QueryRow, query_id)
            return None if row is None or row.caller != caller else _view(row)

    def open_queries(self) -> tuple[tuple[str, QueryView], ...]:
        """Queries that have not ended, oldest first, each with its caller."""
        query = select(QueryRow).where(QueryRow.state.in_(OPEN)).order_by(QueryRow.received_at)
        with Session(self._engine) as session:
            return tuple((row.caller, _view(row)) for row in session.scalars(query))

    def asked(self, query_id: str) -> QueryView:
        """Note that miners are asked from now on.

        Raises:
            IllegalMoveError: it has ended.
        """
        return self._move(query_id, QueryState.ASKED, times_asked=QueryRow.times_asked + 1)

    def answered(self, session: Session, query_id: str, result: QueryResult) -> QueryView:
        """Write the verified answer, in a transaction of the caller's.

        Raises:
            IllegalMoveError: it has ended, or nobody was asked.
        """
        return self._move_in(session, query_id, QueryState.ANSWERED, result=result.to_json())

    def failed(self, query_id: str, failure: Failure) -> QueryView:
        """Store why there is no answer.

        Raises:
            IllegalMoveError: it has ended, or nobody was asked.
        """
        return self._move(query_id, QueryState.FAILED, failure=failure.to_json())

    def expired(self, query_id: str, failure: Failure) -> QueryView:
        """Note that the deadline has passed.

        Raises:
            IllegalMoveError: it has ended.
        """
        return self._move(query_id, QueryState.EXPIRED, failure=failure.to_json())

    def _move(self, query_id: str, state: QueryState, **changes: object) -> QueryView:
        with Session(self._engine) as session, session.begin():
            return self._move_in(session, query_id, state, **changes)

    def _move_in(self, session: Session, query_id: str, state: QueryState, **changes: object) -> QueryView:
        before = [present for present, following in FOLLOWS.items() if state in following]
        move = update(QueryRow).where(QueryRow.query_id == query_id, QueryRow.state.in_(before))
        if _changed(session, move.values(state=state, state_since=self._clock(), **changes)) != 1:
            raise IllegalMoveError(f"query {query_id} cannot become {state}")
        return _view(session.get_one(QueryRow, query_id))

    def seconds_of(self, circuit_id: str) -> tuple[float, ...]:
        """From receipt to answer of a circuit's latest answers, seconds."""
        latest = (
            select(QueryRow.state_since - QueryRow.received_at)
            .where(QueryRow.circuit_id == circuit_id, QueryRow.state == QueryState.ANSWERED, QueryRow.times_asked == 1)
            .order_by(QueryRow.state_since.desc())
            .limit(_REMEMBERED)
        )
        with Session(self._engine) as session:
            return tuple(session.scalars(latest))

    def counts(self) -> dict[QueryState, int]:
        """Stored queries by state."""
        query = select(QueryRow.state, func.count()).group_by(QueryRow.state)
        with Session(self._engine) as session:
            return {QueryState(state): number for state, number in session.execute(query)}

    def forget(self, older_than_seconds: float, most: int = FORGOTTEN_AT_ONCE) -> int:
        """Remove queries that ended longer ago, ``most`` of them at once; returns how many."""
        ended = select(QueryRow.query_id).where(
            QueryRow.state.in_(ENDED), QueryRow.state_since < self._clock() - older_than_seconds
        )
        with Session(self._engine) as session:
            ids = session.scalars(ended.limit(most)).all()
        if not ids:
            return 0
        with Session(self._engine) as session, session.begin():
            return _changed(session, delete(QueryRow).where(QueryRow.query_id.in_(ids)))


def _changed(session: Session, statement: object) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload] # any DML
    assert isinstance(result, CursorResult)  # noqa: S101 - what DML gives
    return int(result.rowcount)


def _view(row: QueryRow) -> QueryView:
    failure = None if row.failure is None else Failure.model_validate_json(row.failure)
    inputs: Sequence[int] = json.loads(row.inputs)
    return QueryView(
        query_id=row.query_id,
        state=QueryState(row.state),
        circuit_id=row.circuit_id,
        inputs=tuple(inputs),
        received_at=row.received_at,
        deadline_at=row.deadline_at,
        state_since=row.state_since,
        times_asked=row.times_asked,
        result=None if row.result is None else QueryResult.model_validate_json(row.result),
        failure=None if failure is None else failure.refusal,
        attempts=() if failure is None else failure.attempts,
    )
