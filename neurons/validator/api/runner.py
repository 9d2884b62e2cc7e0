"""What the API needs of whoever asks miners."""

from __future__ import annotations

from typing import Protocol

from neurons.validator.queries import KeepAnswer, QueryAnswer
from verifier_gen.circuit import Circuit


class Runner(Protocol):
    """Has an input proven by a miner: :class:`neurons.validator.queries.QueryRunner`."""

    async def run(
        self, circuit_id: str, inputs: tuple[int, ...], deadline_seconds: float, keep: KeepAnswer | None = None
    ) -> QueryAnswer:
        """The verified answer, after ``keep`` has written it in the transaction that scores the miner.

        Raises:
            QueryFailedError: no miner gave one.
        """

    def circuits(self) -> tuple[Circuit, ...]:
        """Circuits that can be asked for."""
