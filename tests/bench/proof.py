"""One proof of the shipped circuit, in a process of its own each time."""

import random
import resource
import statistics
import time
from pathlib import Path

from tests.bench.benchmark import Benchmark, Figures
from verifier_gen import prover
from verifier_gen.build import ensure_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import RECIPES, load_recipe

BUILD = Path(__file__).resolve().parents[2] / "build"
RUNS = 5


def _measured(circuit: Circuit, inputs: list[int], tag: int) -> tuple[float, float, float, float]:
    """Wall and processor seconds of a proof, peak memory in MB, seconds to verify it."""
    before = time.process_time()
    proof = prover.prove(circuit, inputs, tag)
    processor = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    started = time.monotonic()
    if not prover.verify(circuit, proof.instances, proof.proof):
        raise AssertionError("the proof does not verify")
    return proof.seconds, processor, memory, time.monotonic() - started


def measure() -> Figures:
    """Median over runs with different inputs."""
    circuit = ensure_circuit(load_recipe(RECIPES / "staking.toml"), BUILD / "circuits", BUILD / "srs")
    layout = circuit.manifest.layout
    one = 1 << layout.input_scale_bits
    runs = []
    for seed in range(RUNS):
        chance = random.Random(seed)
        inputs = [chance.randint(-one, one) for _ in range(layout.input_count)]
        runs.append(run_isolated(_measured, circuit, inputs, chance.getrandbits(layout.tag_bits)))
    wall, processor, memory, verify = (statistics.median(column) for column in zip(*runs, strict=True))
    return {
        "staking_prove_wall_s": round(wall, 2),
        "staking_prove_cpu_s": round(processor, 2),
        "staking_memory_mb": round(memory),
        "staking_verify_ms": round(verify * 1000, 1),
        "staking_proof_bytes": circuit.manifest.proof_bytes,
        "staking_rows": circuit.manifest.rows,
    }


BENCHMARK = Benchmark(
    name="proof",
    title="One proof of the staking circuit",
    method=f"Median of {RUNS} proofs of random inputs, each in a fresh process; witness included.",
    meanings={
        "staking_prove_wall_s": "wall seconds on two cores (to beat: 12)",
        "staking_prove_cpu_s": "processor seconds",
        "staking_memory_mb": "peak resident memory, MB (to beat: 1000)",
        "staking_verify_ms": "off-chain verification, milliseconds",
        "staking_proof_bytes": "bytes",
        "staking_rows": "rows used of 2^15",
    },
    measure=measure,
)
