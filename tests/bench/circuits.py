"""Circuits side by side in one run: the peer's network at its settings and ours, the staking model, growth."""

import tempfile
import time
from pathlib import Path

from tests.bench import growth, peer, proof
from tests.bench.benchmark import Benchmark, Figures
from verifier_gen import ezkl_library
from verifier_gen.chain.measure import ChainTools, find_chain_tools
from verifier_gen.circuit import CircuitPaths
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.search.count import count_candidate
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.search.prove import prove_candidate
from verifier_gen.search.space import own_candidate
from verifier_gen.search.target import prepare_target, random_tests

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build"
TESTS = 40
_FROM_PROOF = ("staking_prove_wall_s", "staking_prove_cpu_s", "staking_memory_mb", "staking_proof_bytes")


def measure() -> Figures:
    """All figures; those of the peer's network where its files are at hand."""
    tools = find_chain_tools(PROJECT)
    staking = proof.measure()
    figures = {name: staking[name] for name in _FROM_PROOF} | _staking_steps(tools)
    return figures | peer.measure(tools) | growth.measure()


def _staking_steps(tools: ChainTools) -> Figures:
    """Gas, and what making the staking circuit takes step by step."""
    recipe = load_recipe(RECIPES / "staking.toml")
    folder = BUILD / "bench" / "staking"
    target = prepare_target(recipe, folder, random_tests(recipe.inputs, -1, 1, TESTS), range_given=True)
    candidate, paths, limits = own_candidate(recipe), CircuitPaths(folder / "circuit"), Limits()
    started = time.monotonic()
    counted = run_limited(limits, count_candidate, target, candidate, paths)
    count_s = time.monotonic() - started
    proven = prove_candidate(target, candidate, counted, paths, BUILD / "srs", tools, limits)
    if not proven.gas_measured:
        raise AssertionError("the staking verifier cannot be deployed")
    with tempfile.TemporaryDirectory(prefix="veristake-bench-") as name:
        started = time.monotonic()
        run_isolated(ezkl_library.generate_srs, Path(name) / "dev.srs", recipe.logrows)
        srs_s = time.monotonic() - started
    return {
        "staking_gas": int(proven.cost.gas),
        "staking_verifier_bytes": proven.verifier_bytes or 0,
        "staking_max_error": counted.max_error,
        "staking_setup_s": round(proven.setup_s, 1),
        "staking_srs_s": round(srs_s, 1),
        "staking_search_s_per_candidate": round(count_s, 1),
    }


BENCHMARK = Benchmark(
    name="circuits",
    title="Circuits",
    method="One run, one circuit after the other, each proof in a process of its own; the peer's network has the "
    "peer's weights in both circuits. Growth: `docs/images/circuit_growth.png`. GPU: not measured, no such machine "
    "at hand.",
    meanings={
        "staking_prove_wall_s": "staking circuit: wall seconds of a proof (aim: 6)",
        "staking_prove_cpu_s": "staking circuit: processor seconds of a proof (to beat: 14)",
        "staking_memory_mb": "staking circuit: peak resident memory, MB (to beat: 650)",
        "staking_proof_bytes": "staking circuit: bytes of a proof (to beat: 2600)",
        "staking_gas": "staking circuit: gas of a direct verification, tag included (to beat: 500000)",
        "staking_verifier_bytes": "staking circuit: bytes of the verifier's code",
        "staking_max_error": f"staking circuit: largest error against float on {TESTS} inputs, extremes included",
        "staking_setup_s": "staking circuit: key generation, wall seconds",
        "staking_srs_s": "development SRS for k=15, wall seconds",
        "staking_search_s_per_candidate": f"search: rows, {TESTS} witnesses and reference of a candidate, wall seconds",
        **peer.MEANINGS,
        **growth.MEANINGS,
    },
    measure=measure,
)
