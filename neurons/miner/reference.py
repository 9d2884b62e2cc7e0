"""docs/miner.md's tables, from the code: settings, metrics, events, codes of refusals, errors.

``python -m neurons.miner.reference docs/miner.md`` makes them anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import neurons.artefacts
from daemon import reference
from neurons.miner.codes import rows
from neurons.miner.events import EVENTS
from neurons.miner.meters import FAMILIES
from neurons.miner.settings import MinerSettings

COMMAND = "python -m neurons.miner.reference"


def settings_table() -> str:
    """Every setting with its default and meaning."""
    return reference.settings_table(MinerSettings)


def metrics_table() -> str:
    """Every metric."""
    return reference.metrics_table(FAMILIES)


def events_table() -> str:
    """Every log event."""
    return reference.events_table(EVENTS)


def codes_table() -> str:
    """Every code with which a miner refuses."""
    lines = [f"| `{code}` | {status} | {fault} | {remedy} |" for code, status, fault, remedy in rows()]
    return "\n".join(["| code | status | fault | what to do |", "|---|---|---|---|", *lines])


def errors_table() -> str:
    """Errors of fetching circuits; a class's name is its code."""
    return reference.errors_table(neurons.artefacts)


TABLES = {
    "settings": settings_table,
    "metrics": metrics_table,
    "events": events_table,
    "codes": codes_table,
    "errors": errors_table,
}


def with_tables(page: str) -> str:
    """A page with what stands between the marks made anew.

    Raises:
        ValueError: a pair of marks is missing.
    """
    return reference.with_tables(page, TABLES, COMMAND)


def main(arguments: Sequence[str]) -> None:
    """Make the tables of a page anew."""
    reference.rewrite(arguments, with_tables)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
