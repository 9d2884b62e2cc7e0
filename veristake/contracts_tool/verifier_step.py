"""A circuit's verifier: its own, or EZKL's reusable one, which a chain has once, with the circuit's artefact (VKA)."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.crypto import keccak

from statements.errors import ChainError, CircuitError
from verifier_gen.choices import VerifierKind
from verifier_gen.circuit import Circuit
from verifier_gen.solidity import read_vka
from veristake.contracts_tool.deployer import Contract, Deployer
from veristake.contracts_tool.vka import REUSABLE_VERIFIER, VKA_STORE, is_registered, store_code, store_creation

_NO_DIGEST, _NO_STORE = "0x" + "00" * 32, "0x" + "00" * 20


@dataclass(frozen=True)
class DeployedVerifier:
    """What a registry version pins of a verifier.

    Attributes:
        address: where it is.
        code_hash: EXTCODEHASH there.
        vka_digest: keccak256 of the artefact; zero for a verifier of its own.
        vka_store: contract that holds the artefact; zero for a verifier of its own.
        contracts: by name.
    """

    address: str
    code_hash: str
    vka_digest: str
    vka_store: str
    contracts: dict[str, Contract]


def deploy_verifier(deployer: Deployer, circuit: Circuit) -> DeployedVerifier:
    """Deploy a circuit's verifier; where it is reusable, also store its artefact and register it.

    Raises:
        ChainError: a transaction failed, or the verifier knows the artefact by another digest.
        CircuitError: the artefact is not the one of the manifest.
    """
    source = circuit.manifest.verifier_contract
    if circuit.manifest.verifier_kind is VerifierKind.MONOLITHIC:
        verifier = deployer.create(source)
        code_hash = deployer.code_hash(source, verifier.address)
        return DeployedVerifier(verifier.address, code_hash, _NO_DIGEST, _NO_STORE, {source: verifier})
    words = read_vka(circuit.paths.vka)
    digest = checked_digest(circuit, words)
    # named alike whatever the circuit: the next circuit finds it where this one has put it
    verifier = deployer.create(REUSABLE_VERIFIER, source=source)
    store = deployer.create_code(VKA_STORE, store_creation(words), store_code(words))
    deployer.send(
        f"registering the VKA of {circuit.manifest.name}",
        verifier,
        "registerVka",
        list(words),
        done=lambda: is_registered(deployer.web3, verifier.address, digest),
    )
    if not deployer.dry:
        _check_registered(deployer, verifier, words, digest)
    contracts = {
        REUSABLE_VERIFIER: verifier,
        VKA_STORE: deployer.web3.eth.contract(deployer.web3.to_checksum_address(store), abi=[]),
    }
    return DeployedVerifier(verifier.address, deployer.code_hash(source, verifier.address), digest, store, contracts)


def checked_digest(circuit: Circuit, words: tuple[bytes, ...]) -> str:
    """What a reusable verifier has to know an artefact by: keccak256 of its words, 0x-hex.

    Raises:
        CircuitError: the manifest says another digest.
    """
    digest = "0x" + keccak(b"".join(words)).hex()
    measured = circuit.manifest.chain.vka_digest if circuit.manifest.chain else None
    if measured is not None and measured != digest:
        raise CircuitError(
            f"VKA {circuit.paths.vka} has digest {digest}, the circuit's manifest says {measured}",
            remedy="Build the circuit again: veristake circuit build",
        )
    return digest


def _check_registered(deployer: Deployer, verifier: Contract, words: tuple[bytes, ...], digest: str) -> None:
    """Anybody may register anything: what counts is what this verifier calls this artefact."""
    answered = "0x" + bytes(verifier.functions.registerVka(list(words)).call()).hex()
    if answered != digest:
        raise ChainError(
            f"reusable verifier {verifier.address} knows the VKA by {answered}, its words have {digest}",
            remedy="Is this the right node? The verifier does not work as EZKL's does: do not propose the circuit",
        )
    if not is_registered(deployer.web3, verifier.address, digest):
        raise ChainError(
            f"reusable verifier {verifier.address} does not hold the VKA {digest} after its registration",
            remedy="Run the same command again; if it stays so, the verifier is not EZKL 23.0.5's",
        )
