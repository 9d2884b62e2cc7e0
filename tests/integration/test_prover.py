"""Real EZKL on the tiny circuit: what a proof binds, and what is refused."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from statements.errors import CircuitError
from statements.instances import Instances
from statements.quantities import FIELD_MODULUS
from verifier_gen import prover
from verifier_gen.build import ensure_circuit
from verifier_gen.circuit import Circuit, open_circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.pool import ProverPool
from verifier_gen.prover import Proof
from verifier_gen.recipe import RECIPES, load_recipe

SCALE = 1 << 12
TAG = (1 << 128) - 3


def random_inputs(seed: int) -> list[int]:
    return [random.Random(seed + i).randint(-SCALE, SCALE) for i in range(32)]


@pytest.fixture(scope="module")
def proven(tiny_circuit: Circuit) -> Proof:
    return run_isolated(prover.prove, tiny_circuit, random_inputs(7), TAG)


def verify(circuit: Circuit, instances: Instances, proof: bytes) -> bool:
    return run_isolated(prover.verify, circuit, instances, proof)


def test_prove_random_inputs_instances_hold_the_integers_given(proven: Proof) -> None:
    assert proven.instances.inputs == tuple(random_inputs(7))
    assert proven.instances.tag == TAG
    assert all(0 <= x <= SCALE for x in proven.instances.outputs)


def test_prove_extreme_inputs_integers_survive(tiny_circuit: Circuit) -> None:
    inputs = [SCALE if i % 2 else -SCALE for i in range(32)]
    proof = run_isolated(prover.prove, tiny_circuit, inputs, 0)
    assert proof.instances.inputs == tuple(inputs)
    assert proof.instances.tag == 0


def test_verify_own_proof_accepts(tiny_circuit: Circuit, proven: Proof) -> None:
    assert verify(tiny_circuit, proven.instances, proven.proof)


def test_verify_each_instance_changed_by_one_refuses(tiny_circuit: Circuit, proven: Proof) -> None:
    async def all_refused() -> list[bool]:
        pool = ProverPool()
        try:
            answers = []
            for position in range(len(proven.instances.elements)):
                elements = list(proven.instances.elements)
                elements[position] = (elements[position] + 1) % FIELD_MODULUS
                changed = proven.instances.model_copy(update={"elements": tuple(elements)})
                answers.append(await pool.verify(tiny_circuit.directory, changed, proven.proof))
            return answers
        finally:
            pool.close()

    assert asyncio.run(all_refused()) == [False] * 42


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: proof[:-32],
        lambda proof: proof + bytes(32),
        lambda proof: b"",
        lambda proof: bytes([proof[0] ^ 1]) + proof[1:],
        lambda proof: proof[:-1] + bytes([proof[-1] ^ 1]),
        lambda proof: bytes(len(proof)),
    ],
    ids=["truncated", "padded", "empty", "first byte", "last byte", "zeros"],
)
def test_verify_altered_proof_bytes_refuses(tiny_circuit: Circuit, proven: Proof, change) -> None:  # type: ignore[no-untyped-def]
    assert not verify(tiny_circuit, proven.instances, change(proven.proof))


def test_verify_instance_plus_modulus_refuses(tiny_circuit: Circuit, proven: Proof) -> None:
    elements = (*proven.instances.elements[:-1], proven.instances.elements[-1] + FIELD_MODULUS)
    beyond = proven.instances.model_copy(update={"elements": elements})
    assert not verify(tiny_circuit, beyond, proven.proof)


def test_prove_wrong_number_of_inputs_names_both_counts(tiny_circuit: Circuit) -> None:
    with pytest.raises(CircuitError, match="31 inputs given, the circuit takes 32"):
        run_isolated(prover.prove, tiny_circuit, [0] * 31, 0)


def test_prove_tag_too_long_is_refused(tiny_circuit: Circuit) -> None:
    with pytest.raises(CircuitError, match="does not fit 8 limbs"):
        run_isolated(prover.prove, tiny_circuit, [0] * 32, 1 << 128)


def test_prove_value_outside_the_lookup_table_is_refused_instead_of_hanging(
    staking_circuit: Circuit, tmp_path: Path
) -> None:
    narrow = tmp_path / "staking"
    shutil.copytree(staking_circuit.directory, narrow)
    circuit = open_circuit(narrow)
    settings = circuit.paths.settings
    settings.write_text(settings.read_text().replace("16250", "2048"))
    with pytest.raises(CircuitError, match="leave the circuit's range -2048 to 2048"):
        run_isolated(prover.prove, circuit, [SCALE] * 32, 0)


def test_pool_worker_that_does_not_answer_is_replaced(tiny_circuit: Circuit) -> None:
    async def scenario() -> None:
        pool = ProverPool(timeout_seconds=0.01)
        try:
            with pytest.raises(CircuitError, match="did not answer within"):
                await pool.prove(tiny_circuit.directory, [0] * 32, 1)
            pool._timeout = 60.0
            assert (await pool.prove(tiny_circuit.directory, [0] * 32, 1)).instances.tag == 1
        finally:
            pool.close()

    asyncio.run(scenario())


def test_pool_worker_killed_is_an_error_and_the_next_proof_works(tiny_circuit: Circuit) -> None:
    async def scenario() -> None:
        pool = ProverPool()
        try:
            await pool.warm(tiny_circuit.directory, with_proving_key=True)
            proving = asyncio.ensure_future(pool.prove(tiny_circuit.directory, [0] * 32, 1))
            await asyncio.sleep(0)
            for pid in pool.worker_pids:
                os.kill(pid, signal.SIGKILL)
            with pytest.raises(CircuitError, match="prover process died"):
                await proving
            proof = await pool.prove(tiny_circuit.directory, [0] * 32, 1)
            assert proof.instances.tag == 1
        finally:
            pool.close()

    asyncio.run(scenario())


_OWNER_OF_A_POOL = """
import asyncio, sys
from pathlib import Path
from verifier_gen.pool import ProverPool

async def main():
    pool = ProverPool()
    await pool.warm(Path(sys.argv[1]), with_proving_key=True)
    print(*pool.worker_pids, flush=True)
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_pool_owner_killed_takes_its_workers_along(tiny_circuit: Circuit, tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(_OWNER_OF_A_POOL)
    owner = subprocess.Popen([sys.executable, str(script), str(tiny_circuit.directory)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    (worker,) = (int(pid) for pid in owner.stdout.readline().split())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


@pytest.fixture
def copied(tiny_circuit: Circuit, tmp_path: Path) -> Path:
    directory = tmp_path / "tiny"
    shutil.copytree(tiny_circuit.directory, directory)
    return directory


@pytest.mark.parametrize("name", ["network.onnx", "settings.json", "circuit.ezkl", "verifying.key", "srs.bin"])
def test_open_circuit_changed_file_names_the_file(copied: Path, name: str) -> None:
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(CircuitError, match=name):
        open_circuit(copied)


def test_open_circuit_missing_proving_key_matters_only_to_provers(copied: Path) -> None:
    (copied / "proving.key").unlink()
    assert open_circuit(copied).manifest.name == "tiny"
    with pytest.raises(CircuitError, match=r"proving\.key is missing"):
        open_circuit(copied, with_proving_key=True)


def test_ensure_circuit_changed_solidity_is_built_again(tiny_circuit: Circuit, tmp_path: Path) -> None:
    shutil.copytree(tiny_circuit.directory, tmp_path / "tiny")
    (tmp_path / "tiny" / "verifier.sol").write_text("contract TinyVerifier {}")
    steps: list[str] = []
    srs_cache = tiny_circuit.directory.parent.parent / "srs"
    again = ensure_circuit(load_recipe(RECIPES / "tiny.toml"), tmp_path, srs_cache, steps.append)
    assert "verifier.sol has sha256" in steps[0]
    assert again.manifest.verifier_source_hash == tiny_circuit.manifest.verifier_source_hash


def test_open_circuit_manifest_of_another_ezkl_is_refused(copied: Path) -> None:
    text = (copied / "circuit.json").read_text()
    (copied / "circuit.json").write_text(text.replace('"23.0.5"', '"22.0.1"'))
    with pytest.raises(CircuitError, match=r"EZKL 22\.0\.1"):
        open_circuit(copied)


def test_ensure_circuit_unchanged_recipe_builds_nothing(tiny_circuit: Circuit) -> None:
    steps: list[str] = []
    again = ensure_circuit(
        load_recipe(RECIPES / "tiny.toml"),
        tiny_circuit.directory.parent,
        tiny_circuit.directory.parent.parent / "srs",
        steps.append,
    )
    assert steps == []
    assert again.manifest == tiny_circuit.manifest


def test_ensure_circuit_two_builds_with_one_srs_give_one_verifier(tiny_circuit: Circuit, tmp_path: Path) -> None:
    srs_cache = tiny_circuit.directory.parent.parent / "srs"
    again = ensure_circuit(load_recipe(RECIPES / "tiny.toml"), tmp_path, srs_cache)
    # EZKL writes the hash maps of its compiled file in random order; keys and verifier do not depend on it
    same = tiny_circuit.manifest.model_copy(
        update={"compiled_hash": again.manifest.compiled_hash, "prover": again.manifest.prover, "chain": None}
    )
    assert again.manifest == same


def test_ensure_circuit_recipe_that_contradicts_the_network_leaves_nothing(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "tiny.toml").model_copy(update={"tag_limbs": 9})
    with pytest.raises(CircuitError, match=r"instances \[32, 8, 2\], recipe tiny says \[32, 9, 2\]"):
        ensure_circuit(recipe, tmp_path / "circuits", tmp_path / "srs")
    assert list((tmp_path / "circuits").iterdir()) == []
