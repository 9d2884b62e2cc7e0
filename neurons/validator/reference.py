"""docs/validator.md's tables, from the code: settings, metrics, events, errors, reasons.

``python -m neurons.validator.reference docs/validator.md`` makes them anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import neurons.validator
from daemon import reference
from neurons.validator.api.metrics import FAMILIES as API_FAMILIES
from neurons.validator.blame import blame_of_answer
from neurons.validator.check import AnswerFault
from neurons.validator.entries.faults import MEANINGS, EntryFault
from neurons.validator.events import EVENTS
from neurons.validator.explain import FAULTS
from neurons.validator.metrics import EVENTS_FAMILY, FAMILIES
from neurons.validator.settings import ValidatorSettings

COMMAND = "python -m neurons.validator.reference"


def settings_table() -> str:
    """Every setting with its default and meaning."""
    return reference.settings_table(ValidatorSettings)


def metrics_table() -> str:
    """Every metric."""
    return reference.metrics_table((*FAMILIES, *API_FAMILIES, EVENTS_FAMILY))


def events_table() -> str:
    """Every log event."""
    return reference.events_table(EVENTS)


def errors_table() -> str:
    """Every error of the validator; its class's name is its code."""
    # docs/api.md has those of the external API
    return reference.errors_table(neurons.validator, without=("neurons.validator.api",))


def reasons_table() -> str:
    """Every reason why an answer is not used, and whose fault it is."""
    rows = [f"| `{fault}` | {FAULTS[fault]} | {_blame(fault)} |" for fault in AnswerFault]
    return "\n".join(["| reason | meaning | whose fault |", "|---|---|---|", *rows])


def _blame(fault: AnswerFault) -> str:
    depends = {
        AnswerFault.UNREACHABLE: "miner; network when no other miner is reachable either",
        AnswerFault.TIMED_OUT: "miner; nobody when it had too little time or most are late; network when none answers",
        AnswerFault.REFUSED: "what its signed refusal says, nobody when unsigned; miner beyond 8 in a row; "
        "validator or network when most miners refuse alike",
        AnswerFault.ABANDONED: "nobody; miner beyond 8 in a row",
    }
    return depends[fault] if fault in depends else blame_of_answer(fault)


def entries_table() -> str:
    """Every reason why an entry to a competition is not measured."""
    rows = [f"| `{fault}` | {MEANINGS[fault]} |" for fault in EntryFault]
    return "\n".join(["| reason | meaning |", "|---|---|", *rows])


TABLES = {
    "settings": settings_table,
    "metrics": metrics_table,
    "events": events_table,
    "errors": errors_table,
    "reasons": reasons_table,
    "entries": entries_table,
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
