"""Which journal a deployment goes on with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from statements.errors import ConfigurationError
from veristake.contracts_tool.journal import Identity, Journal, read_journal
from veristake.contracts_tool.plan import LOCAL_CHAIN_IDS, Plan

if TYPE_CHECKING:
    from web3 import Web3


def journal_path(folder: Path, chain_id: int) -> Path:
    """File of one chain's journal."""
    return folder / f"{chain_id}.journal.json"


def open_journal(folder: Path, plan: Plan, sender: str, web3: Web3) -> Journal:
    """The journal of this deployment, or an empty one, which is written with the first transaction.

    Args:
        folder: where deployments are recorded.
        plan: what is deployed.
        sender: who deploys.
        web3: connection to the chain.

    Raises:
        ConfigurationError: another deployment to this chain has not ended.
    """
    path = journal_path(folder, plan.chain_id)
    identity = Identity(
        chain_id=plan.chain_id,
        genesis="0x" + bytes(web3.eth.get_block(0)["hash"]).hex(),
        plan="0x" + hashlib.sha256(plan.model_dump_json().encode()).hexdigest(),
        sender=sender,
    )
    known = read_journal(path)
    if known is None or _is_of_a_past_local_chain(known, identity, web3):
        return Journal(path, identity)
    if known.identity == identity:
        return known
    if known.complete:
        return Journal(path, identity)
    changed = [field for field in Identity.model_fields if getattr(known.identity, field) != getattr(identity, field)]
    raise ConfigurationError(
        f"journal {path} is of a deployment that has not ended, with another {', '.join(changed)}",
        remedy="Finish that one with its own plan, or move the journal away if it is to be given up",
    )


def _is_of_a_past_local_chain(known: Journal, identity: Identity, web3: Web3) -> bool:
    """A developer's node forgets everything when it ends; its successor may even have the same first block."""
    if identity.chain_id not in LOCAL_CHAIN_IDS:
        return False
    from web3.exceptions import TransactionNotFound

    first = known.entries[0] if known.entries else None
    if first is None or first.mined is None:
        return known.identity != identity
    try:
        web3.eth.get_transaction(first.mined)  # type: ignore[arg-type]  # hex text is one of its forms
    except TransactionNotFound:
        return True
    return False
