"""Attacks on the contracts, each on a snapshot beside the honest call, which must succeed there.

They run on forks of the demo's chains as they were before anything landed, so that nothing that is tried here touches
what the demo leaves running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_typing import HexStr
from web3 import Web3
from web3.exceptions import ContractLogicError

from statements.abi import load_abi
from statements.attestation import SignedAttestation
from statements.deployment import Deployment
from statements.proven_inference import ProvenInference
from statements.quantities import FIELD_MODULUS, to_field
from veristake.demo.anvil import LocalChain, contract_at
from veristake.demo.contract_errors import describe_revert
from veristake.demo.mock_abi import MOCK_ABI
from veristake.demo.processes import DemoError
from veristake.demo.result import AttackResult

_GAS = 5_000_000
_BUG = "This is a bug worth reporting, with build/demo/logs"
_PRICE_IS_OLD_AFTER_EPOCHS = 2


@dataclass(frozen=True)
class Call:
    """A call to a contract."""

    to: str
    data: str


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: what is tried.
        expected: name of the error that must refuse it.
        attack: the altered call.
        honest: the unaltered call, after the attack.
        before: calls that must succeed first.
        prepare: changes to the sandbox before all of that, such as its time.
    """

    name: str
    expected: str
    attack: Call
    honest: Sequence[Call] = ()
    before: Sequence[Call] = ()
    prepare: Callable[[LocalChain], None] = lambda _: None


@dataclass(frozen=True)
class Evidence:
    """What the attacks are made from.

    Attributes:
        honest: the proof under attack.
        other_asset: a valid proof of another asset's same epoch.
        other_circuit: a valid proof of another circuit for the same inputs and tag: outputs and bytes.
        attestation: what carries the inputs abroad.
    """

    honest: ProvenInference
    other_asset: ProvenInference
    other_circuit: tuple[tuple[int, ...], bytes]
    attestation: SignedAttestation


class AttackPlan:
    """Builds the attacks for one chain.

    Args:
        chain: the sandbox.
        deployment: its contracts.
        evidence: proofs and attestation.
    """

    def __init__(self, chain: LocalChain, deployment: Deployment, evidence: Evidence) -> None:
        self._deployment, self._evidence = deployment, evidence
        self._feed = contract_at(chain.web3, deployment.address("RiskFeed"), load_abi("RiskFeed"))
        name = "AssetObserver" if deployment.is_home else "AttestedInputs"
        self._source = contract_at(chain.web3, deployment.address(name), load_abi(name))

    def attacks(self) -> Iterator[Attack]:
        """All attacks on this chain."""
        yield from self._on_the_proof()
        yield from self._on_the_epoch()
        if self._deployment.is_home:
            yield self._stale_price()
        else:
            yield self._stranger_attests()

    def _on_the_proof(self) -> Iterator[Attack]:
        honest, other = self._evidence.honest, self._evidence.other_asset
        duration, risk = honest.instances.outputs
        # one unit down where one unit up would leave the range of outputs
        changed = risk - 1 if risk > 0 else risk + 1
        outputs, proof = self._evidence.other_circuit
        invalid = "ProofInvalid"
        yield self._beside("output changed by one unit", invalid, self._submit(outputs=(duration, changed)))
        yield self._beside(
            "another asset's proof",
            invalid,
            self._submit(outputs=other.instances.outputs, tag=other.instances.tag, proof=other.proof_bytes),
        )
        yield self._beside("proof of another circuit", invalid, self._submit(outputs=outputs, proof=proof))
        yield self._beside("changed request tag", invalid, self._submit(tag=honest.instances.tag ^ 1))
        yield self._beside(
            "instance plus the field modulus",
            "InstanceNotInField",
            self._submit(outputs=(duration + FIELD_MODULUS, risk)),
        )

    def _on_the_epoch(self) -> Iterator[Attack]:
        epoch = self._evidence.honest.subject.epoch
        first = [*self._inputs_abroad(), self._submit()]
        yield Attack("old epoch", "EpochNotNewer", self._submit(epoch=epoch - 1), before=first)
        yield Attack("same round twice", "AlreadyRecorded", self._submit(), before=first)
        yield self._beside("future epoch", "EpochInFuture", self._submit(epoch=epoch + 1))

    def _stranger_attests(self) -> Attack:
        stranger = Account.create()
        message = encode_typed_data(full_message=self._evidence.attestation.attestation.typed_data())
        signature = stranger.sign_message(message).signature
        return Attack(
            "inputs attested by a stranger", "NotAnAttester", self._attest(signature), honest=[*self._inputs_abroad()]
        )

    def _stale_price(self) -> Attack:
        subject = self._evidence.honest.subject
        asset = next(a for a in self._deployment.assets.values() if a.token == subject.asset)
        if asset.price_feed is None:
            raise DemoError("the home deployment names no price feed", remedy="Run the demo anew")
        later = (subject.epoch + _PRICE_IS_OLD_AFTER_EPOCHS) * self._deployment.epoch_length + 60
        set_answer = _price_feed_call(asset.price_feed, 10**18, later)
        observe = Call(self._source.address, self._source.encode_abi("observe", args=[asset.token]))

        def jump(chain: LocalChain) -> None:
            chain.call("evm_setNextBlockTimestamp", later)
            chain.call("evm_mine")

        return Attack("stale market price", "PriceStale", observe, honest=[set_answer, observe], prepare=jump)

    def _beside(self, name: str, expected: str, attack: Call) -> Attack:
        return Attack(name, expected, attack, honest=[self._submit()], before=self._inputs_abroad())

    def _inputs_abroad(self) -> list[Call]:
        """Abroad the inputs must be there before a proof can be."""
        if self._deployment.is_home:
            return []
        return [self._attest(bytes.fromhex(self._evidence.attestation.signature[2:]))]

    def _attest(self, signature: bytes) -> Call:
        argument = self._evidence.attestation.attestation.as_call_argument()
        return Call(self._source.address, self._source.encode_abi("attest", args=[argument, [signature]]))

    def _submit(
        self,
        *,
        epoch: int | None = None,
        outputs: Sequence[int] | None = None,
        tag: int | None = None,
        proof: bytes | None = None,
    ) -> Call:
        honest = self._evidence.honest
        given = outputs or honest.instances.outputs
        arguments: list[Any] = [
            honest.subject.model_id,
            honest.subject.asset,
            honest.subject.epoch if epoch is None else epoch,
            # a value beyond the field is handed over as it is: that is the attack
            [x if x >= FIELD_MODULUS else to_field(x) for x in given],
            honest.instances.tag if tag is None else tag,
            honest.proof_bytes if proof is None else proof,
        ]
        return Call(self._feed.address, self._feed.encode_abi("submit", args=arguments))


def _price_feed_call(feed: str, answer: int, updated_at: int) -> Call:
    contract = contract_at(Web3(), feed, MOCK_ABI)
    return Call(feed, contract.encode_abi("setAnswer", args=[answer, updated_at]))


def run_attack(chain: LocalChain, attack: Attack, sender: str) -> AttackResult:
    """Try one attack on a snapshot, and the honest calls on the same snapshot.

    Raises:
        DemoError: a call that had to come first failed, so that the attack would show nothing.
    """
    snapshot = chain.call("evm_snapshot")
    try:
        attack.prepare(chain)
        for call in attack.before:
            if not _succeeds(chain, call, sender):
                raise DemoError(
                    f"before the attack {attack.name!r} an honest call failed on chain {chain.chain_id}", remedy=_BUG
                )
        revert_data = _revert_data(chain, attack.attack, sender)
        went_through = _succeeds(chain, attack.attack, sender)
        honest = all(_succeeds(chain, call, sender) for call in attack.honest)
    finally:
        chain.call("evm_revert", snapshot)
    observed = "" if went_through else describe_revert(revert_data)
    return AttackResult(
        name=attack.name,
        chain_id=chain.chain_id,
        expected=attack.expected,
        observed=observed,
        revert_data=revert_data,
        unaltered_succeeded=honest,
        rejected=honest and not went_through and observed.startswith(f"{attack.expected}("),
    )


def _revert_data(chain: LocalChain, call: Call, sender: str) -> str:
    try:
        to, data = Web3.to_checksum_address(call.to), HexStr(call.data)
        chain.web3.eth.call({"from": Web3.to_checksum_address(sender), "to": to, "data": data, "gas": _GAS})
    except ContractLogicError as error:
        return str(error.data or "0x")
    return "0x"


def _succeeds(chain: LocalChain, call: Call, sender: str) -> bool:
    transaction = {"from": sender, "to": call.to, "data": call.data, "gas": hex(_GAS)}
    receipt = chain.wait_for(chain.call("eth_sendTransaction", transaction))
    return bool(receipt["status"] == 1)
