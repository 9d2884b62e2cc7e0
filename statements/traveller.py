"""Base of everything that travels: immutable, strict about unknown fields, versioned in JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Traveller(BaseModel):
    """An immutable message or record with a versioned JSON form.

    A reader refuses a version it does not know and a field it does not know: a silent default could
    change what a proof is taken to say.
    """

    # JSON has no infinity, though parsers take it: what holds one could be written but never read again
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    version: Literal[1] = 1

    def to_json(self) -> str:
        """The canonical JSON form: fields in order of definition, no spaces."""
        return self.model_dump_json()
