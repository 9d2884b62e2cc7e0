"""The peer's network at the peer's own settings and as our rewritten circuit, in one run.

The network and settings lie outside the project and are optional; weights are unchanged in both circuits.
"""

import json
import random
import sys
import time
from pathlib import Path

from tests.bench.benchmark import Figures
from verifier_gen import ezkl_library
from verifier_gen.chain.measure import ChainTools
from verifier_gen.circuit import CircuitPaths
from verifier_gen.graph.rewrites_kinds import Rewrite
from verifier_gen.onnx_recipe import RunWishes, recipe_for
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.search.candidate import Candidate
from verifier_gen.search.count import count_candidate
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.search.prove import measured_proof, prove_candidate
from verifier_gen.search.target import prepare_target
from verifier_gen.srs import dev_srs

PROJECT = Path(__file__).resolve().parents[2]
PEER = PROJECT.parent / "shared" / "peer" / "lstm"
BUILD = PROJECT / "build"
LIMITS = Limits(seconds=3600, memory_bytes=18 << 30)
INPUTS, HIGHEST = 100, 0.85
"""The error is the largest over 100 inputs in [0, 0.85]."""
OURS = Candidate(
    rewrites=tuple(Rewrite), input_scale=14, param_scale=0, decomp_base=65_536, decomp_legs=1, lookup_margin=0.25
)
"""Found by the circuit search: one table, one column, one digit, unrolled."""

MEANINGS = {
    "peer_settings_cpu_s": "the peer's network at the peer's run arguments (k=19, two columns; other flags at EZKL's "
    "defaults): processor seconds of a proof",
    "peer_settings_memory_mb": "the same: peak resident memory, MB",
    "peer_settings_setup_s": "the same: key generation, wall seconds",
    "peer_network_ours_cpu_s": "the same network and weights as our circuit: processor seconds of a proof",
    "peer_network_ours_wall_s": "the same: wall seconds",
    "peer_network_ours_memory_mb": "the same: peak resident memory, MB (to beat: 3400)",
    "peer_network_ours_setup_s": "the same: key generation, wall seconds",
    "peer_network_ours_rows": "the same: rows of 2^18, one column",
    "peer_network_ours_proof_bytes": "the same: bytes of a proof (to beat: 4200)",
    "peer_network_ours_verifier_bytes": "the same: bytes of the verifier's code (a chain takes 24576)",
    "peer_network_ours_gas": "the same: gas of a direct verification (to beat: 670000)",
    "peer_network_ours_max_error": "the same: largest error against float on 100 inputs in [0, 0.85] (to beat: 3e-4)",
    "peer_cpu_ratio": "processor seconds at the peer's settings over ours (to beat: 3.3)",
}


def measure(tools: ChainTools) -> Figures:
    """Both circuits, one after the other; nothing where the peer's files are missing."""
    if not (PEER / "network.onnx").is_file():
        sys.stderr.write("peer's network is not at hand: its figures are left out\n")
        return {}
    chance = random.Random(1)
    tests = [[chance.uniform(0, HIGHEST) for _ in range(5)] for _ in range(INPUTS)]
    ours = _ours(tests, tools)
    theirs = _theirs(tests[-1])
    return theirs | ours | {"peer_cpu_ratio": round(theirs["peer_settings_cpu_s"] / ours["peer_network_ours_cpu_s"], 2)}


def _ours(tests: list[list[float]], tools: ChainTools) -> Figures:
    folder = BUILD / "bench" / "peer-ours"
    wishes = RunWishes(tag_limbs=0, logrows=20, decomp_base=16384, decomp_legs=2, lookup_range=(-100, 100))
    recipe = recipe_for(PEER / "network.onnx", wishes, name="peer")
    target = prepare_target(recipe, folder, tests, range_given=False)
    paths = CircuitPaths(folder / "circuit")
    counted = run_limited(LIMITS, count_candidate, target, OURS, paths)
    proven = prove_candidate(target, OURS, counted, paths, BUILD / "srs", tools, LIMITS)
    if not proven.gas_measured or proven.verifier_bytes is None:
        raise AssertionError("the verifier of the peer's network cannot be deployed")
    return {
        "peer_network_ours_cpu_s": round(proven.cost.cpu_s, 1),
        "peer_network_ours_wall_s": round(proven.wall_s, 1),
        "peer_network_ours_memory_mb": round(proven.cost.memory_mb),
        "peer_network_ours_setup_s": round(proven.setup_s, 1),
        "peer_network_ours_rows": counted.rows,
        "peer_network_ours_proof_bytes": int(proven.cost.proof_bytes),
        "peer_network_ours_verifier_bytes": proven.verifier_bytes,
        "peer_network_ours_gas": int(proven.cost.gas),
        "peer_network_ours_max_error": max(counted.max_error, proven.error),
    }


def _theirs(test: list[float]) -> Figures:
    paths = CircuitPaths(BUILD / "bench" / "peer-settings")
    paths.directory.mkdir(parents=True, exist_ok=True)
    recipe = _their_recipe(json.loads((PEER / "settings.json").read_text("utf-8"))["run_args"])
    run_limited(LIMITS, ezkl_library.write_settings, recipe.onnx, paths.settings, recipe)
    run_limited(LIMITS, ezkl_library.compile_circuit, recipe.onnx, paths.compiled, paths.settings)
    paths.srs.unlink(missing_ok=True)
    paths.srs.symlink_to(dev_srs(recipe.logrows, BUILD / "srs"))
    setup_s = run_limited(LIMITS, _timed_setup, paths)
    sample = (tuple(round(value * 2**recipe.input_scale) for value in test),)
    shown, _, processor, memory = run_limited(LIMITS, measured_proof, paths, sample)
    if not shown.verified:
        raise AssertionError("the proof at the peer's settings does not verify")
    paths.proving_key.unlink()
    return {
        "peer_settings_cpu_s": round(processor, 1),
        "peer_settings_memory_mb": round(memory),
        "peer_settings_setup_s": round(setup_s, 1),
    }


def _timed_setup(paths: CircuitPaths) -> float:
    started = time.monotonic()
    ezkl_library.setup(paths.compiled, paths.verifying_key, paths.proving_key, paths.srs)
    return time.monotonic() - started


def _their_recipe(arguments: dict[str, object]) -> CircuitRecipe:
    fields = {name: arguments[name] for name in CircuitRecipe.model_fields if name in arguments}
    fields |= {name: str(fields.pop(name)).lower() for name in list(fields) if name.endswith("_visibility")}
    return CircuitRecipe.model_validate(
        fields
        | {
            "name": "peer",
            "model_name": "peer",
            "onnx": PEER / "network.onnx",
            "verifier_contract": "PeerVerifier",
            "inputs": 5,
            "outputs": 1,
            "tag_limbs": 0,
            "tag_limb_bits": 1,
            "disable_freivalds": False,
        }
    )
