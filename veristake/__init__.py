"""The front door: one command line, the demo, finding the tools, and the client of the external API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from veristake.client import AsyncClient, Client, PinnedCircuit

__all__ = ["AsyncClient", "Client", "PinnedCircuit"]


def __getattr__(name: str) -> Any:
    # imported when used, so that the command line stays quick and needs nothing of the client's extra
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import veristake.client

    return getattr(veristake.client, name)
