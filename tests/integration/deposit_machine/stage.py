"""OmronDeposit with three tokens and deposits in it, on Anvil and in the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.deposit_machine.model import BASIS_POINTS, DAY, MOST, DepositModel, Token
from tests.integration.feed_machine.node import Contract, Node
from tests.integration.observer_chain import bare_chain

PURSE = 10**24
MOST_ALLOWED = 2**256 - 1
PERMITTING = 1
"""Number of the token with ERC-2612 permits."""
PERMIT2_FILE = Path(__file__).resolve().parents[2] / "contracts" / "permit2.json"
PERMIT2 = "0x000000000022d473030f116ddee9f6b43ac78ba3"
PERMIT2_ERRORS = ("InvalidNonce()", "InvalidSigner()", "Error(string)")
"""The last is the form in which it passes any refusal of a token on."""
OWNER, MANAGER, STRANGER = 0, 4, 5
USERS = (1, 2, 3)
FIRST_DEPOSITS = ((1, 0, 10**21), (1, 1, 7 * 10**20 + 1), (2, 0, 3 * 10**18), (2, 2, 5 * 10**9), (3, 1, 10**21))
"""User, token, amount: of every token somebody has enough for a millionth of it to be many units."""


@dataclass(frozen=True)
class Stage:
    """Contracts; accounts of the node: owner, three users, manager, stranger."""

    node: Node
    deposit: Contract
    tokens: tuple[Contract, ...]
    chain_id: int


def _deployed(node: Node) -> tuple[Stage, DepositModel]:
    tokens = (
        node.deploy("MockAwkwardToken"),
        node.deploy("MockPermitToken", 18),
        node.deploy("MockDecimalsToken", 6),
    )
    node.install(PERMIT2, json.loads(PERMIT2_FILE.read_text("utf-8"))["runtime"], PERMIT2_ERRORS)
    owner, users = node.accounts[OWNER], [node.accounts[user] for user in USERS]
    addresses = [token.address for token in tokens]
    deposit = node.deploy("OmronDeposit", owner, addresses[:2])
    node.send(deposit.asked("addWeightedToken", addresses[2], 25_000, MOST, MOST), owner)
    node.send(deposit.asked("raiseClaimManagerDelay", 6 * DAY), owner)
    for token in tokens:
        node.send_together(*((token.asked("mint", user, PURSE), owner) for user in users))
        for spender in (deposit.address, PERMIT2):
            node.send_together(*((token.asked("approve", spender, MOST_ALLOWED), user) for user in users))
    weights = ((BASIS_POINTS, 18), (BASIS_POINTS, 18), (25_000, 6))
    made = [Token(a, *w, purse=dict.fromkeys(users, PURSE)) for a, w in zip(addresses, weights, strict=True)]
    made[PERMITTING].permits = dict.fromkeys(users, 0)
    model = DepositModel(deposit.address, owner, {token.address: token for token in made}, addresses, 6 * DAY)
    return Stage(node, deposit, tokens, int(node.rpc("eth_chainId"), 16)), model


@contextmanager
def deposit_stage(folder: Path) -> Iterator[tuple[Stage, DepositModel]]:
    """A chain of its own, whose logs go to ``folder``, and the model of it."""
    with bare_chain(folder) as chain:
        stage, model = _deployed(Node(chain.url, chain.timestamp + 1))
        for user, token, amount in FIRST_DEPOSITS:
            who, address = stage.node.accounts[user], stage.tokens[token].address
            model.deposit(stage.node.now, who, who, address, amount)
            stage.node.send(stage.deposit.asked("deposit", address, amount), who)
        yield stage, model
