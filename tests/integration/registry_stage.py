"""A registry on Anvil that takes the circuits of real EZKL builds, and what else a verification needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from tests.integration.forge_artifacts import PROJECT, artifact
from tests.integration.relayer_chain import deploy, send
from tests.integration.small_circuit import compile_solidity
from verifier_gen.chain.anvil import running_anvil
from verifier_gen.manifest import CircuitManifest
from veristake.contracts_tool.verifier_step import DeployedVerifier
from veristake.contracts_tool.versions import registry_circuit
from veristake.toolchain import find_tool

DELAY, EPOCH_LENGTH = 60, 3600
FEATURES_HASH = "0x" + "0f" * 32


@cache
def _compiled(source: str, name: str) -> tuple[list[Any], str]:
    """ABI and creation code, compiled once a run."""
    return compile_solidity({f"{name}.sol": source}, name)


@dataclass(frozen=True)
class RegistryStage:
    """Anvil with authority and registry; ``admin`` may do everything that is restricted."""

    web3: Web3
    admin: str
    registry: Contract

    def install(self, source: Path, name: str) -> Contract:
        """Deploy a generated verifier."""
        abi, code = _compiled(source.read_text("utf-8"), name)
        receipt = send(self.web3, self.web3.eth.contract(abi=abi, bytecode="0x" + code).constructor(), self.admin)
        installed: Contract = self.web3.eth.contract(receipt["contractAddress"], abi=abi)
        return installed

    def code_hash(self, contract: Contract) -> bytes:
        return keccak(bytes(self.web3.eth.get_code(contract.address)))

    def circuit(self, manifest: CircuitManifest, verifier: Contract, **changes: Any) -> dict[str, Any]:
        """The registry's ``Circuit`` of a build, with fields changed by name."""
        none = "0x" + "00" * 32
        deployed = DeployedVerifier(verifier.address, "0x" + self.code_hash(verifier).hex(), none, none[:42], {})
        return registry_circuit(manifest, deployed, FEATURES_HASH) | changes

    def serve(self, model: bytes, circuit: dict[str, Any]) -> int:
        """Propose a version, wait, and activate it from the first epoch that may be chosen; that epoch begins."""
        functions = self.registry.functions
        send(self.web3, functions.propose(model, circuit), self.admin)
        version = int(functions.versionCount(model).call())
        self.pass_time(DELAY)
        now = int(self.web3.eth.get_block("latest")["timestamp"])
        epoch = now // EPOCH_LENGTH + (version > 1)
        send(self.web3, functions.activate(model, version, epoch), self.admin)
        if version > 1:
            self.pass_time(EPOCH_LENGTH)
        return version

    def pass_time(self, seconds: int) -> None:
        for method, arguments in (("evm_increaseTime", [seconds]), ("evm_mine", [])):
            assert "error" not in self.web3.provider.make_request(method, arguments)  # type: ignore[arg-type]


@contextmanager
def registry_stage() -> Iterator[RegistryStage]:
    """A fresh Anvil with the registry, until the block ends."""
    artifact("VerifierRegistry")  # compiled before the node starts
    with running_anvil(find_tool("anvil", PROJECT)) as url:
        web3 = Web3(HTTPProvider(url))
        admin = web3.eth.accounts[0]
        authority = deploy(web3, admin, "Authority", admin)
        registry = deploy(web3, admin, "VerifierRegistry", authority.address, DELAY, EPOCH_LENGTH)
        yield RegistryStage(web3, admin, registry)
