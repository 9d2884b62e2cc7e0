"""Base of what strangers send: it is refused at its first defect, so that finding all of them costs nobody's time."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import model_validator

from statements.traveller import Traveller

_MOST_FIELDS = 32
"""More than any request has: each unknown field would be told of at length."""


class BoundedRequest(Traveller):
    """A request whose fields are counted before any is read; long lists in it have ``fail_fast``."""

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        for each in (given, *list(given.values())[:_MOST_FIELDS]):
            if isinstance(each, Mapping) and len(each) > _MOST_FIELDS:
                raise ValueError(f"{len(each)} fields are given, no request has more than {_MOST_FIELDS}")
        return given
