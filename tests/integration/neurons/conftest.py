"""A home chain that all tests of the neurons share, and what is made anew for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from neurons.network import LocalNetwork, Role
from neurons.validator.store import open_store
from tests.integration.neurons.parts import (
    Home,
    home_chain,
)
from tests.integration.neurons.subnet import (
    VALIDATOR,
    Parts,
    Subnet,
)
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool


@pytest.fixture(scope="session")
def home(tiny_circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with home_chain(tiny_circuit, tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture(scope="session")
def pool() -> Iterator[ProverPool]:
    pool = ProverPool(1)
    yield pool
    pool.close()


@pytest.fixture
def subnet(home: Home, tiny_circuit: Circuit, tmp_path: Path) -> Iterator[Subnet]:
    subnet = Subnet(tmp_path, home, tiny_circuit, Account.create())
    yield subnet
    for process in subnet.running:
        process.clean_up()


@pytest.fixture
def parts(home: Home, tiny_circuit: Circuit, tmp_path: Path) -> Iterator[Parts]:
    network = LocalNetwork(tmp_path / "network.json")
    network.register(VALIDATOR.ss58_address, Role.VALIDATOR)
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", VALIDATOR.ss58_address)
    pool = ProverPool(1)
    yield Parts(home, tiny_circuit, pool, network, store)
    pool.close()
    store.close()
