"""A local chain with the real contracts that a relayer writes to, for the relayer's tests."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from statements.attestation import InputAttestation, SignedAttestation
from statements.instances import InstanceLayout, Instances
from statements.proven_inference import ProvenInference
from statements.publication import Publication
from statements.subject import Subject, model_id
from tests.integration.forge_artifacts import PROJECT, artifact
from veristake.demo.processes import free_port
from veristake.toolchain import find_tool, tool_environment

HOME, ABROAD = 31337, 31338
OBSERVER = "0x00000000000000000000000000000000000000A1"
ATTESTER = Account.from_key("0x" + "77" * 32)
MODEL = "veristake/tiny-linear/1"
FEATURES_HASH = b"\x0f" * 32
LAYOUT = InstanceLayout(
    input_count=32, tag_limbs=8, tag_limb_bits=16, output_count=2, input_scale_bits=12, output_scale_bits=12
)
PLENTY = 10**20


class AsksAnvil:
    """Anvil's own methods, for a chain that has ``web3``."""

    web3: Web3

    def ask(self, method: str, *params: Any) -> Any:
        answer = self.web3.provider.make_request(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))


@dataclass(frozen=True)
class LocalChain(AsksAnvil):
    """Anvil with the contracts on it."""

    url: str
    web3: Web3
    deployer: str
    verifier: Contract
    registry: Contract
    attested_inputs: Contract
    risk_feed: Contract

    def fund(self, address: str, wei: int = PLENTY) -> None:
        self.ask("anvil_setBalance", address, hex(wei))

    @property
    def now(self) -> int:
        return int(self.web3.eth.get_block("latest")["timestamp"])

    @property
    def epoch(self) -> int:
        return self.now // 3600

    def sent_by(self, address: str) -> list[str]:
        """Hashes of an account's transactions, counted from the chain's blocks."""
        found = []
        for number in range(self.web3.eth.block_number + 1):
            block = self.web3.eth.get_block(number, full_transactions=True)
            found += ["0x" + bytes(t["hash"]).hex() for t in block["transactions"] if t["from"] == address]
        return found

    def attest(self, publication: Publication) -> None:
        """Put a publication's inputs on the chain, as an observer of a home chain would have them."""
        signed = attest_for(publication.inference, self, expiry=self.now + 86400)
        arguments = (signed.attestation.as_call_argument(), [bytes.fromhex(signed.signature[2:])])
        send(self.web3, self.attested_inputs.functions.attest(*arguments), self.deployer)

    def replace_attesters(self, attesters: list[str]) -> None:
        """Announce other attesters, all of whom have to sign, wait, and accept them."""
        contract = self.attested_inputs.functions
        send(self.web3, contract.announceAttesters(attesters, len(attesters)), self.deployer)
        self.ask("evm_increaseTime", contract.ATTESTER_DELAY().call())
        self.mine()
        send(self.web3, contract.acceptAttesters(), self.deployer)

    def recorded(self, publication: Publication) -> bool:
        subject = publication.inference.subject
        latest = self.risk_feed.functions.latestEpoch(bytes.fromhex(subject.model_id[2:]), subject.asset).call()
        return bool(latest == subject.epoch)


@contextmanager
def local_chain(chain_id: int, *arguments: str) -> Iterator[LocalChain]:
    """Anvil on a free port with the contracts deployed, until the block ends."""
    artifact("RiskFeed")  # compiled before the node starts, so that its time is not spent on it
    port = free_port()
    command = [str(find_tool("anvil", PROJECT)), "--port", str(port), "--chain-id", str(chain_id), "--silent"]
    process = subprocess.Popen([*command, "--slots-in-an-epoch", "1", *arguments], env=tool_environment(PROJECT))
    try:
        url = f"http://127.0.0.1:{port}"
        web3 = Web3(HTTPProvider(url))
        wait_until(web3.is_connected, "anvil does not start")
        yield _deploy_all(url, web3)
    finally:
        process.terminate()
        process.wait(10)


def wait_until(condition: Any, failure: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, failure
        time.sleep(0.05)


def send(web3: Web3, call: Any, sender: str) -> Any:
    receipt = web3.eth.wait_for_transaction_receipt(call.transact({"from": sender}), poll_latency=0.01)
    assert receipt["status"] == 1
    return receipt


def deploy(web3: Web3, sender: str, name: str, *arguments: Any) -> Contract:
    made = artifact(name)
    factory = web3.eth.contract(abi=made["abi"], bytecode=made["bytecode"]["object"])
    receipt = send(web3, factory.constructor(*arguments), sender)
    return web3.eth.contract(receipt["contractAddress"], abi=made["abi"])


def _deploy_all(url: str, web3: Web3) -> LocalChain:
    deployer = web3.eth.accounts[0]
    authority = deploy(web3, deployer, "Authority", deployer)
    verifier = deploy(web3, deployer, "AcceptingVerifier")
    registry = deploy(web3, deployer, "VerifierRegistry", authority.address, 0, 3600)
    attested = deploy(
        web3, deployer, "AttestedInputs", authority.address, HOME, OBSERVER, 3600, 32, [ATTESTER.address], 1, 1
    )
    feed = deploy(web3, deployer, "RiskFeed", attested.address, registry.address, 7200)
    digest = b"\x01" * 32
    code_hash = Web3.keccak(web3.eth.get_code(verifier.address))
    counts = (LAYOUT.input_count, LAYOUT.tag_limbs, LAYOUT.tag_limb_bits, LAYOUT.output_count)
    scales = (LAYOUT.input_scale_bits, LAYOUT.output_scale_bits)
    circuit = (verifier.address, code_hash, digest, digest, digest, digest, *counts, *scales, 2592000, True)
    beyond = (FEATURES_HASH, digest, b"\0" * 32, "0x" + "00" * 20, 0, 6)
    model = bytes.fromhex(model_id(MODEL)[2:])
    send(web3, registry.functions.propose(model, circuit + beyond), deployer)
    epoch = int(web3.eth.get_block("latest")["timestamp"]) // 3600
    send(web3, registry.functions.activate(model, 1, epoch), deployer)
    return LocalChain(url, web3, deployer, verifier, registry, attested, feed)


def attest_for(inference: ProvenInference, chain: LocalChain, *, expiry: int) -> SignedAttestation:
    subject = inference.subject
    attestation = InputAttestation(
        destination_chain_id=chain.web3.eth.chain_id,
        destination=chain.attested_inputs.address,
        home_chain_id=subject.home_chain_id,
        observer=subject.observer,
        home_block_hash="0x" + "ab" * 32,
        asset=subject.asset,
        epoch=subject.epoch,
        config_version=subject.config_version,
        observed_at=chain.now,
        expiry=expiry,
        features_hash="0x" + FEATURES_HASH.hex(),
        inputs=inference.instances.inputs,
    )
    signature = ATTESTER.sign_message(encode_typed_data(full_message=attestation.typed_data())).signature
    return SignedAttestation(attestation=attestation, signer=ATTESTER.address, signature="0x" + bytes(signature).hex())


def published(
    epoch: int,
    *,
    number: int = 1,
    validator: str = "validator",
    cursor: int = 1,
    abroad: LocalChain | None = None,
    instances: Instances | None = None,
    proof: bytes = b"proof",
    circuit_id: str = "0x" + "cc" * 32,
) -> Publication:
    """A publication about asset ``number``; its proof is real only when one is given."""
    instances = instances or Instances.build(LAYOUT, tuple(range(32)), 5, (100, 200))
    inference = ProvenInference(
        circuit_id=circuit_id,
        subject=Subject(
            home_chain_id=HOME,
            observer=OBSERVER,
            config_version=1,
            model_id=model_id(MODEL),
            asset=f"0x{number:040x}",
            epoch=epoch,
        ),
        instances=instances,
        proof="0x" + proof.hex(),
        prover="miner",
        prove_seconds=0.5,
    )
    attestations = (attest_for(inference, abroad, expiry=abroad.now + 86400),) if abroad else ()
    return Publication(
        cursor=cursor,
        published_at=1.0,
        inference=inference,
        attestations=attestations,
        validator=validator,
    )
