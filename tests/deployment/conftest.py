"""Circuits for deployments, the project compiled once, and two deployed chains that every test leaves as they were."""

import shutil
from contextlib import contextmanager, nullcontext

import pytest

from tests.deployment.support import OTHER, PROJECT, anvil, command, snapshot_of
from verifier_gen.build import ensure_circuit
from verifier_gen.canary import canary_recipe
from verifier_gen.choices import VerifierKind
from verifier_gen.circuit import CircuitPaths, open_circuit
from verifier_gen.manifest import sha256_file
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.solidity import install_verifier, write_reusable_verifier
from veristake.contracts_tool import deploy
from veristake.contracts_tool.artifacts import Artifacts
from veristake.contracts_tool.compile import compiled_project

BUILD = PROJECT / "build"


def installed(built):
    """A circuit, with its verifier where the project compiles it."""
    install_verifier(built.paths, built.manifest.verifier_contract, PROJECT / "contracts")
    return built


@pytest.fixture(scope="session")
def circuit():
    """The tiny circuit."""
    return installed(ensure_circuit(load_recipe(RECIPES / "tiny.toml"), BUILD / "circuits", BUILD / "srs"))


@pytest.fixture(scope="session")
def canary(circuit):
    """The canary of its proof system."""
    return installed(ensure_circuit(canary_recipe(circuit.manifest), BUILD / "circuits", BUILD / "srs"))


@pytest.fixture(scope="session")
def reusable(circuit, tmp_path_factory):
    """The tiny circuit with EZKL's reusable verifier and a VKA, as a build makes them where the own one is too big."""
    paths = CircuitPaths(tmp_path_factory.mktemp("reusable") / "tiny")
    shutil.copytree(circuit.directory, paths.directory)
    write_reusable_verifier(paths, "TinyReusable")
    update = {
        "verifier_contract": "TinyReusable",
        "verifier_kind": VerifierKind.REUSABLE,
        "verifier_source_hash": sha256_file(paths.verifier_source),
        "vka_hash": sha256_file(paths.vka),
        "chain": None,
    }
    paths.manifest.write_text(circuit.manifest.model_copy(update=update).to_json(), "utf-8")
    return installed(open_circuit(paths.directory, with_proving_key=True))


@pytest.fixture(scope="session")
def project(circuit, canary, reusable):
    """The compiled project; the circuits' verifiers belong to it."""
    return compiled_project(PROJECT)


@pytest.fixture(scope="session")
def quick(project):
    """While it is held, deployments take the compiled project and its artefacts instead of reading them again."""
    artifacts = Artifacts(project)

    @contextmanager
    def patched():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deploy, "compiled_project", lambda *_: project)
            patch.setattr(deploy, "Artifacts", lambda _: artifacts)
            yield

    return patched


@pytest.fixture(autouse=True)
def compiled_once(request):
    """As ``quick``, for every test that deploys a circuit."""
    with request.getfixturevalue("quick")() if "circuit" in request.fixturenames else nullcontext():
        yield


@pytest.fixture(scope="session")
def home_plan(circuit, canary, tmp_path_factory):
    """The example plan of the home chain with the tiny circuit, its canary, a guardian and all adapters."""
    text = (PROJECT / "scripts" / "plans" / "local_home.toml").read_text("utf-8")
    more = f'canary = "{canary.directory}"\nadapters = ["risk_oracle", "inference_verifier"]\nguardian = "{OTHER}"\n'
    path = tmp_path_factory.mktemp("plan") / "home.toml"
    path.write_text(more + text.replace("build/circuits/staking", str(circuit.directory)), "utf-8")
    return path


@pytest.fixture(scope="session")
def deployed_home(home_plan, quick, tmp_path_factory):
    """A deployed home chain: (URL, web3, file of the deployment)."""
    output = tmp_path_factory.mktemp("deployments")
    with quick(), anvil(31337) as (url, web3):
        result = command("deploy", "--plan", home_plan, "--rpc", url, "--output", output)
        assert result.exit_code == 0, result.stderr
        yield url, web3, output / "31337.json"


@pytest.fixture(scope="session")
def deployed_abroad(deployed_home, circuit, quick, tmp_path_factory):
    """A deployed second chain, with what a plan gets that asks for nothing."""
    output = tmp_path_factory.mktemp("deployments")
    text = (PROJECT / "scripts" / "plans" / "local_abroad.toml").read_text("utf-8")
    plan = output / "abroad.toml"
    text = text.replace("build/circuits/staking", str(circuit.directory))
    plan.write_text(text.replace("build/deployments/31337.json", str(deployed_home[2])), "utf-8")
    with quick(), anvil(31338) as (url, web3):
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", output)
        assert result.exit_code == 0, result.stderr
        yield url, web3, output / "31338.json"


@pytest.fixture
def home(deployed_home):
    """The home chain; it is as it was afterwards."""
    with snapshot_of(deployed_home[1]):
        yield deployed_home


@pytest.fixture
def abroad(deployed_abroad):
    """The second chain; it is as it was afterwards."""
    with snapshot_of(deployed_abroad[1]):
        yield deployed_abroad
