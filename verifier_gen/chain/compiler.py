"""Compiles a generated verifier: through Ape where it is installed, else by the compiler itself; the code is the same.

In a folder of its own, because Ape writes its output beside the sources, and other runs may be writing there.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

from statements.errors import CircuitError
from verifier_gen.toolchain import SOLC_VERSION, ensure_solc, tool_environment

EVM_VERSION, OPTIMIZER_RUNS = "cancun", 200
"""As in ape-config.yaml and foundry.toml; a verifier does not compile without the optimizer (stack too deep)."""
LARGEST_CODE = 24_576
"""EIP-170: bytes of runtime code that a chain takes."""
_COMPILE_SECONDS = 300
_SOURCE = "contracts/generated/{}.sol"
_APE_CONFIG = f"""\
name: verifier
contracts_folder: contracts
default_ecosystem: ethereum
solidity:
  version: {SOLC_VERSION}
  evm_version: {EVM_VERSION}
  optimize: true
  optimization_runs: {OPTIMIZER_RUNS}
"""


@dataclass(frozen=True)
class CompiledVerifier:
    """A compiled contract.

    Attributes:
        abi: JSON ABI.
        creation_code: what a deployment sends.
        runtime_code: what then lies on the chain.
        solc_version: compiler.
    """

    abi: list[Any]
    creation_code: bytes
    runtime_code: bytes
    solc_version: str

    @property
    def is_deployable(self) -> bool:
        """Whether a chain takes it."""
        return len(self.runtime_code) <= LARGEST_CODE

    @property
    def code_hash(self) -> str:
        """keccak256 of the runtime code without the compiler's metadata, 0x-hex."""
        return "0x" + keccak(without_metadata(self.runtime_code)).hex()


def without_metadata(code: bytes) -> bytes:
    """Runtime code without the CBOR that solc appends: a map, and its length in the last two bytes."""
    length = int.from_bytes(code[-2:], "big") + 2
    tail = code[-length:]
    return code[:-length] if length <= len(code) and b"solc" in tail and tail[0] in (0xA1, 0xA2, 0xA3) else code


def compile_verifier(source: Path, contract: str, root: Path) -> CompiledVerifier:
    """Compile a generated verifier with the project's compiler and settings.

    Args:
        source: Solidity file without imports.
        contract: its contract's name.
        root: the checkout, where the compiler is.

    Raises:
        ConfigurationError: the compiler is not installed.
        CircuitError: it refuses the source.
    """
    ensure_solc(root)
    (root / "build" / "tmp").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="verifier-", dir=root / "build" / "tmp") as name:
        folder = Path(name)
        target = folder / _SOURCE.format(contract)
        target.parent.mkdir(parents=True)
        target.write_text(source.read_text("utf-8"), "utf-8")
        if importlib.util.find_spec("ape") is not None:
            return _by_ape(folder, contract, root)
        return _by_solc(folder, contract, root)


def _by_ape(folder: Path, contract: str, root: Path) -> CompiledVerifier:
    (folder / "ape-config.yaml").write_text(_APE_CONFIG, "utf-8")
    # a process of its own: Ape's project is global, and takes seconds to import
    command = [sys.executable, "-c", "from ape._cli import cli; cli()", "compile"]
    output = _run(command, contract, root, cwd=folder)
    try:
        artefact = json.loads((folder / ".build" / "__local__.json").read_text("utf-8"))
        found = artefact["contractTypes"][contract]
        return CompiledVerifier(
            abi=found["abi"],
            creation_code=_bytes(found["deploymentBytecode"]["bytecode"]),
            runtime_code=_bytes(found["runtimeBytecode"]["bytecode"]),
            solc_version=SOLC_VERSION,
        )
    except (OSError, KeyError, ValueError) as error:
        raise _refusal(contract, output) from error


def _by_solc(folder: Path, contract: str, root: Path) -> CompiledVerifier:
    name = _SOURCE.format(contract)
    request = {
        "language": "Solidity",
        "sources": {name: {"content": (folder / name).read_text("utf-8")}},
        "settings": {
            "evmVersion": EVM_VERSION,
            "optimizer": {"enabled": True, "runs": OPTIMIZER_RUNS},
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
        },
    }
    output = _run([str(ensure_solc(root)), "--standard-json"], contract, root, given=json.dumps(request))
    try:
        found = json.loads(output)["contracts"][name][contract]
    except (KeyError, ValueError) as error:
        raise _refusal(contract, output) from error
    return CompiledVerifier(
        abi=found["abi"],
        creation_code=_bytes(found["evm"]["bytecode"]["object"]),
        runtime_code=_bytes(found["evm"]["deployedBytecode"]["object"]),
        solc_version=SOLC_VERSION,
    )


def _run(command: list[str], contract: str, root: Path, *, given: str = "", cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own compiler on our own file
            command,
            input=given,
            capture_output=True,
            text=True,
            cwd=cwd,
            env=tool_environment(root),
            timeout=_COMPILE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CircuitError(
            f"the compiler did not finish {contract}: {type(error).__name__}", remedy="See: veristake doctor"
        ) from error
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr


def _bytes(code: str) -> bytes:
    return bytes.fromhex(code.removeprefix("0x"))


def _refusal(contract: str, output: str) -> CircuitError:
    errors = [line.strip() for line in output.splitlines() if "rror" in line]
    return CircuitError(
        f"verifier {contract} does not compile: {errors[0][:300] if errors else 'the compiler gave nothing'}",
        remedy="Use the EZKL and Solidity versions that the lock files pin",
    )
