"""A validator's parts, made anew for each test; the prover processes are shared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from neurons.network import LocalNetwork, Role
from neurons.validator.store import open_store
from tests.integration.validator.miners import VALIDATOR, Bench
from tests.integration.validator.proofs import proofs, swapped_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

__all__ = ["proofs", "swapped_circuit"]


@pytest.fixture(scope="session")
def shared_pool() -> Iterator[ProverPool]:
    pool = ProverPool(1)
    yield pool
    pool.close()


@pytest.fixture
def bench(tiny_circuit: Circuit, shared_pool: ProverPool, tmp_path: Path) -> Iterator[Bench]:
    network = LocalNetwork(tmp_path / "network.json")
    network.register(VALIDATOR.ss58_address, Role.VALIDATOR)
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", VALIDATOR.ss58_address)
    yield Bench(tiny_circuit, shared_pool, network, store)
    store.close()
