"""Structured logs: one JSON object a line on stderr, with stable keys, and without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections import Counter
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

import structlog

from relayer.events import EVENTS

_SECRET_KEYS = frozenset({"authorization", "key", "password", "private_key", "secret", "token"})
_URL = re.compile(r"(?:https?|wss?|postgresql(?:\+\w+)?)://[^\s\"'<>]+")
REDACTED = "[redacted]"

OTHER_EVENT = "other"
event_counts: Counter[tuple[str, str]] = Counter()
"""Messages by (event, level) since the process began, for the metrics; unknown events count as one."""


def redact(_: Any, __: str, message: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Processor: take out what may be secret, wherever in a message it stands.

    Of a URL host and port stay: path, query and user may hold an access key. Of keys that name a secret nothing stays.
    """
    return {key: REDACTED if key.lower() in _SECRET_KEYS else _clean(value) for key, value in message.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _URL.sub(_shorten, value)
    if isinstance(value, dict):
        return {key: REDACTED if str(key).lower() in _SECRET_KEYS else _clean(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value


def _shorten(found: re.Match[str]) -> str:
    try:
        parts = urlsplit(found[0])
        place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:
        return REDACTED
    return f"{parts.scheme}://{place}"


def _count(_: Any, level: str, message: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event = str(message.get("event"))
    event_counts[event if event in EVENTS else OTHER_EVENT, level] += 1
    return message


def configure_logs(*, verbose: bool = False) -> None:
    """Set up structlog; stdout stays free for what a command prints.

    Args:
        verbose: also debug messages.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _count,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        # stderr is looked up at each message: a test or a supervisor may have replaced it
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
