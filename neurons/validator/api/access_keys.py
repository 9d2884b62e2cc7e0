"""Who may call the API: keys, of which only a hash is kept, and hotkeys, each with its own limits."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daemon.token_bucket import Rate
from neurons.validator.api.tables import AccessKeyRow
from statements.errors import ConfigurationError

_PREFIX = "vsk"
_SECRET_BYTES = 32
_HOUR = 3600.0
_LONGEST_NAME = 100
_FORM = re.compile(rf"{_PREFIX}_([0-9a-f]{{16}})_([A-Za-z0-9_-]{{43}})")


class Limits(BaseModel):
    """How much a caller may do.

    Attributes:
        requests_per_second: of any kind, in the long run.
        request_burst: requests at once.
        queries_per_hour: new queries; all of them may come at once; 0: none, reading only.
    """

    model_config = ConfigDict(frozen=True)

    requests_per_second: float = 10.0
    request_burst: int = 20
    queries_per_hour: int = 600

    @property
    def request_rate(self) -> Rate:
        """Of requests."""
        return Rate(self.requests_per_second, self.request_burst)

    @property
    def query_rate(self) -> Rate:
        """Of new queries.

        Raises:
            ValueError: the caller may ask none.
        """
        if self.queries_per_hour < 1:
            raise ValueError("this caller may ask no queries")
        return Rate(self.queries_per_hour / _HOUR, self.queries_per_hour)


@dataclass(frozen=True)
class Caller:
    """Somebody who has shown who they are.

    Attributes:
        caller_id: ``key:`` and the key's id, or ``hotkey:`` and the ss58 address.
        limits: how much they may do.
    """

    caller_id: str
    limits: Limits


class AccessKey(BaseModel):
    """A key as it is listed: without its secret, which nobody keeps.

    Attributes:
        key_id: names the key; not secret.
        name: whose it is, for people.
        hotkey: ss58 hotkey whose signature opens, in place of a secret.
        limits: how much its holder may do.
        created_at: Unix time, seconds.
        revoked_at: Unix time, seconds; None while it opens.
    """

    model_config = ConfigDict(frozen=True)

    key_id: str
    name: str
    hotkey: str | None
    limits: Limits
    created_at: float
    revoked_at: float | None

    @property
    def caller(self) -> Caller:
        """Its holder."""
        return Caller(f"hotkey:{self.hotkey}" if self.hotkey else f"key:{self.key_id}", self.limits)


class AccessKeyStore:
    """The keys in the validator's database. Methods block: call them in a thread.

    Args:
        engine: of a migrated database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, name: str, limits: Limits, *, hotkey: str | None = None) -> tuple[AccessKey, str | None]:
        """Make a key.

        Args:
            name: whose it is.
            limits: how much its holder may do.
            hotkey: opens by its signature; None makes a secret.

        Returns:
            The key, and the secret to send with each request, of which only the hash is kept; None with a hotkey.

        Raises:
            ConfigurationError: the hotkey has a key already, or the name is none that can be stored and shown.
        """
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise ConfigurationError(
                f"name = {name[:_LONGEST_NAME]!r} is not 1 to {_LONGEST_NAME} printable characters",
                remedy="Give a shorter name, on one line",
            )
        key_id = secrets.token_hex(8)
        secret = None if hotkey is not None else secrets.token_urlsafe(_SECRET_BYTES)
        row = AccessKeyRow(
            key_id=key_id,
            name=name,
            secret_hash=None if secret is None else _hash(secret),
            hotkey=hotkey,
            created_at=time.time(),
            **limits.model_dump(),
        )
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                if hotkey is not None:
                    # a revoked key lets go of its hotkey; its name still tells whose it was
                    gone = update(AccessKeyRow).where(
                        AccessKeyRow.hotkey == hotkey, AccessKeyRow.revoked_at.is_not(None)
                    )
                    session.execute(gone.values(hotkey=None))
                session.add(row)
        except IntegrityError as error:
            raise ConfigurationError(
                f"hotkey {hotkey} has a key already", remedy="`veristake validator keys list` shows it"
            ) from error
        return _key(row), None if secret is None else f"{_PREFIX}_{key_id}_{secret}"

    def all(self) -> tuple[AccessKey, ...]:
        """Every key, oldest first, revoked ones too."""
        with Session(self._engine) as session:
            return tuple(_key(row) for row in session.scalars(select(AccessKeyRow).order_by(AccessKeyRow.created_at)))

    def revoke(self, key_id: str) -> AccessKey:
        """Close a key for ever; again changes nothing.

        Raises:
            ConfigurationError: there is no such key.
        """
        with Session(self._engine) as session, session.begin():
            changes = update(AccessKeyRow).where(AccessKeyRow.key_id == key_id, AccessKeyRow.revoked_at.is_(None))
            session.execute(changes.values(revoked_at=time.time()))
            row = session.get(AccessKeyRow, key_id)
            if row is None:
                raise ConfigurationError(
                    f"there is no key {key_id!r}", remedy="`veristake validator keys list` shows them"
                )
            return _key(row)

    def caller_with(self, presented: str) -> Caller | None:
        """Whose key this is; None for anything that opens nothing."""
        parts = _FORM.fullmatch(presented)
        if parts is None:
            return None
        with Session(self._engine) as session:
            row = session.get(AccessKeyRow, parts[1])
            if row is None or row.revoked_at is not None or row.secret_hash is None:
                return None
            # a secret of 256 random bits needs no slow hash: there is nothing to guess
            return _key(row).caller if hmac.compare_digest(row.secret_hash, _hash(parts[2])) else None

    def caller_of(self, hotkey: str) -> Caller | None:
        """The caller that signs with a hotkey; None where none is known, or it was revoked."""
        query = select(AccessKeyRow).where(AccessKeyRow.hotkey == hotkey, AccessKeyRow.revoked_at.is_(None))
        with Session(self._engine) as session:
            row = session.scalar(query)
            return None if row is None else _key(row).caller


def _key(row: AccessKeyRow) -> AccessKey:
    return AccessKey(
        key_id=row.key_id,
        name=row.name,
        hotkey=row.hotkey,
        limits=Limits(
            requests_per_second=row.requests_per_second,
            request_burst=row.request_burst,
            queries_per_hour=row.queries_per_hour,
        ),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def _hash(secret: str) -> str:
    return "0x" + hashlib.sha256(secret.encode()).hexdigest()
