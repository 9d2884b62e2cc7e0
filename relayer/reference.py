"""docs/relayer.md's tables, from the code: settings, metrics, events, error codes. ``python -m relayer.reference``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.engine import make_url

import relayer
from daemon import reference
from relayer.events import EVENTS
from relayer.metrics import FAMILIES
from relayer.settings import RelayerSettings, endpoint_label

_HIDDEN_URLS = frozenset({"endpoints"})


def shown(settings: RelayerSettings) -> dict[str, Any]:
    """Settings as JSON, without what may be secret: of endpoints only host and port, of the state no password."""
    content: dict[str, Any] = settings.model_dump(mode="json")
    content["state_url"] = make_url(settings.state_url).render_as_string(hide_password=True)
    for chain in content["chains"]:
        for name in _HIDDEN_URLS:
            chain[name] = [endpoint_label(url) for url in chain[name]]
        if chain["heads_endpoint"] is not None:
            chain["heads_endpoint"] = endpoint_label(chain["heads_endpoint"])
    for source in content["sources"]:
        source["url"] = endpoint_label(source["url"])
    return content


def flat(content: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Name and value of each leaf, nested names joined by dots."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from flat(value, f"{path}.{name}" if path else name)
    elif isinstance(content, list) and any(isinstance(value, dict) for value in content):
        for number, value in enumerate(content):
            yield from flat(value, f"{path}[{number}]")
    else:
        yield path, content


def settings_table() -> str:
    """Every setting with its default and meaning."""
    return reference.settings_table(RelayerSettings)


def metrics_table() -> str:
    """Every metric."""
    return reference.metrics_table(FAMILIES, "veristake_relayer_")


def events_table() -> str:
    """Every log event."""
    return reference.events_table(EVENTS)


def errors_table() -> str:
    """Every error of the relayer; its class's name is its code."""
    # AWS KMS has an extra of its own
    return reference.errors_table(relayer, without=("relayer.aws_kms",))


TABLES = {
    "settings": settings_table,
    "metrics": metrics_table,
    "events": events_table,
    "errors": errors_table,
}


def with_tables(page: str) -> str:
    """A page with what stands between the marks made anew.

    Raises:
        ValueError: a pair of marks is missing.
    """
    return reference.with_tables(page, TABLES, "python -m relayer.reference")


def main(arguments: Sequence[str]) -> None:
    """Make the tables of a page anew."""
    reference.rewrite(arguments, with_tables)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
