"""Processes, another environment and a real local Ray cluster answer alike, and lose no more than a proof to a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neurons.miner.backends.backend import ProvingBackend
from neurons.miner.backends.environment import EnvironmentBackend
from neurons.miner.backends.local import LocalBackend
from neurons.miner.backends.opening import open_backend
from neurons.miner.backends.ray_cluster import RayBackend
from neurons.miner.settings import BackendKind, MinerSettings, ProvingSettings
from statements.errors import CircuitError, ConfigurationError
from tests.integration.neurons.parts import PROJECT
from verifier_gen import prover
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool, WorkerDiedError
from verifier_gen.prover import InputOutOfRangeError

INPUTS = [7] * 32
KINDS = ("local", "environment", "ray")


@pytest.fixture(scope="module")
def ray_backend() -> Iterator[RayBackend]:
    backend = RayBackend(None, workers=1)
    yield backend
    backend.close()


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a backend of each kind; those of processes belong to one event loop."""
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    if request.param == "ray":
        return lambda: request.getfixturevalue("ray_backend")
    if request.param == "environment":
        return lambda: EnvironmentBackend(Path(sys.executable), workers=1)
    return lambda: LocalBackend(ProverPool(1))


def test_prove_proof_verifies_and_faults_keep_their_kinds(make: Any, tiny_circuit: Circuit, tmp_path: Path) -> None:
    async def go(backend: ProvingBackend) -> Any:
        await backend.warm(tiny_circuit.directory)
        with pytest.raises(CircuitError, match=r"has no circuit\.json"):
            await backend.warm(tmp_path)
        measured = await backend.prove(tiny_circuit.directory, INPUTS, 5)
        with pytest.raises(InputOutOfRangeError):
            await backend.prove(tiny_circuit.directory, [1 << 40, *INPUTS[1:]], 5)
        with pytest.raises(CircuitError, match=r"has no circuit\.json"):
            await backend.prove(tmp_path, INPUTS, 5)
        if not isinstance(backend, RayBackend):
            backend.close()
        return measured

    backend = make()
    assert backend.workers == 1
    measured = asyncio.run(go(backend))
    assert measured.proof.instances.inputs == tuple(INPUTS)
    assert measured.proof.instances.tag == 5
    assert prover.verify(tiny_circuit, measured.proof.instances, measured.proof.proof)
    # EZKL alone takes more than the one, and nothing here takes the other
    assert 20e6 < measured.peak_bytes < 1e9
    assert measured.kept_bytes <= measured.peak_bytes


def test_environment_killed_process_costs_one_proof(tiny_circuit: Circuit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))

    async def go() -> None:
        backend = EnvironmentBackend(Path(sys.executable), workers=1)
        await backend.warm(tiny_circuit.directory)
        (process,) = backend._running
        proving = asyncio.create_task(backend.prove(tiny_circuit.directory, INPUTS, 1))
        await asyncio.sleep(0)
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(WorkerDiedError):
            await proving
        assert backend.replaced == 1
        assert (await backend.prove(tiny_circuit.directory, INPUTS, 1)).proof.instances.tag == 1
        backend.close()

    asyncio.run(go())


def test_local_worker_that_keeps_too_much_is_replaced(tiny_circuit: Circuit) -> None:
    async def go() -> None:
        pool = ProverPool(1, kept_memory_bytes=1)
        try:
            await pool.warm(tiny_circuit.directory, with_proving_key=True)
            before = pool.worker_pids
            await pool.prove(tiny_circuit.directory, INPUTS, 1)
            assert pool.replaced == 1
            await pool.prove(tiny_circuit.directory, INPUTS, 1)
            assert not set(before) & set(pool.worker_pids)
        finally:
            pool.close()

    asyncio.run(go())


def test_local_killed_worker_leaves_the_others_alone(tiny_circuit: Circuit) -> None:
    async def go() -> None:
        pool = ProverPool(2)
        try:
            await LocalBackend(pool).warm(tiny_circuit.directory)
            first, _ = pool.worker_pids
            doomed = asyncio.create_task(pool.prove(tiny_circuit.directory, INPUTS, 1))
            other = asyncio.create_task(pool.prove(tiny_circuit.directory, INPUTS, 2))
            await asyncio.sleep(0)
            os.kill(first, signal.SIGKILL)
            answers = await asyncio.gather(doomed, other, return_exceptions=True)
            assert sorted(isinstance(answer, WorkerDiedError) for answer in answers) == [False, True]
        finally:
            pool.close()

    asyncio.run(go())


def test_open_backend_interpreter_that_is_not_there_is_named(tiny_circuit: Circuit) -> None:
    async def go() -> None:
        with pytest.raises(ConfigurationError, match=r"proving\.python"):
            await EnvironmentBackend(Path("/nowhere/python"), workers=1).warm(tiny_circuit.directory)

    asyncio.run(go())


def test_open_backend_is_the_one_of_the_settings() -> None:
    def settings(**proving: Any) -> MinerSettings:
        return MinerSettings.model_construct(workers=3, worker_memory_mib=None, proving=ProvingSettings(**proving))

    backend = open_backend(settings())
    assert isinstance(backend, LocalBackend)
    backend.close()
    other = open_backend(settings(backend=BackendKind.ENVIRONMENT, python=Path(sys.executable)))
    assert isinstance(other, EnvironmentBackend)
    assert (backend.workers, other.workers) == (3, 3)
    with pytest.raises(ValueError, match="python belongs"):
        ProvingSettings(backend=BackendKind.ENVIRONMENT)
    with pytest.raises(ValueError, match="python belongs"):
        ProvingSettings(python=Path(sys.executable))
