"""Activates a version that was proposed, once its delay is over, and records that it serves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statements.abi import load_abi
from statements.deployment import DeployedModel, Deployment, ProposedModel
from statements.errors import ChainError, ConfigurationError
from veristake.contracts_tool.account_plan import AccountPlan, TransactionsPlan
from veristake.contracts_tool.accounts import open_account
from veristake.contracts_tool.authority import selector
from veristake.contracts_tool.checks import check_chain_id, check_funds
from veristake.contracts_tool.journal import Identity, Journal, read_journal
from veristake.contracts_tool.record import read_deployment, write_deployment
from veristake.contracts_tool.sender import Call, Patience, Sender
from veristake.contracts_tool.versions import STATUS_NAMES

if TYPE_CHECKING:
    from web3 import Web3

_POLL = 0.5


@dataclass(frozen=True)
class Activation:
    """A proposed version and its registry.

    Attributes:
        path: the deployment's file.
        deployment: its content.
        name: of the model.
        proposed: the version that waits.
        registry: web3 contract.
        web3: connection to the chain.
    """

    path: Path
    deployment: Deployment
    name: str
    proposed: ProposedModel
    registry: Any
    web3: Web3

    def live(self) -> Any:
        """The version as the registry has it now."""
        return self.registry.functions.version(self.proposed.model_id, self.proposed.version_id).call()

    def call(self, from_epoch: int | None) -> Call:
        """The call that activates it.

        Args:
            from_epoch: first epoch that it serves; the next one when None.
        """
        now = int(self.web3.eth.get_block("latest")["timestamp"])
        epoch = now // self.deployment.epoch_length + 1 if from_epoch is None else from_epoch
        arguments = [self.proposed.model_id, self.proposed.version_id, epoch]
        return Call(self.registry.address, bytes.fromhex(self.registry.encode_abi("activate", args=arguments)[2:]))

    def record(self) -> Path:
        """Write into the deployment that the version serves."""
        model = DeployedModel(
            model_id=self.proposed.model_id,
            version_id=self.proposed.version_id,
            circuit_id=self.proposed.circuit_id,
            from_epoch=self.live().fromEpoch,
            vka_digest=self.proposed.vka_digest,
        )
        update = {
            "models": {**self.deployment.models, self.name: model},
            "proposed": {name: each for name, each in self.deployment.proposed.items() if name != self.name},
        }
        return write_deployment(self.deployment.model_copy(update=update), self.path.parent)


def open_activation(path: Path, model: str | None, web3: Web3) -> Activation:
    """The version that a deployment records as proposed, checked against the chain.

    Args:
        path: the deployment's file.
        model: name of the model; may be left out when only one waits.
        web3: connection to the chain.

    Raises:
        ConfigurationError: none waits, or several do and none is named.
        ChainError: another chain, another circuit, or a version that cannot be activated (any more, or yet).
    """
    deployment = read_deployment(path)
    check_chain_id(web3, deployment.chain_id)
    name = _chosen(path, deployment, model)
    address = web3.to_checksum_address(deployment.address("VerifierRegistry"))
    registry = web3.eth.contract(address, abi=load_abi("VerifierRegistry"), decode_tuples=True)
    activation = Activation(path, deployment, name, deployment.proposed[name], registry, web3)
    _check(activation)
    return activation


def is_active(activation: Activation) -> bool:
    """Whether somebody has activated it already; only the record is to be brought up to date then."""
    return STATUS_NAMES[activation.live().status] == "Active"


def activate(
    activation: Activation,
    account_plan: AccountPlan,
    transactions: TransactionsPlan,
    from_epoch: int | None,
    provider: Any,
) -> None:
    """Send the activation, once.

    Args:
        activation: what to activate.
        account_plan: whose account; it needs the proposer's role.
        transactions: how to send.
        from_epoch: first epoch that it serves; the next one when None.
        provider: Ape's connection.

    Raises:
        ChainError: the account may not, has no funds, or the transaction failed.
    """
    account = open_account(account_plan)
    _check_may_activate(activation, account.address)
    check_funds(activation.web3, account.address)
    journal = _journal(activation, account.address)
    patience = Patience(timeout=transactions.timeout, poll=_POLL)
    sender = Sender(provider, account, journal, transactions.gas_price_cap, patience)
    sender.transact(f"activating {activation.name}", activation.call(from_epoch))
    sender.finish()


def _chosen(path: Path, deployment: Deployment, model: str | None) -> str:
    waiting = list(deployment.proposed)
    if model is None and len(waiting) == 1:
        return waiting[0]
    if model in waiting:
        return str(model)
    raise ConfigurationError(
        f"{path} records no proposed version of {model}"
        if model
        else f"{path} records {len(waiting)} proposed versions",
        remedy=f"Give --model, one of: {', '.join(waiting)}" if waiting else "Nothing waits to be activated",
    )


def _check(activation: Activation) -> None:
    live, proposed = activation.live(), activation.proposed
    what = f"{activation.name} version {proposed.version_id}"
    circuit_id = "0x" + bytes(live.circuit.verifyingKeyHash).hex()
    if circuit_id != proposed.circuit_id:
        raise ChainError(
            f"{what} is circuit {circuit_id} on the chain, {proposed.circuit_id} in the record",
            remedy="See: veristake contracts check",
        )
    status = STATUS_NAMES[live.status]
    if status == "Active":
        return
    if status != "Proposed":
        raise ChainError(f"{what} is {status}", remedy="Propose a new version")
    now = int(activation.web3.eth.get_block("latest")["timestamp"])
    if now < live.readyAt:
        raise ChainError(
            f"{what} can be activated from {live.readyAt} on; it is {now}",
            remedy=f"Come back in {live.readyAt - now} s: until then everybody can look at the circuit",
        )


def _check_may_activate(activation: Activation, account: str) -> None:
    manager_address = activation.web3.to_checksum_address(activation.deployment.address("AccessManager"))
    manager = activation.web3.eth.contract(manager_address, abi=load_abi("AccessManager"))
    function = selector(activation.registry.abi, "activate")
    immediate, _ = manager.functions.canCall(account, activation.registry.address, function).call()
    if not immediate:
        raise ChainError(
            f"account {account} may not activate versions", remedy="Use the proposer's account, or --calldata for it"
        )


def _journal(activation: Activation, sender: str) -> Journal:
    path = activation.path.with_suffix(".activation.json")
    proposed = activation.proposed
    subject = f"{proposed.model_id}/{proposed.version_id}"
    identity = Identity(
        chain_id=activation.deployment.chain_id,
        genesis="0x" + bytes(activation.web3.eth.get_block(0)["hash"]).hex(),
        plan="0x" + hashlib.sha256(subject.encode()).hexdigest(),
        sender=sender,
    )
    known = read_journal(path)
    return known if known is not None and known.identity == identity else Journal(path, identity)
