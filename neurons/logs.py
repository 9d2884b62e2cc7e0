"""Logs: one event per line on stderr, JSON when nobody is watching, with stable event names and keys."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Container, MutableMapping
from typing import Any

import structlog

OTHER_EVENT = "other"
event_counts: Counter[tuple[str, str]] = Counter()
"""Messages by (event, level) since the process began, for the metrics; events that are not known count as one."""


def configure_logs(role: str, events: Container[str] = ()) -> None:
    """Send structlog to stderr and quiet the libraries.

    Args:
        role: bound to every event, ``miner`` or ``validator``.
        events: names that are counted; all others count as ``other``.
    """

    def count(_: Any, level: str, message: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event = str(message.get("event"))
        event_counts[event if event in events else OTHER_EVENT, level] += 1
        return message

    if sys.stderr.isatty():
        # plain traces: the pretty ones print local variables, and among those may be keys
        renderers: list[structlog.typing.Processor] = [
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        ]
    else:
        renderers = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            count,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
