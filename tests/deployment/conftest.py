"""The tiny circuit for deployments, and the project compiled once."""

import pytest

from tests.deployment.support import PROJECT
from verifier_gen.build import ensure_circuit
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.solidity import install_verifier
from veristake.contracts_tool import deploy
from veristake.contracts_tool.compile import compiled_project


@pytest.fixture(scope="session")
def circuit():
    """The tiny circuit, with its verifier where the project compiles it."""
    built = ensure_circuit(
        load_recipe(RECIPES / "tiny.toml"), PROJECT / "build" / "circuits", PROJECT / "build" / "srs"
    )
    install_verifier(built.paths, built.manifest.verifier_contract, PROJECT / "contracts")
    return built


@pytest.fixture(scope="session")
def project(circuit):
    """The compiled project; the circuit's verifier belongs to it."""
    return compiled_project(PROJECT)


@pytest.fixture(autouse=True)
def compiled_once(request, monkeypatch):
    """Deployments take the compiled project instead of reading it again each time."""
    if "circuit" in request.fixturenames:
        project = request.getfixturevalue("project")
        monkeypatch.setattr(deploy, "compiled_project", lambda *_: project)
