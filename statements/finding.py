"""What a ``doctor`` command found, in one shape for every program."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        name: what was checked.
        ok: whether it is as it should be.
        detail: what was found, or what is wrong.
        remedy: what to do about it; empty when there is nothing to do.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def findings_json(findings: Iterable[Finding]) -> str:
    """One JSON document, ``{"checks": [{"name", "ok", "detail", "remedy"}, ...]}``, in the order of the checks."""
    return json.dumps({"checks": [asdict(finding) for finding in findings]})
