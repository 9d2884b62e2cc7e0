"""What miner and validator add to proving and verifying, and that nothing is lost under kills."""

import asyncio
import json
import logging
import random
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import ezkl
import structlog
from bittensor.keyfiles import Keypair
from eth_account import Account

from neurons.network import LocalNetwork, Role
from neurons.validator.assembly import Workings
from neurons.validator.scorekeeper import ScoringRule
from neurons.validator.store import open_store
from neurons.validator.timeouts import TimeoutRule
from neurons.validator.verification import Verifier
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError
from tests.bench.api_fairness import api_fairness
from tests.bench.benchmark import Benchmark, Figures
from tests.integration.neurons.parts import Home, home_chain
from tests.integration.neurons.subnet import Subnet
from tests.soak.neuron_requests import work_through
from verifier_gen import prover
from verifier_gen.build import ensure_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.pool import ProverPool
from verifier_gen.prover import Proof
from verifier_gen.recipe import RECIPES, load_recipe

BUILD = Path(__file__).resolve().parents[2] / "build"
VERIFICATIONS = 60
QUERIES = 40
SOAK_REQUESTS, SOAK_KILLS = 500, 20
SERVED = 60
"""Proofs that are shared out before the shares are counted."""


def measure() -> Figures:
    """All figures of the neurons."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    staking, tiny = (
        ensure_circuit(load_recipe(RECIPES / f"{name}.toml"), BUILD / "circuits", BUILD / "srs")
        for name in ("staking", "tiny")
    )
    proof = run_isolated(_proof, staking)
    bare = run_isolated(_bare_verifications, staking, proof)
    ours = asyncio.run(_verifications(staking, proof))
    with tempfile.TemporaryDirectory() as name, home_chain(tiny, Path(name) / "home") as home:
        folder = Path(name)
        overhead = _overhead(home, tiny, folder / "overhead")
        fairness = _fairness(home, tiny, folder / "fairness")
        between_customers = api_fairness(home, tiny, folder / "api", answers=SERVED)
        (folder / "soak").mkdir()
        soak = work_through(home, tiny, folder / "soak", requests=SOAK_REQUESTS, kills=SOAK_KILLS, seed=1)
    return {
        "bare_verifications_per_second": round(bare, 2),
        "verifications_per_second": round(ours, 2),
        "verify_over_bare_loop": round(ours / bare, 3),
        "overhead_median_ms": round(overhead * 1000, 1),
        "queue_fairness": round(fairness, 3),
        "api_fairness": round(between_customers, 3),
        "soak_requests": soak.requests,
        "soak_lost": soak.lost,
        "soak_double_scored": soak.double_scored,
        "soak_kills": soak.kills,
    }


def _proof(circuit: Circuit) -> Proof:
    layout = circuit.manifest.layout
    chance, one = random.Random(1), 1 << layout.input_scale_bits
    inputs = [chance.randint(-one, one) for _ in range(layout.input_count)]
    return prover.prove(circuit, inputs, chance.getrandbits(layout.tag_bits))


def _bare_verifications(circuit: Circuit, proof: Proof) -> float:
    """Verifications a second of a loop that calls ezkl.verify on a file."""
    with tempfile.TemporaryDirectory() as folder:
        file, paths = Path(folder) / "proof.json", circuit.paths
        file.write_text(json.dumps(prover.proof_document(proof.instances.elements, proof.proof)), "utf-8")
        began = time.perf_counter()
        for _ in range(VERIFICATIONS):
            if not ezkl.verify(file, paths.settings, paths.verifying_key, paths.srs):
                raise AssertionError("the proof does not verify")
        return VERIFICATIONS / (time.perf_counter() - began)


async def _verifications(circuit: Circuit, proof: Proof) -> float:
    """The same through the validator's verifier, one process, as many requests as come."""
    pool = ProverPool(1)
    verifier = Verifier(pool)
    try:
        await verifier.warm(circuit)
        began = time.perf_counter()
        found = await asyncio.gather(
            *(verifier.verify(circuit, proof.instances, proof.proof) for _ in range(VERIFICATIONS))
        )
        seconds = time.perf_counter() - began
    finally:
        verifier.close()
        pool.close()
    if not all(found):
        raise AssertionError("the proof does not verify")
    return VERIFICATIONS / seconds


def _overhead(home: Home, circuit: Circuit, folder: Path) -> float:
    """Median of what a query takes beside proving and verifying, seconds: HTTP, signatures, checks, state, scores."""
    folder.mkdir()
    subnet = Subnet(folder, home, circuit, Account.create())
    validator = Keypair.create_from_uri("//Measuring")
    network = LocalNetwork(folder / "network.json")
    network.register(validator.ss58_address, Role.VALIDATOR)
    subnet.start("miner")
    store, pool = open_store(f"sqlite:///{folder}/state.sqlite", validator.ss58_address), ProverPool(1)
    workings = Workings.build(
        keypair=validator,
        circuits={circuit.manifest.circuit_id: circuit},
        store=store,
        network=network,
        pool=pool,
        rule=ScoringRule(timeouts=TimeoutRule(floor=30.0, ceiling=60.0)),
    )

    async def query() -> list[float]:
        found, chance, layout = [], random.Random(2), circuit.manifest.layout
        one = 1 << layout.input_scale_bits
        for _ in range(QUERIES):
            inputs = tuple(chance.randint(-one, one) for _ in range(layout.input_count))
            answer = await workings.queries.run(circuit.manifest.circuit_id, inputs, 60.0)
            began = time.perf_counter()
            await workings.verifier.verify(circuit, answer.run.instances, answer.run.proof_bytes)
            verifying = time.perf_counter() - began
            found.append(answer.seconds - answer.run.prove_seconds - verifying)
        return found

    try:
        return statistics.median(asyncio.run(query()))
    finally:
        workings.verifier.close()
        pool.close()
        store.close()
        for process in subnet.running:
            process.clean_up()


def _fairness(home: Home, circuit: Circuit, folder: Path) -> float:
    """Smallest over largest share of three callers, one of whom always has ten times as many requests waiting."""
    folder.mkdir()
    subnet = Subnet(folder, home, circuit, Account.create())
    subnet.more_settings["miner"] = ""
    callers = [Keypair.create_from_uri(f"//Caller{number}") for number in range(3)]
    network = LocalNetwork(folder / "network.json")
    for caller in callers:
        network.register(caller.ss58_address, Role.VALIDATOR)
    subnet.start("miner")
    url, miner = f"http://127.0.0.1:{subnet.ports['miner']}", subnet.hotkeys["miner"]
    served: Counter[str] = Counter()
    chance, layout = random.Random(3), circuit.manifest.layout
    one = 1 << layout.input_scale_bits

    async def keep_asking(caller: Keypair) -> None:
        async with SignedClient(caller, url, miner, 120.0) as client:
            while served.total() < SERVED:
                request = {
                    "nonce": "0x" + chance.randbytes(32).hex(),
                    "circuit_id": circuit.manifest.circuit_id,
                    "inputs": [chance.randint(-one, one) for _ in range(layout.input_count)],
                    "deadline_seconds": 100.0,
                }
                try:
                    await client.post_json("/v1/queries", request)
                    # what was waiting when enough are served says nothing of the shares
                    if served.total() < SERVED:
                        served[caller.ss58_address] += 1
                except PeerRefusedError:
                    await asyncio.sleep(0.05)

    async def all_ask() -> None:
        greedy, *others = callers
        await asyncio.gather(
            *(keep_asking(greedy) for _ in range(20)), *(keep_asking(caller) for caller in others for _ in range(2))
        )

    try:
        asyncio.run(all_ask())
    finally:
        for process in subnet.running:
            process.clean_up()
    return min(served[caller.ss58_address] for caller in callers) / max(served.values())


BENCHMARK = Benchmark(
    name="neurons",
    title="Miner and validator",
    method=(
        f"Verification: {VERIFICATIONS} times the same proof of the staking circuit, through one verifier process and "
        "in a bare loop. All else with the tiny circuit, real processes and HTTP. "
        f"Overhead: {QUERIES} queries, total less "
        "what the miner's proof and the verification took. Fairness: three callers of one worker, one of whom has 20 "
        f"requests waiting where the others have two, until {SERVED} are served; "
        "between customers of the external API the same. Soak: customers' queries through the "
        "external API while validator and miners are killed at random."
    ),
    meanings={
        "bare_verifications_per_second": "bare ezkl.verify loop, staking circuit: verifications per second",
        "verifications_per_second": "the validator's verifier with one process: verifications per second",
        "verify_over_bare_loop": "the validator's verifier over the bare loop",
        "overhead_median_ms": "a query beside proving and verifying, median, milliseconds",
        "queue_fairness": "smallest over largest share served",
        "api_fairness": "smallest over largest share of the external API's answers",
        "soak_requests": "queries made",
        "soak_lost": "of those, without a verified answer",
        "soak_double_scored": "scores changed more than once for one request",
        "soak_kills": "how often a process was killed",
    },
    measure=measure,
)
