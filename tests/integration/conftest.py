"""Real parts that several integration tests share."""

import socket
from pathlib import Path

import pytest

from verifier_gen.build import ensure_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.recipe import RECIPES, load_recipe

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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
