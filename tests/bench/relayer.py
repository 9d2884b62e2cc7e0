"""How quickly the relayer works, and that it loses nothing: on Anvil, with a cheap target."""

import asyncio
import logging
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import structlog
from eth_account import Account
from web3 import Web3

from relayer.keys import create_keystore
from relayer.rpc import Endpoint
from relayer.settings import ChainSettings
from tests.bench.benchmark import Benchmark, Figures
from tests.integration.relayer_operation import operating, start, stop
from tests.integration.relayer_rig import EVERY_TIME, BareChain, Rig, bare_chain
from tests.soak.relayer_jobs import log_as_an_operator, work_through
from verifier_gen.build import ensure_circuit
from verifier_gen.recipe import RECIPES, load_recipe

PROJECT = Path(__file__).resolve().parents[2]
JOBS = 600
JOBS_WITH_LATENCY = 120
LATENCY_SECONDS = 0.1
FINISHED_JOBS = 10_000
SOAK_JOBS, SOAK_KILLS = 5_000, 50
PUBLICATIONS = 20


def measure() -> Figures:
    """All figures of the relayer."""
    # this process only queues; what relays logs as an operator's does
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        chains = [stack.enter_context(bare_chain(31_337 + number)) for number in range(4)]
        for chain in chains:
            chain.ask("evm_setAutomine", True)
        bare = _bare_loop(chains[0])
        one = _together(chains[:1], folder / "one", JOBS, 0.0)
        four = _together(chains, folder / "four", JOBS, 0.0)
        one_late = _together(chains[:1], folder / "one-late", JOBS_WITH_LATENCY, LATENCY_SECONDS)
        four_late = _together(chains, folder / "four-late", JOBS_WITH_LATENCY, LATENCY_SECONDS)
        startup = _startup(chains[0], folder)
    figures = {
        "bare_loop_per_second": round(bare, 1),
        "one_signer_per_second": round(one, 1),
        "four_signers_per_second": round(four, 1),
        "throughput_ratio_one_signer": round(one / bare, 3),
        "throughput_four_over_one": round(four / one, 3),
        "throughput_four_over_one_latency": round(four_late / one_late, 3),
        "startup_10k_seconds": round(startup, 2),
        "publish_to_send_median_s": round(_publish_to_send(), 3),
    }
    return {**figures, **_soak()}


def _bare_loop(chain: BareChain) -> float:
    """Transactions a second of a loop that calls, estimates, signs and sends with a nonce of its own."""
    account = Account.create()
    chain.ask("anvil_setBalance", account.address, hex(10**20))
    eth = chain.web3.eth
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9, "chainId": chain.chain_id, "type": 2, "value": 0}
    began = time.perf_counter()
    for nonce in range(JOBS):
        call = {"from": account.address, "to": Web3.to_checksum_address("0x" + "77" * 20), "data": f"0x{nonce:064x}"}
        eth.call(call)  # type: ignore[arg-type]
        gas = eth.estimate_gas(call)  # type: ignore[arg-type]
        transaction = {"to": call["to"], "data": call["data"], "gas": gas, "nonce": nonce, **fees}
        eth.send_raw_transaction(account.sign_transaction(transaction).raw_transaction)
    return JOBS / (time.perf_counter() - began)


def _together(chains: list[BareChain], folder: Path, jobs: int, latency: float) -> float:
    """Jobs a second, from queued to included, of a relayer process for each chain, all at the same time."""
    folder.mkdir()
    rigs = [Rig(chain, f"sqlite:///{folder}/{number}.db") for number, chain in enumerate(chains)]
    for rig in rigs:
        for _ in range(jobs):
            rig.queue_as(rig.target, mode=EVERY_TIME)
        rig.engine.dispose()
    began = time.perf_counter()
    children = [_relay(rig, latency) for rig in rigs]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    seconds = time.perf_counter() - began
    complete = codes == [0] * len(rigs) and all(rig.tally() == [1] * jobs for rig in rigs)
    for rig in rigs:
        rig.close()
    if not complete:
        raise RuntimeError(f"a relayer did not land all of its {jobs} jobs once each: exit codes {codes}")
    return len(chains) * jobs / seconds


def _relay(rig: Rig, latency: float) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.set_event_loop(None)
            log_as_an_operator()
            _delay_requests(latency)
            again = Rig(rig.chain, rig.state_url, number=rig.number)
            while {"queued", "sent"} & set(again.counts()):
                again.step()
            code = 0
        finally:
            os._exit(code)
    return child


def _delay_requests(seconds: float) -> None:
    really_request = Endpoint._request

    async def request(self: Endpoint, method: str, params: tuple[object, ...]) -> object:
        await asyncio.sleep(seconds)
        return await really_request(self, method, params)

    if seconds:
        Endpoint._request = request  # type: ignore[method-assign]


def _startup(chain: BareChain, folder: Path) -> float:
    """Seconds from the start of a process to the end of its first look at the chain."""
    url = f"sqlite:///{folder}/finished.db"
    rig = Rig(chain, url)
    rig.queue_finished(FINISHED_JOBS)
    rig.close()
    create_keystore(folder / "keystore.json", folder / "password.txt", iterations=2)
    settings = ChainSettings(
        name="bare",
        chain_id=chain.chain_id,
        endpoints=(chain.url,),
        risk_feed=rig.target,
        keystore=folder / "keystore.json",
        password_file=folder / "password.txt",
    )
    command = [sys.executable, "-m", "tests.bench.first_look", settings.model_dump_json(), url]
    began = time.perf_counter()
    subprocess.run(command, cwd=PROJECT, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def _publish_to_send() -> float:
    """Median of the seconds from a publication in a validator's feed to its stored and sent transaction."""
    circuit = ensure_circuit(load_recipe(RECIPES / "tiny.toml"), PROJECT / "build/circuits", PROJECT / "build/srs")
    with tempfile.TemporaryDirectory() as folder, operating(circuit, Path(folder)) as operation:
        feed = operation.feeds[0]
        process = start(operation)
        published: dict[str, float] = {}
        try:
            for number in range(1, PUBLICATIONS + 1):
                publication = operation.publication(feed, number, number=number)
                operation.home.attest(publication)
                published[publication.inference.statement_id] = time.time()
                feed.publications.append(publication)
                time.sleep(0.37)
            deadline = time.monotonic() + 120
            sent: dict[str, float] = {}
            while len(sent) < PUBLICATIONS and time.monotonic() < deadline:
                jobs = operation.ask("/v1/jobs?limit=1000")["jobs"]
                home = [job for job in jobs if job["chain"] == "home" and job["sent_at"]]
                sent = {job["statement_id"]: job["sent_at"] for job in home}
                time.sleep(0.2)
        finally:
            stop(process)
    return statistics.median(sent[statement] - moment for statement, moment in published.items())


def _soak() -> Figures:
    """In a process of its own: relayers are its children, and would begin with the memory of all that came before."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(_soak_here).result()


def _soak_here() -> Figures:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder, bare_chain(31_337) as one, bare_chain(31_338) as other:
        outcome = work_through([one, other], Path(folder), jobs=SOAK_JOBS, kills=SOAK_KILLS, seed=1)
    return {
        "soak_jobs": outcome.jobs,
        "soak_lost": outcome.lost,
        "soak_duplicates": outcome.duplicates,
        "soak_kills": outcome.kills,
        "memory_peak_mb": round(outcome.memory_mb, 1),
    }


BENCHMARK = Benchmark(
    name="relayer",
    title="Relayer",
    method=(
        "Anvil with instant mining, a cheap target contract, SQLite. Each signer is a relayer process with a state of "
        "its own; the bare loop is web3.py with `eth_call`, estimate, sign, send and a local nonce, in the same "
        "run. Latency is added to each request in the client. The soak mines when told to."
    ),
    meanings={
        "bare_loop_per_second": f"bare loop, {JOBS} transactions: transactions per second",
        "one_signer_per_second": "relayer, from queued to included: jobs per second",
        "four_signers_per_second": "the same on four chains at once, their sum: jobs per second",
        "throughput_ratio_one_signer": "one signer over the bare loop",
        "throughput_four_over_one": "four signers on four chains over one",
        "throughput_four_over_one_latency": "the same with 100 ms added to each request",
        "startup_10k_seconds": "from process start to the end of the first look, 10,000 finished jobs, seconds",
        "publish_to_send_median_s": "from a proof in a validator's feed to its transaction sent, median, seconds",
        "soak_jobs": "jobs on two chains while the relayer is killed at random",
        "soak_lost": "of those, calls that are on no chain",
        "soak_duplicates": "transactions or calls beyond the first of each job, counted from the chains",
        "soak_kills": "how often the relayer was killed",
        "memory_peak_mb": "largest resident memory of a relayer process during the soak, MB",
    },
    measure=measure,
)
