"""The tiny circuit for deployments."""

import pytest

from tests.deployment.support import PROJECT
from verifier_gen.build import ensure_circuit
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.solidity import install_verifier


@pytest.fixture(scope="session")
def circuit():
    """The tiny circuit, with its verifier where the project compiles it."""
    built = ensure_circuit(
        load_recipe(RECIPES / "tiny.toml"), PROJECT / "build" / "circuits", PROJECT / "build" / "srs"
    )
    install_verifier(built.paths, built.manifest.verifier_contract, PROJECT / "contracts")
    return built
