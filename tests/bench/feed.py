"""What observing, submitting and reading cost: real transactions on Anvil, with a real proof and a real verifier."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from staking_model.features import FeatureParameters
from statements.features_hash import features_hash
from statements.subject import model_id
from tests.bench.benchmark import Benchmark, Figures
from tests.integration.observer_chain import START_EPOCH, WEI, ObservedHome, deploy, observed_home
from verifier_gen import prover
from verifier_gen.build import ensure_circuit
from verifier_gen.circuit import Circuit
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.solidity import install_verifier
from veristake.toolchain import find_tool, tool_environment

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build"
SIZES_AND_GAS = PROJECT / "tests" / "foundry" / "snapshot.json"
EPOCHS = 34
"""The ring holds 32, so that every place in it has been written once."""
_MODEL = bytes.fromhex(model_id("veristake/bench/1")[2:])
_BASE_GAS = 21_000
_ACCOUNT_GAS = 2_600


def _gas(home: ObservedHome, call: Any) -> int:
    """Gas used by a transaction."""
    receipt = home.chain.wait_for(call.transact({"from": home.chain.accounts[0], "gas": 5_000_000}).to_0x_hex())
    if receipt["status"] != 1:
        raise AssertionError("a measured transaction reverted")
    return int(receipt["gasUsed"])


def _execution_gas(home: ObservedHome, call: Any) -> int:
    """Gas used by the called code alone: without the base cost and the calldata's (EIP-2028)."""
    data = bytes.fromhex(call._encode_transaction_data()[2:])
    return _gas(home, call) - _BASE_GAS - sum(4 if byte == 0 else 16 for byte in data)


def _deploy_compiled(home: ObservedHome, name: str, *arguments: Any) -> Any:
    """A contract that the integration tests do not compile, such as a generated verifier."""
    made = json.loads((BUILD / "forge" / "out" / f"{name}.sol" / f"{name}.json").read_text("utf-8"))
    factory = home.chain.web3.eth.contract(abi=made["abi"], bytecode=made["bytecode"]["object"])
    sent = factory.constructor(*arguments).transact({"from": home.chain.accounts[0], "gas": 15_000_000})
    return home.chain.web3.eth.contract(home.chain.wait_for(sent.to_0x_hex())["contractAddress"], abi=made["abi"])


def _circuit_tuple(home: ObservedHome, circuit: Circuit, verifier: Any) -> tuple[Any, ...]:
    manifest, layout = circuit.manifest, circuit.manifest.layout
    hashes = (manifest.onnx_hash, manifest.settings_hash, manifest.verifying_key_hash, manifest.srs_hash)
    code_hash = home.chain.web3.keccak(home.chain.web3.eth.get_code(verifier.address))
    shape = (layout.input_count, layout.tag_limbs, layout.tag_limb_bits, layout.output_count)
    scales = (layout.input_scale_bits, layout.output_scale_bits, manifest.maximum_duration, True)
    features = features_hash(**home.parameters.model_dump())
    beyond = (features, "0x" + "05" * 32, b"\0" * 32, "0x" + "00" * 20, 0, 6)
    return (verifier.address, code_hash, *hashes, *shape, *scales, *beyond)


def _proof(circuit: Circuit, home: ObservedHome, epoch: int) -> tuple[list[int], bytes, list[int]]:
    inputs = list(home.observer.functions.inputsOf(home.token.address, epoch).call()[0])
    made = run_isolated(prover.prove, circuit, inputs, 7)
    elements = list(made.instances.elements)
    return elements[-2:], bytes(made.proof), elements


def _observe(home: ObservedHome, epoch: int) -> None:
    home.observe(epoch, WEI + (epoch - START_EPOCH) * 10**12, WEI - (epoch - START_EPOCH) * 10**13)


def _source_gas(home: ObservedHome) -> int:
    """What the sources of an observation cost, each asked alone and cold."""
    token = home.token
    asked = (
        token.functions.totalSupply(),
        token.functions.getRate(),
        home.deposit.functions.cumulativeOf(token.address),
        home.price_feed.functions.latestRoundData(),
    )
    return sum(_execution_gas(home, call) + _ACCOUNT_GAS for call in asked)


def _measured(home: ObservedHome, circuit: Circuit) -> Figures:
    install_verifier(circuit.paths, circuit.manifest.verifier_contract, PROJECT / "contracts")
    subprocess.run([str(find_tool("forge", PROJECT)), "build", "--quiet"], env=tool_environment(PROJECT), check=True)
    verifier = _deploy_compiled(home, circuit.manifest.verifier_contract)
    authority = home.observer.functions.authority().call()
    registry = deploy(home.chain, "VerifierRegistry", authority, 0, 3600)
    feed = deploy(home.chain, "RiskFeed", home.observer.address, registry.address, 7200)
    adapter = _deploy_compiled(home, "RiskFeedAggregator", feed.address, _MODEL, home.token.address, 1)
    home.send(registry, "propose", _MODEL, _circuit_tuple(home, circuit, verifier))
    home.send(registry, "activate", _MODEL, 1, int(home.chain.web3.eth.get_block("latest")["timestamp"]) // 3600)
    for epoch in range(START_EPOCH, START_EPOCH + EPOCHS):
        _observe(home, epoch)
    totals = []
    for epoch in (START_EPOCH + EPOCHS - 2, START_EPOCH + EPOCHS - 1):
        outputs, proof, elements = _proof(circuit, home, epoch)
        totals.append(_gas(home, feed.functions.submit(_MODEL, home.token.address, epoch, outputs, 7, proof)))
    verify = _gas(home, verifier.functions.verifyProof(proof, elements))
    key = (_MODEL, home.token.address)
    figures = {
        "submit_total": totals[1],
        "submit_first": totals[0],
        "submit_verify": verify,
        "submit_overhead": totals[1] - verify,
        # the registry's account and its view, and the verifier's account, whose code hash is compared
        "registry_overhead": _execution_gas(home, registry.functions.servingAt(_MODEL, epoch)) + 2 * _ACCOUNT_GAS,
        "read_latest": _execution_gas(home, feed.functions.latestScore(*key)),
        "read_adapter": _execution_gas(home, adapter.functions.latestRoundData()),
        "inputs_of": _execution_gas(home, home.observer.functions.inputsOf(home.token.address, epoch)),
    }
    next_epoch = START_EPOCH + EPOCHS
    home.chain.call("evm_setNextBlockTimestamp", next_epoch * 3600 + 5)
    home.send(home.price_feed, "setAnswer", WEI, next_epoch * 3600)
    figures["observe_total"] = _gas(home, home.observer.functions.observe(home.token.address)) - _BASE_GAS
    figures["observe"] = figures["observe_total"] - _source_gas(home)
    return figures


def measure() -> Figures:
    """One chain, one asset, one tiny circuit; sizes and coverage are those of the committed snapshot."""
    circuit = ensure_circuit(load_recipe(RECIPES / "tiny.toml"), BUILD / "circuits", BUILD / "srs")
    parameters = FeatureParameters(input_scale_bits=circuit.manifest.layout.input_scale_bits)
    with tempfile.TemporaryDirectory() as folder, observed_home(Path(folder), parameters) as home:
        figures = _measured(home, circuit)
    snapshot = json.loads(SIZES_AND_GAS.read_text("utf-8"))
    figures["largest_contract_bytes"] = max(snapshot["bytes"].values())
    figures["branch_coverage_percent"] = snapshot["branch_coverage_percent"]
    return figures


BENCHMARK = Benchmark(
    name="feed",
    title="Observing, submitting and reading a score",
    method="Gas of real transactions on Anvil with a real proof of the tiny circuit; every storage slot is cold, as it "
    "is at the start of a transaction, and the ring has been written once.",
    meanings={
        "observe": "observe, without the base cost and what the sources themselves cost (to beat: 90,000)",
        "observe_total": "observe with its sources, without the base cost",
        "submit_total": "RiskFeed.submit, the whole transaction, once the asset has a score",
        "submit_first": "the same for an asset's first score",
        "submit_verify": "a transaction straight to the verifier with the same proof",
        "submit_overhead": "the difference (to beat: 130,000)",
        "registry_overhead": "of that, registry and adapter, cold (to beat: 22,000)",
        "read_latest": "latest score, read directly, cold (to beat: 10,000)",
        "read_adapter": "latest score, read through an AggregatorV3 adapter, cold (to beat: 15,000)",
        "inputs_of": "the model's inputs, read from the observer, cold",
        "largest_contract_bytes": "largest deployable contract of this project, bytes (limit: 24,576)",
        "branch_coverage_percent": "branches of contracts/feed and contracts/verification that Foundry's tests take",
    },
    measure=measure,
)
