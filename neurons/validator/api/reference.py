"""docs/api.md's tables, from the code: routes, and codes of refusals. ``python -m neurons.validator.api.reference``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from neurons.validator.api.refusals import STATUS

_METHODS = ("get", "post")


def codes_table() -> str:
    """Every code with its status and whose fault it is."""
    rows = [f"| {code} | {status} | {fault} |" for code, (status, fault) in STATUS.items()]
    return "\n".join(["| code | status | fault |", "|---|---|---|", *rows])


def routes_table(document: Mapping[str, Any]) -> str:
    """Every route with its answers.

    Args:
        document: OpenAPI document of the application.
    """
    rows = [
        " | ".join((f"| {method.upper()} {path}", _first_line(operation), ", ".join(operation["responses"]))) + " |"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in _METHODS
    ]
    return "\n".join(["| route | what | answers |", "|---|---|---|", *rows])


def _first_line(operation: Mapping[str, Any]) -> str:
    return str(operation["description"]).splitlines()[0]


def main() -> None:
    """Print both tables."""
    from neurons.validator.api.app import described_app

    click.echo(f"{routes_table(described_app().openapi())}\n\n{codes_table()}")


if __name__ == "__main__":
    main()
