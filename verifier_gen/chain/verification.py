"""Deploys a verifier, has it check a proof, and sees it refuse changed ones; the only module here that imports web3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from web3 import Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError, Web3Exception

from statements.errors import CircuitError
from statements.quantities import FIELD_MODULUS
from verifier_gen.chain.compiler import CompiledVerifier
from verifier_gen.prover import Proof
from verifier_gen.tampering import BUILD_FLIPS, BUILD_SWAPS, check_tampering, tampered_proofs

_GAS_LIMIT = 16_000_000
_REQUEST_SECONDS = 60
_REMEDY = "Do not deploy this circuit; see docs/circuits.md"


@dataclass(frozen=True)
class OnChain:
    """What a verifier did on a chain.

    Attributes:
        verification_gas: of the transaction that verified.
        registration_gas: of registering the VKA; None without one.
        vka_digest: keccak256 of the VKA's words, 0x-hex; None without one.
    """

    verification_gas: int
    registration_gas: int | None
    vka_digest: str | None


def verify_on_chain(url: str, verifier: CompiledVerifier, proof: Proof, vka: Sequence[bytes] = ()) -> OnChain:
    """Deploy a verifier and try a true proof, a changed output and a changed proof on it.

    Args:
        url: JSON-RPC endpoint with unlocked accounts.
        verifier: what to deploy.
        proof: a proof that verifies off-chain.
        vka: words of the verifying key artefact, for a reusable verifier.

    Raises:
        CircuitError: it cannot be deployed, refuses the true proof or accepts a changed one.
    """
    web3 = Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": _REQUEST_SECONDS}))
    try:
        contract = _deployed(web3, verifier)
        registration = _sent(web3, contract.functions.registerVka(list(vka))) if vka else None
        instances = list(proof.instances.elements)
        gas = _sent(web3, _call(contract, proof.proof, instances, vka))
        if not _accepts(web3, contract, proof.proof, instances, vka):
            raise CircuitError("the verifier on the chain refuses a proof that verifies off-chain", remedy=_REMEDY)
        changed_output = [*instances[:-1], (instances[-1] + 1) % FIELD_MODULUS]
        changed_proof = proof.proof[:-1] + bytes([proof.proof[-1] ^ 1])
        for what, content, elements in (
            ("output", proof.proof, changed_output),
            ("proof", changed_proof, instances),
        ):
            if _accepts(web3, contract, content, elements, vka):
                raise CircuitError(f"the verifier on the chain accepts a changed {what}", remedy=_REMEDY)
        changes = tampered_proofs(instances, proof.proof, flips=BUILD_FLIPS, swaps=BUILD_SWAPS)
        check_tampering(
            instances, proof.proof, changes, lambda shown, claimed: _accepts(web3, contract, claimed, list(shown), vka)
        ).require()
    except Web3Exception as error:
        raise CircuitError(f"the verifier fails on the chain: {error}", remedy=_REMEDY) from error
    digest = "0x" + bytes(Web3.keccak(b"".join(vka))).hex() if vka else None
    return OnChain(gas, registration, digest)


def _deployed(web3: Web3, verifier: CompiledVerifier) -> Contract:
    factory = web3.eth.contract(abi=verifier.abi, bytecode=verifier.creation_code)
    # the untyped transact takes any keys
    transaction = factory.constructor().transact({"from": web3.eth.accounts[0]})
    receipt = web3.eth.wait_for_transaction_receipt(transaction, timeout=_REQUEST_SECONDS, poll_latency=0.05)
    address = receipt["contractAddress"]
    if receipt["status"] != 1 or address is None:
        raise CircuitError("the verifier cannot be deployed", remedy=_REMEDY)
    return web3.eth.contract(address=address, abi=verifier.abi)


def _call(contract: Contract, proof: bytes, instances: list[int], vka: Sequence[bytes]) -> Any:
    arguments = (proof, instances, list(vka)) if vka else (proof, instances)
    return contract.functions.verifyProof(*arguments)


def _sent(web3: Web3, call: Any) -> int:
    """Gas of a transaction that must succeed."""
    transaction = call.transact({"from": web3.eth.accounts[0], "gas": _GAS_LIMIT})
    receipt = web3.eth.wait_for_transaction_receipt(transaction, timeout=_REQUEST_SECONDS, poll_latency=0.05)
    if receipt["status"] != 1:
        raise CircuitError("a transaction to the verifier with a true proof reverts", remedy=_REMEDY)
    return int(receipt["gasUsed"])


def _accepts(web3: Web3, contract: Contract, proof: bytes, instances: list[int], vka: Sequence[bytes]) -> bool:
    data = _call(contract, proof, instances, vka)._encode_transaction_data()
    try:
        answer = web3.eth.call({"to": contract.address, "data": data, "gas": _GAS_LIMIT})
    except ContractLogicError:
        return False
    # the reusable verifier answers more than (bool, bytes32); what follows is not to be relied on
    same_vka = not vka or answer[32:64] == Web3.keccak(b"".join(vka))
    return same_vka and len(answer) >= 32 and int.from_bytes(answer[:32], "big") == 1
