"""A circuit of four inputs and 2^8 rows, and its verifier compiled and deployed: builds and proves in seconds."""

import json
import posixpath
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from web3.contract import Contract

from tests.integration.conftest import PROJECT
from verifier_gen.chain_layout import EVM_VERSION
from verifier_gen.recipe import CircuitRecipe
from veristake.demo.anvil import LocalChain, start_chain
from veristake.demo.processes import ProcessGroup
from veristake.toolchain import ensure_solc, find_tool

INPUTS, TAG_LIMBS, LOGROWS, SCALE_BITS = 4, 2, 8, 8


def write_network(path: Path) -> None:
    """y = 0.5 + w x, with the tag entering times zero."""
    weights = np.linspace(-0.2, 0.2, INPUTS, dtype=np.float32)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["product"]),
        helper.make_node("ReduceSum", ["tag"], ["sum"], keepdims=1),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["product", "nothing"], ["bound"]),
        helper.make_node("Add", ["bound", "half"], ["y"]),
    ]
    constants = [
        helper.make_tensor("w", TensorProto.FLOAT, [INPUTS, 1], weights),
        helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),
        helper.make_tensor("half", TensorProto.FLOAT, [1], [0.5]),
    ]
    sizes = {"x": INPUTS, "tag": TAG_LIMBS}
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name, size in sizes.items()]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1])]
    graph = helper.make_graph(nodes, "small", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)


def small_recipe(folder: Path, **changes: Any) -> CircuitRecipe:
    """The recipe; its network is written into ``folder``."""
    network = folder / "small.onnx"
    write_network(network)
    fields: dict[str, Any] = {
        "name": "small",
        "model_name": "veristake/small/1",
        "onnx": network,
        "verifier_contract": "SmallVerifier",
        "maximum_duration": 1,
        "inputs": INPUTS,
        "outputs": 1,
        "tag_limbs": TAG_LIMBS,
        "tag_limb_bits": 8,
        "input_scale": SCALE_BITS,
        "param_scale": SCALE_BITS,
        "logrows": LOGROWS,
        "num_inner_cols": 1,
        "decomp_base": 32,
        "decomp_legs": 4,
        "lookup_range": (-10, 10),
    }
    return CircuitRecipe(**{**fields, **changes})


def compile_solidity(sources: dict[str, str], contract: str) -> tuple[list[Any], str]:
    """ABI and creation code of a contract."""
    output = _compiled(sources, contract)
    return output["abi"], output["evm"]["bytecode"]["object"]


def compile_runtime(sources: dict[str, str], contract: str) -> bytes:
    """Code of a deployed contract that has no immutables."""
    return bytes.fromhex(_compiled(sources, contract)["evm"]["deployedBytecode"]["object"])


def _compiled(sources: dict[str, str], contract: str) -> dict[str, Any]:
    """By the project's compiler and settings (foundry.toml)."""
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            "evmVersion": EVM_VERSION,
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
        },
    }
    solc = subprocess.run(
        [str(ensure_solc(PROJECT)), "--standard-json"], input=json.dumps(request), capture_output=True, text=True
    )
    answer = json.loads(solc.stdout)
    failures = [error["formattedMessage"] for error in answer.get("errors", []) if error["severity"] == "error"]
    assert not failures, failures
    for contracts in answer["contracts"].values():
        if contract in contracts:
            found: dict[str, Any] = contracts[contract]
            return found
    raise AssertionError(f"{contract} is not in {list(sources)}")


@contextmanager
def local_chain(folder: Path) -> Iterator[LocalChain]:
    with ProcessGroup(folder / "logs") as processes:
        yield start_chain(processes, find_tool("anvil", PROJECT), 31337, genesis_timestamp=1_790_000_000)


def deploy(chain: LocalChain, sources: dict[str, str], contract: str, *arguments: Any) -> Contract:
    abi, code = compile_solidity(sources, contract)
    creation = chain.web3.eth.contract(abi=abi, bytecode="0x" + code).constructor(*arguments)
    receipt = chain.web3.eth.wait_for_transaction_receipt(creation.transact({"from": chain.accounts[0]}))
    assert receipt["status"] == 1
    return chain.web3.eth.contract(address=receipt["contractAddress"], abi=abi)


def project_sources(*paths: str) -> dict[str, str]:
    """Contracts of the project with all that they import."""
    sources: dict[str, str] = {}
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path in sources:
            continue
        root = PROJECT / "node_modules" if path.startswith("@") else PROJECT
        sources[path] = (root / path).read_text("utf-8")
        for imported in re.findall(r'^import .*"(.+)";$', sources[path], re.MULTILINE):
            relative = imported.startswith(".")
            waiting.append(
                posixpath.normpath(posixpath.join(posixpath.dirname(path), imported)) if relative else imported
            )
    return sources
