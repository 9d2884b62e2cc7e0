"""The client for programs that are not asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from neurons.validator.api.messages import CircuitView, MinerView
from veristake.client.answers import VerifiedAnswer
from veristake.client.asynchronous import AsyncClient
from veristake.client.pins import PinnedCircuit


class Client:
    """Has inputs proven by a validator's API, and believes nothing that it has not verified itself.

    One thread at a time; in a program with an event loop use :class:`veristake.AsyncClient`.

    Args:
        url: of the API.
        key: opens it; ``veristake validator keys new`` makes one.
        circuit: what is asked for, pinned.
        validator: ss58 hotkey that has to have asked the miner; None takes any.
        cache: folder for the circuit's public files; the user's cache folder by default.
    """

    def __init__(
        self,
        url: str,
        key: str,
        circuit: PinnedCircuit,
        *,
        validator: str | None = None,
        cache: Path | None = None,
    ) -> None:
        self._client = AsyncClient(url, key, circuit, validator=validator, cache=cache)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._runner.run(self._client.aclose())
        self._runner.close()

    def query(
        self,
        values: Sequence[float] | None = None,
        *,
        inputs: Sequence[int] | None = None,
        deadline_seconds: float = 120.0,
        idempotency_key: str | None = None,
    ) -> VerifiedAnswer:
        """As :meth:`veristake.AsyncClient.query`, with the same arguments and errors."""
        return self._runner.run(
            self._client.query(
                values, inputs=inputs, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
            )
        )

    def circuits(self) -> tuple[CircuitView, ...]:
        """As :meth:`veristake.AsyncClient.circuits`."""
        return self._runner.run(self._client.circuits())

    def miners(self) -> tuple[MinerView, ...]:
        """As :meth:`veristake.AsyncClient.miners`."""
        return self._runner.run(self._client.miners())
