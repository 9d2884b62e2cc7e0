"""A circuit whose proofs take more memory than allowed: refused at start, or from the proof on that shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from neurons.messages import RefusalCode
from neurons.miner.durations import ProofDurations
from neurons.miner.fair_order import RequestKind
from neurons.miner.holdings import MEBIBYTE, HeldCircuits
from neurons.miner.places import Places
from neurons.miner.proving import ProofTask, Prover
from neurons.miner.queue import ProvingQueue
from neurons.refusing import RefusedError
from statements.errors import CircuitError

LIMIT = 300 * MEBIBYTE


def circuit(name: str, builders_peak: int | None = None) -> Any:
    """As much of a circuit as is looked at here."""
    measured = None if builders_peak is None else SimpleNamespace(peak_memory_bytes=builders_peak)
    manifest = SimpleNamespace(circuit_id=name, prover=measured, layout=SimpleNamespace(tag_bits=64))
    return SimpleNamespace(manifest=manifest, directory=Path(name))


class Backend:
    """Proves at once, and takes as much memory as it is told."""

    def __init__(self, *peaks: int) -> None:
        self.peaks = list(peaks)

    async def prove(self, *_: object) -> Any:
        return SimpleNamespace(proof=SimpleNamespace(seconds=1.0), peak_bytes=self.peaks.pop(0))


def prover(held: HeldCircuits, *peaks: int) -> Prover:
    backend: Any = Backend(*peaks)
    places = Places(ProvingQueue(workers=1, limit=4, durations=ProofDurations()))
    return Prover(hotkey="5miner", held=held, backend=backend, places=places)


async def prove(by: Prover, held: Any) -> object:
    async def inputs() -> tuple[int, ...]:
        return (0,)

    task = ProofTask(held, RequestKind.QUERY, "5validator", bytes(32), 60.0)
    return await by.prove(task, inputs)


def test_add_builder_measured_more_than_allowed_is_refused_at_start() -> None:
    HeldCircuits([circuit("fits", LIMIT), circuit("unknown")], LIMIT)
    HeldCircuits([circuit("large", LIMIT + 1)])
    with pytest.raises(CircuitError, match="needs 300 MiB a proof, worker_memory_mib is 300"):
        HeldCircuits([circuit("large", LIMIT + 1)], LIMIT)


def test_prove_proof_takes_more_than_allowed_it_is_given_and_its_circuit_refused_from_then_on() -> None:
    large, small = circuit("large"), circuit("small")
    held = HeldCircuits([large, small], LIMIT)

    async def go() -> None:
        by = prover(held, LIMIT, LIMIT + MEBIBYTE)
        await prove(by, large)
        assert held.find("large") is large
        # the second waits while the first is proved, so nobody knows yet when it is admitted
        first, second = await asyncio.gather(prove(by, large), prove(by, large), return_exceptions=True)
        assert not isinstance(first, BaseException)
        assert isinstance(second, RefusedError)
        assert second.code is RefusalCode.CIRCUIT_TOO_LARGE

    with capture_logs() as logs:
        asyncio.run(go())
    assert [(entry["event"], entry["circuit_id"]) for entry in logs] == [("circuit_too_large", "large")]
    with pytest.raises(RefusedError, match="took 301 MiB here, more than allowed"):
        held.find("large")
    assert held.usable() == (small,)
    assert held.find("small") is small


def test_prove_any_amount_is_taken_without_a_limit() -> None:
    large = circuit("large")
    held = HeldCircuits([large])
    asyncio.run(prove(prover(held, 1 << 50), large))
    assert held.usable() == (large,)
