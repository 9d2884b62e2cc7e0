"""What a validator remembers: published statements, scores, and the reason of every change of a score."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    Float,
    Integer,
    Select,
    and_,
    cast,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from neurons.validator.migrate import migrate
from neurons.validator.records import MinerScore, OutcomeRecord, ResponseTimes, ScoreChange
from neurons.validator.tables import OutcomeRow, PublicationRow, ScoreChangeRow, ScoreRow
from statements.attestation import SignedAttestation
from statements.errors import ConfigurationError, VeristakeError
from statements.proven_inference import ProvenInference
from statements.publication import Publication, PublicationPage

VERIFIED = "verified"
"""Reason of a change after a verified answer; the other reasons are those of AnswerFault."""
REMEMBERED_SUCCESSES = 256
"""As many successes of a circuit enter the scoring formula."""
_KEPT_WAITING = ("refused", "abandoned")
"""Faults that cost nothing by themselves, and something in a row."""
_NOT_COUNTED = ("validator", "network")
"""Blames of refusals that have nothing to do with the miner."""
_ATTESTATIONS = TypeAdapter(tuple[SignedAttestation, ...])
Also = Callable[[Session], object]
"""Something written beside, in the same transaction."""


class AlreadyPublishedError(VeristakeError):
    """The statement has been published before."""


class AlreadySettledError(VeristakeError):
    """The request has an outcome already."""


class UnreadablePublicationError(VeristakeError):
    """A statement could be stored but not read again, and would end the feed for every reader."""


class ValidatorStore:
    """The validator's database. Methods block: call them in a thread. One process writes.

    Args:
        engine: of a migrated database.
        validator: ss58 hotkey under which statements are published.
    """

    def __init__(self, engine: Engine, validator: str) -> None:
        self._engine = engine
        self._validator = validator

    @property
    def engine(self) -> Engine:
        """The database, for those who keep tables of their own in it."""
        return self._engine

    def settle(
        self,
        outcome: OutcomeRecord | None,
        change: ScoreChange | None,
        inference: ProvenInference | None = None,
        attestations: tuple[SignedAttestation, ...] = (),
        also: Also | None = None,
    ) -> int | None:
        """Record what came of a request, the change of score and the publication that it earned: all or nothing.

        Args:
            outcome: what came of it.
            change: None where no score changes.
            inference: None where nothing is published.
            attestations: of the published inputs.
            also: what else is written in this transaction, such as the answer to a customer.

        Returns:
            The cursor of the publication.

        Raises:
            AlreadyPublishedError: the statement has a cursor already.
            AlreadySettledError: the request has an outcome already.
            UnreadablePublicationError: the stored form does not say what the inference says.
        """
        try:
            with Session(self._engine) as session, session.begin():
                cursor = None if inference is None else _publish(session, inference, attestations)
                if outcome is not None:
                    session.add(OutcomeRow(**outcome.model_dump()))
                if change is not None:
                    _apply(session, change)
                if also is not None:
                    also(session)
                return cursor
        except IntegrityError as error:
            nonce = outcome.nonce if outcome is not None else None
            raise AlreadySettledError(f"request {nonce} has an outcome already") from error

    def blamed(self, hotkey: str, statement_id: str) -> bool:
        """Whether a miner's score has fallen for a statement already."""
        query = select(ScoreChangeRow.number).where(
            ScoreChangeRow.hotkey == hotkey,
            ScoreChangeRow.statement_id == statement_id,
            ScoreChangeRow.reason != VERIFIED,
        )
        with Session(self._engine) as session:
            return session.scalar(query.limit(1)) is not None

    def refusals_in_a_row(self, hotkey: str, circuit_id: str, kind: str, at: float) -> int:
        """Minutes in which a miner refused, or was given up late, since its latest verified proof of the same kind.

        Of the same circuit and kind only, so that answering one kind does not pay for refusing the other. A minute
        counts once, however often the miner is asked in it. What was blamed on the validator or on a node is not
        counted.

        Args:
            hotkey: the miner.
            circuit_id: circuit that was asked for.
            kind: of the request.
            at: when the refused request was asked, Unix seconds; its minute is counted.

        Returns:
            How many, that of ``at`` included; 0 when that one was counted before.
        """
        same = and_(OutcomeRow.hotkey == hotkey, OutcomeRow.circuit_id == circuit_id, OutcomeRow.kind == kind)
        verified = select(OutcomeRow.number).where(same, OutcomeRow.fault.is_(None))
        newest_first = OutcomeRow.fault.desc(), OutcomeRow.number.desc()  # all NULL, but so PostgreSQL sorts nothing
        latest = verified.order_by(*newest_first).limit(1).scalar_subquery()
        counted = and_(OutcomeRow.fault.in_(_KEPT_WAITING), OutcomeRow.blame.not_in(_NOT_COUNTED))
        row = and_(same, counted, OutcomeRow.number > func.coalesce(latest, 0))
        minute = cast(OutcomeRow.asked_at / 60, Integer)
        this_minute = cast(literal(at, Float) / 60, Integer)
        with Session(self._engine) as session:
            if session.scalar(select(OutcomeRow.number).where(row, minute == this_minute).limit(1)) is not None:
                return 0
            return (session.scalar(select(func.count(minute.distinct())).where(row)) or 0) + 1

    def outcomes(self, hotkey: str, limit: int = 20) -> tuple[OutcomeRecord, ...]:
        """The newest outcomes of requests to a miner, newest first."""
        query = select(OutcomeRow).where(OutcomeRow.hotkey == hotkey).order_by(OutcomeRow.number.desc()).limit(limit)
        with Session(self._engine) as session:
            return tuple(OutcomeRecord.model_validate(row) for row in session.scalars(query))

    def measured_seconds(self, limit: int = 4096) -> list[tuple[str, str, float]]:
        """Circuit, miner and seconds of the latest verified answers, oldest first."""
        query = (
            select(OutcomeRow.circuit_id, OutcomeRow.hotkey, OutcomeRow.seconds)
            .where(OutcomeRow.fault.is_(None))
            .order_by(OutcomeRow.number.desc())
            .limit(limit)
        )
        with Session(self._engine) as session:
            return [(circuit_id, hotkey, seconds) for circuit_id, hotkey, seconds in session.execute(query)][::-1]

    def is_published(self, statement_id: str) -> bool:
        """Whether a statement has a cursor."""
        query = select(PublicationRow.cursor).where(PublicationRow.statement_id == statement_id)
        with Session(self._engine) as session:
            return session.scalar(query) is not None

    def page(self, after: int, limit: int) -> PublicationPage:
        """Publications with a cursor above ``after``, oldest first, at most ``limit``."""
        query = select(PublicationRow).where(PublicationRow.cursor > after).order_by(PublicationRow.cursor).limit(limit)
        with Session(self._engine) as session:
            items = tuple(self._publication(row) for row in session.scalars(query))
        return PublicationPage(items=items, next_cursor=items[-1].cursor if items else after)

    def score(self, hotkey: str) -> float:
        """A miner's present score, 0 before its first answer."""
        with Session(self._engine) as session:
            row = session.get(ScoreRow, hotkey)
            return row.score if row is not None else 0.0

    def score_by_hotkey(self) -> dict[str, float]:
        """All present scores."""
        with Session(self._engine) as session:
            return {hotkey: score for hotkey, score in session.execute(select(ScoreRow.hotkey, ScoreRow.score))}

    def scores(self) -> tuple[MinerScore, ...]:
        """All scores, best first, each with its newest change."""
        query = select(ScoreRow).order_by(ScoreRow.score.desc(), ScoreRow.hotkey)
        with Session(self._engine) as session:
            return tuple(
                MinerScore(
                    hotkey=row.hotkey,
                    score=row.score,
                    updated_at=row.updated_at,
                    last_change=_changes_of(session, row.hotkey, 1)[0],
                )
                for row in session.scalars(query)
            )

    def changes(self, hotkey: str, limit: int = 100) -> tuple[ScoreChange, ...]:
        """The newest changes of a miner's score, newest first."""
        with Session(self._engine) as session:
            return _changes_of(session, hotkey, limit)

    def response_times(self, circuit_id: str | None = None) -> ResponseTimes:
        """Samples for the scoring formula, of the latest 256 successes.

        Args:
            circuit_id: of this circuit only, and of changes that do not say of which; None for all.
        """
        if circuit_id is None:
            queries = [_successes().order_by(ScoreChangeRow.number.desc())]
        else:
            # not one query with OR, and by a constant first: only so does each follow the index from its newest row on
            newest_first = ScoreChangeRow.circuit_id.desc(), ScoreChangeRow.number.desc()
            each_of = ScoreChangeRow.circuit_id == circuit_id, ScoreChangeRow.circuit_id.is_(None)
            queries = [_successes().where(condition).order_by(*newest_first) for condition in each_of]
        with Session(self._engine) as session:
            rows = [(row.number, row.hotkey, row.seconds) for query in queries for row in session.execute(query)]
        newest = sorted(rows, reverse=True)[:REMEMBERED_SUCCESSES]
        timed = [(hotkey, seconds) for _, hotkey, seconds in newest]
        return ResponseTimes(
            latest=dict(reversed(timed)),
            successes=tuple(seconds for _, seconds in timed),
            delivered=dict(Counter(hotkey for hotkey, _ in timed)),
        )

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _publication(self, row: PublicationRow) -> Publication:
        return Publication(
            cursor=row.cursor,
            published_at=row.published_at,
            inference=ProvenInference.model_validate_json(row.inference),
            attestations=_ATTESTATIONS.validate_json(row.attestations),
            validator=self._validator,
        )


def open_store(state_url: str, validator: str) -> ValidatorStore:
    """Connect, bring the tables up to date, and return the store.

    Args:
        state_url: SQLAlchemy URL; SQLite's is switched to write-ahead logging.
        validator: ss58 hotkey of the validator.

    Raises:
        ConfigurationError: the URL is malformed or the database cannot be opened.
    """
    try:
        url = make_url(state_url)
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url)
        if url.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
        migrate(engine)
    except (ArgumentError, SQLAlchemyError, ImportError, OSError) as error:
        # the URL may hold a password, so neither it nor the driver's message with it is repeated
        raise ConfigurationError(
            f"the database of state_url cannot be opened: {type(error).__name__}",
            remedy="Check state_url, for example sqlite:///build/validator.sqlite, and that it can be written.",
        ) from error
    return ValidatorStore(engine, validator)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # WAL lets readers read while the loop writes; FULL makes a commit survive a power cut
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _publish(session: Session, inference: ProvenInference, attestations: tuple[SignedAttestation, ...]) -> int:
    row = PublicationRow(
        statement_id=inference.statement_id,
        published_at=time.time(),
        inference=_readable(inference),
        attestations=_ATTESTATIONS.dump_json(attestations).decode(),
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise AlreadyPublishedError(f"statement {inference.statement_id} is published already") from error
    return row.cursor


def _readable(inference: ProvenInference) -> str:
    """The stored form, read once before it is committed: rows are never removed."""
    stored = inference.to_json()
    try:
        again = ProvenInference.model_validate_json(stored)
    except ValidationError as error:
        raise UnreadablePublicationError(f"statement {inference.statement_id} cannot be read again") from error
    if again != inference:
        raise UnreadablePublicationError(f"statement {inference.statement_id} is stored as another one")
    return stored


def _apply(session: Session, change: ScoreChange) -> None:
    session.add(ScoreChangeRow(**change.row()))
    session.merge(ScoreRow(hotkey=change.hotkey, score=change.score, updated_at=change.at))


def _successes() -> Select[int, str, float | None]:
    """Number, hotkey and seconds of as many successes as are remembered."""
    return (
        select(ScoreChangeRow.number, ScoreChangeRow.hotkey, ScoreChangeRow.seconds)
        .where(ScoreChangeRow.reason == VERIFIED, ScoreChangeRow.seconds.is_not(None))
        .limit(REMEMBERED_SUCCESSES)
    )


def _changes_of(session: Session, hotkey: str, limit: int) -> tuple[ScoreChange, ...]:
    query = (
        select(ScoreChangeRow)
        .where(ScoreChangeRow.hotkey == hotkey)
        .order_by(ScoreChangeRow.number.desc())
        .limit(limit)
    )
    return tuple(ScoreChange.model_validate(row) for row in session.scalars(query))
