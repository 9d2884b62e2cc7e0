"""Putting the HTTP service together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine

from relayer.acceptance import Acceptor
from relayer.app import HealthySource, HealthyWriter, create_app
from relayer.balances import BalanceWatch
from relayer.metrics import Metrics
from relayer.outbox.operator_store import OperatorStore
from relayer.outbox.views import Views
from relayer.settings import RelayerSettings
from relayer.submissions import Submissions
from relayer.verbs import VerbParts, verbs
from statements.errors import ConfigurationError

SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Watched:
    """What the service tells of.

    Attributes:
        writers: of the chains.
        sources: readers.
        balances: of the signers.
    """

    writers: Sequence[HealthyWriter]
    sources: Sequence[HealthySource]
    balances: Sequence[BalanceWatch]


def build_app(settings: RelayerSettings, engine: Engine, acceptor: Acceptor, watched: Watched) -> FastAPI:
    """The ASGI application.

    Raises:
        ConfigurationError: the token's file cannot be read, or the token is too short.
    """
    names = {chain.chain_id: chain.name for chain in settings.chains}
    operator = OperatorStore(engine)
    metrics = Metrics(engine, names, watched.writers, watched.sources, watched.balances, operator)
    parts = VerbParts(
        token=None if settings.api_token_file is None else read_token(settings.api_token_file),
        operator=operator,
        submissions=Submissions(engine, acceptor),
        chain_ids={name: chain_id for chain_id, name in names.items()},
    )
    return create_app(Views(engine, names), watched.writers, watched.sources, metrics=metrics.text, verbs=verbs(parts))


def read_token(path: Path) -> str:
    """The token in a file.

    Raises:
        ConfigurationError: it cannot be read, or is too short to be one.
    """
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"api_token_file {path} cannot be read", remedy="Correct the path") from error
    if len(token) < SHORTEST_TOKEN:
        raise ConfigurationError(
            f"the token in {path} has less than {SHORTEST_TOKEN} characters",
            remedy="Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    return token
