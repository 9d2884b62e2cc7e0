"""A ceremony run with snarkjs: imported, built with, proved, and its proof accepted by the verifier on a chain."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from web3.contract import Contract
from web3.exceptions import ContractLogicError

from statements.errors import CircuitError
from tests.integration.conftest import PROJECT
from tests.integration.small_circuit import LOGROWS, deploy, local_chain, small_recipe
from verifier_gen import prover
from verifier_gen.build import ensure_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.prover import Proof
from verifier_gen.srs.checks import check_reference_string
from verifier_gen.srs.importer import import_srs, read_srs

SNARKJS = PROJECT / "node_modules" / "snarkjs" / "build" / "cli.cjs"


def run_ceremony(folder: Path, power: int) -> Path:
    """One contribution, prepared for phase 2."""

    def snarkjs(*arguments: str) -> None:
        command = ["node", str(SNARKJS), "powersoftau", *arguments]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600)

    snarkjs("new", "bn128", str(power), "begun.ptau")
    snarkjs("contribute", "begun.ptau", "contributed.ptau", "--name=test", "-e=entropy of a test")
    snarkjs("prepare", "phase2", "contributed.ptau", "prepared.ptau")
    return folder / "prepared.ptau"


@pytest.fixture(scope="module")
def ceremony(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_ceremony(tmp_path_factory.mktemp("ceremony"), LOGROWS)


@pytest.fixture(scope="module")
def imported(ceremony: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By the command that operators use."""
    folder = tmp_path_factory.mktemp("srs")
    command = [sys.executable, "-m", "veristake", "circuit", "srs", "import", str(ceremony), "--k", str(LOGROWS)]
    done = subprocess.run([*command, "--out", str(folder), "--json"], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["ceremony"] is None
    (path,) = folder.glob("*.srs")
    return path


@pytest.fixture(scope="module")
def circuit(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    folder = tmp_path_factory.mktemp("circuits")
    return ensure_circuit(small_recipe(folder), folder, folder / "no-cache", ceremony_srs=imported)


@pytest.fixture(scope="module")
def proof(circuit: Circuit) -> Proof:
    return run_isolated(prover.prove, circuit, [100, -200, 256, -256], 0xBEEF)


@pytest.fixture(scope="module")
def verifier(circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    source = circuit.paths.verifier_source.read_text("utf-8")
    with local_chain(tmp_path_factory.mktemp("chain")) as chain:
        yield deploy(chain, {"verifier.sol": source}, circuit.manifest.verifier_contract)


def test_ensure_circuit_with_an_unknown_ceremony_is_for_local_chains(circuit: Circuit) -> None:
    assert circuit.manifest.dev_srs
    assert circuit.manifest.srs_source.startswith("unknown ceremony, trusted by nobody; sha256 ")


def test_verify_proof_over_the_ceremony_is_accepted_off_chain_and_on(
    circuit: Circuit, proof: Proof, verifier: Contract
) -> None:
    assert run_isolated(prover.verify, circuit, proof.instances, proof.proof)
    assert verifier.functions.verifyProof(proof.proof, list(proof.instances.elements)).call() is True


def test_verify_proof_over_the_ceremony_changed_is_refused_on_chain(proof: Proof, verifier: Contract) -> None:
    changed = [*proof.instances.elements[:-1], proof.instances.elements[-1] + 1]
    with pytest.raises(ContractLogicError):
        verifier.functions.verifyProof(proof.proof, changed).call()


def test_ensure_circuit_ceremony_vouched_for_may_leave_local_chains(circuit: Circuit, ceremony: Path) -> None:
    folder = circuit.directory.parent
    digest = circuit.manifest.srs_source[-64:]
    path, _ = import_srs(ceremony, folder / "srs", LOGROWS, digest)
    built = ensure_circuit(small_recipe(folder), folder / "vouched", folder, ceremony_srs=path)
    assert not built.manifest.dev_srs
    assert built.manifest.srs_source == f"unknown ceremony, trusted by the operator; sha256 {digest}"
    steps: list[str] = []
    assert ensure_circuit(small_recipe(folder), folder / "vouched", folder, steps.append, path) == built
    assert steps == []


def test_ensure_circuit_with_an_srs_of_another_size_is_refused(imported: Path, tmp_path: Path) -> None:
    recipe = small_recipe(tmp_path, logrows=LOGROWS + 1)
    with pytest.raises(CircuitError, match=f"of k={LOGROWS}, the circuit needs k={LOGROWS + 1}"):
        ensure_circuit(recipe, tmp_path / "circuits", tmp_path, ceremony_srs=imported)


def test_read_srs_before_preparation_is_refused(ceremony: Path) -> None:
    with pytest.raises(CircuitError, match="not prepared for phase 2"):
        read_srs(ceremony.parent / "contributed.ptau", None)


def test_import_srs_file_of_the_ceremony_with_one_bit_changed_is_refused(ceremony: Path, tmp_path: Path) -> None:
    content = bytearray(ceremony.read_bytes())
    # the tenth power of tau: the sections' headers and the curve's take 12 + 12 + 44 + 12 bytes
    content[80 + 64 * 10] ^= 1
    damaged = tmp_path / "damaged.ptau"
    damaged.write_bytes(content)
    with pytest.raises(CircuitError, match="point 10 is not on the curve"):
        import_srs(damaged, tmp_path / "srs", None, None)


def test_check_reference_string_ezkls_own_srs_is_sound(tiny_circuit: Circuit) -> None:
    check_reference_string(read_srs(tiny_circuit.paths.srs, None))
