"""File descriptors: each connection takes one, and a process without a free one answers nobody and stores nothing."""

from __future__ import annotations

import resource

from neurons.settings import HttpSettings
from statements.errors import ConfigurationError

RESERVED = 512
"""For connections to the peers of a subnet of 256, and for databases, files and the pipes of workers."""


def descriptors_needed(http: HttpSettings, listeners: int) -> int:
    """File descriptors that a neuron may come to hold.

    Args:
        http: bounds the connections of each listener.
        listeners: that accept connections.
    """
    return listeners * http.connections + RESERVED


def limit_to_set(needed: int, soft: int, hard: int) -> int:
    """The limit to run with: as many as the system allows.

    Args:
        needed: file descriptors.
        soft: limit of the process, ``resource.RLIM_INFINITY`` for none.
        hard: to which it may raise it.

    Raises:
        ConfigurationError: the system allows too few.
    """
    if resource.RLIM_INFINITY in (soft, hard):
        return soft if soft == resource.RLIM_INFINITY else max(soft, needed)
    if hard < needed:
        raise ConfigurationError(
            f"the system allows {hard} open files, http.connections on every listener and the rest need {needed}",
            remedy="Raise the limit (LimitNOFILE= of systemd, --ulimit nofile= of Docker), or lower http.connections.",
        )
    return hard


def raise_descriptor_limit(http: HttpSettings, listeners: int) -> None:
    """Let this process, and those that it starts, open as many files as the system allows.

    Raises:
        ConfigurationError: that is too few.
    """
    needed = descriptors_needed(http, listeners)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit_to_set(needed, soft, hard), hard))
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            f"the limit of open files cannot be raised from {soft} to {hard}: {error}",
            remedy="Raise it before the start (ulimit -n).",
        ) from error


def examine_descriptors(http: HttpSettings, listeners: int) -> str:
    """What there is and what is needed; nothing is changed.

    Raises:
        ConfigurationError: there are too few.
    """
    needed = descriptors_needed(http, listeners)
    limit = limit_to_set(needed, *resource.getrlimit(resource.RLIMIT_NOFILE))
    allowed = "any number of" if limit == resource.RLIM_INFINITY else str(limit)
    return f"{allowed} open files are allowed, {needed} may be needed"
