"""Real parts that several integration tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.databases import DATABASES, Databases
from tests.integration.databases import databases as start_databases
from verifier_gen.build import ensure_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.recipe import RECIPES, load_recipe
from veristake.demo import processes

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build"


@pytest.fixture(scope="session")
def tiny_circuit() -> Circuit:
    """A linear stand-in with the staking circuit's instances; proves in well under a second."""
    return ensure_circuit(load_recipe(RECIPES / "tiny.toml"), BUILD / "circuits", BUILD / "srs")


@pytest.fixture(scope="session")
def staking_circuit() -> Circuit:
    """The shipped circuit; half a minute to build the first time."""
    return ensure_circuit(load_recipe(RECIPES / "staking.toml"), BUILD / "circuits", BUILD / "srs")


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on right now."""
    return processes.free_port()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """New databases of both kinds; one PostgreSQL server for all tests."""
    with start_databases() as made:
        yield made


@pytest.fixture(params=DATABASES)
def state_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """An empty state on each kind of database."""
    return databases.make(request.param, tmp_path)
