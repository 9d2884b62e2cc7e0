"""The body of every answer that is not the answer asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Fault(StrEnum):
    """Who has to change something for the same request to succeed."""

    CALLER = "caller"
    """The one who asked."""
    RESPONDER = "responder"
    """The one who was asked."""
    NOBODY = "nobody"
    """Neither: it succeeds later, or the chain does not hold what was asked for."""


class Refusal(BaseModel):
    """Why a request was not answered.

    Attributes:
        code: stable, searchable name of the reason.
        message: one sentence for a person.
        fault: who has to change something.
        retry_after_seconds: when asking again makes sense, seconds; None when it does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    code: str = Field(pattern="^[a-z][a-z0-9_]*$")
    message: str
    fault: Fault
    retry_after_seconds: float | None = Field(default=None, ge=0)
