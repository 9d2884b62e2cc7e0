"""Settings of the external API."""

from __future__ import annotations

from pydantic import Field

from neurons.settings import ListenSettings

_DEFAULT_PORT = 8094


class ApiSettings(ListenSettings):
    """The external API, on a listener of its own; there is none without this table.

    Attributes:
        port: port to bind; 0 takes a free one.
        synchronous_seconds: how long POST /v1/queries waits for the answer before it says 202.
        open_queries: queries that may be under way, for one caller as many as there are places left; else refused.
        keep_days: how long an ended query can still be read.
    """

    port: int = Field(default=_DEFAULT_PORT, ge=0, le=65535)
    synchronous_seconds: float = Field(default=120.0, ge=0, le=3600)
    open_queries: int = Field(default=64, ge=1, le=10_000)
    keep_days: float = Field(default=7.0, gt=0)
