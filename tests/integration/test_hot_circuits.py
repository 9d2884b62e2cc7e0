"""What a running miner does about the list of added circuits, with a real cache and a backend that may fail."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from neurons.artefacts.bundle import Bundle, bundle_of
from neurons.artefacts.cache import CircuitCache
from neurons.artefacts.serving import Shelf
from neurons.miner.backends.backend import ProvingBackend
from neurons.miner.durations import ProofDurations
from neurons.miner.holdings import HeldCircuits
from neurons.miner.hot_circuits import HotCircuits
from verifier_gen.circuit import Circuit
from verifier_gen.pool import WorkerDiedError


class Backend:
    """Stands in for processes: its faults come when the test wants them."""

    def __init__(self) -> None:
        self.faults = list[Exception]()

    async def warm(self, _directory: Path) -> None:
        if self.faults:
            raise self.faults.pop()


@pytest.fixture
def bundle(tiny_circuit: Circuit) -> Bundle:
    return bundle_of(tiny_circuit)


@pytest.fixture
def cache(bundle: Bundle, tiny_circuit: Circuit, tmp_path: Path) -> CircuitCache:
    cache = CircuitCache(tmp_path / "cache", 1 << 30)
    folder = cache.root / bundle.bundle_hash
    shutil.copytree(tiny_circuit.directory, folder)
    (folder / "bundle.json").write_bytes(bundle.content())
    cache.hold(bundle.bundle_hash)
    return cache


def hot(cache: CircuitCache, held: HeldCircuits, backend: Any = None) -> HotCircuits:
    used = cast("ProvingBackend", backend or Backend())
    return HotCircuits(cache=cache, held=held, shelf=Shelf(), backend=used, durations=ProofDurations())


def follow(circuits: HotCircuits) -> list[str]:
    with capture_logs() as logs:
        asyncio.run(circuits.follow())
    return [log["event"] for log in logs]


@pytest.mark.parametrize("fault", [WorkerDiedError("killed"), OSError("no room")])
def test_watch_circuit_that_could_not_be_added_is_tried_again(
    cache: CircuitCache, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurons.miner.hot_circuits._RETRY_SECONDS", 0.0)
    monkeypatch.setattr("neurons.miner.hot_circuits._LOOK_SECONDS", 0.0)
    backend, held = Backend(), HeldCircuits()
    backend.faults = [fault]
    circuits = hot(cache, held, backend)

    async def go() -> None:
        watching = asyncio.create_task(circuits.watch())
        try:
            async with asyncio.timeout(30):
                while not held.usable():
                    assert not watching.done()
                    await asyncio.sleep(0.01)
        finally:
            watching.cancel()

    with capture_logs() as logs:
        asyncio.run(go())
    assert [log["event"] for log in logs] == ["circuit_not_added", "circuit_added"]


def test_follow_files_that_cannot_be_offered_cost_that_circuit_only(cache: CircuitCache, bundle: Bundle) -> None:
    (cache.root / bundle.bundle_hash / "network.onnx").unlink()
    assert follow(hot(cache, HeldCircuits())) == ["circuit_not_added"]


def test_follow_damaged_list_leaves_all_as_it_is(cache: CircuitCache) -> None:
    held = HeldCircuits()
    circuits = hot(cache, held)
    assert follow(circuits) == ["circuit_added"]
    (cache.root / "held.json").write_text("null")
    assert follow(circuits) == ["circuit_list_unreadable"]
    assert len(held.usable()) == 1


def test_follow_dropped_bundle_of_a_circuit_in_the_settings_leaves_that_one(
    cache: CircuitCache, bundle: Bundle, tiny_circuit: Circuit
) -> None:
    held = HeldCircuits([tiny_circuit])
    circuits = hot(cache, held)
    assert follow(circuits) == ["circuit_added"]
    cache.hold(bundle.bundle_hash, held=False)
    assert follow(circuits) == ["circuit_dropped"]
    assert held.usable() == (tiny_circuit,)
