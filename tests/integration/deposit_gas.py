"""What deposit, exit and claim cost, as whole transactions on Anvil.

The token is OpenZeppelin's ERC-20 with an unlimited allowance, which it does not write back; a restaker from before
keeps the contract's balance of it non-zero. Every storage slot is cold, as at the start of any transaction.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.observer_chain import bare_chain, deploy
from veristake.demo.anvil import LocalChain

ONE = 10**18
HOUR = 3600
TOKENS = 5


class _Stage:
    """OmronDeposit with five tokens; accounts 1 to 5 hold and allow all of them."""

    def __init__(self, chain: LocalChain) -> None:
        self.chain = chain
        self.owner, *self.users = chain.accounts[:6]
        self.manager, self.stranger = chain.accounts[6:8]
        self.tokens = [deploy(chain, "MockLiquidRestakingToken", "Renzo", "ezETH", ONE) for _ in range(TOKENS)]
        self.deposit = deploy(chain, "OmronDeposit", self.owner, [token.address for token in self.tokens])
        for token in self.tokens:
            for user in self.users:
                self.gas(self.owner, token.functions.mint(user, 1000 * ONE))
                self.gas(user, token.functions.approve(self.deposit.address, 2**256 - 1))

    def gas(self, sender: str, call: Any) -> int:
        """Gas used by a transaction, the base cost and the calldata's included.

        Raises:
            AssertionError: it reverted.
        """
        receipt = self.chain.wait_for(call.transact({"from": sender, "gas": 5_000_000}).to_0x_hex())
        assert receipt["status"] == 1
        return int(receipt["gasUsed"])

    def deposits(self, user: str, token: int, amount: int = 10 * ONE) -> int:
        return self.gas(user, self.deposit.functions.deposit(self.tokens[token].address, amount))

    def withdraws(self, user: str, token: int, amount: int, recipient: str) -> int:
        return self.gas(user, self.deposit.functions.withdraw(self.tokens[token].address, amount, recipient))

    def ends(self) -> None:
        for call in (self.deposit.functions.setClaimManager(self.manager), self.deposit.functions.stopDeposits()):
            self.gas(self.owner, call)


def _measured(stage: _Stage) -> dict[str, int]:
    first, restaker, seasoned, leaver, careful = stage.users
    figures = {"deposit_first_of_token": stage.deposits(first, 0)}
    figures["deposit_first"] = stage.deposits(restaker, 0)
    allowance = stage.tokens[0].functions.approve(stage.deposit.address, 900 * ONE)
    stage.gas(careful, allowance)
    figures["deposit_first_finite_allowance"] = stage.deposits(careful, 0)
    stage.deposits(first, 1)
    figures["deposit_second_token"] = stage.deposits(restaker, 1)
    figures["deposit_later"] = stage.deposits(restaker, 0)
    stage.deposits(seasoned, 0)
    for user, token in ((leaver, 0), (leaver, 1)):
        stage.deposits(user, token)
    figures["exit_part"] = stage.withdraws(leaver, 0, 4 * ONE, leaver)
    figures["exit_one"] = stage.withdraws(leaver, 0, 6 * ONE, leaver)
    figures["exit_to_new_recipient"] = stage.withdraws(leaver, 1, 4 * ONE, stage.stranger)
    stage.gas(stage.owner, stage.deposit.functions.startSeason(20_000))
    figures["deposit_next_season"] = stage.deposits(seasoned, 0)
    for _ in range(32):
        stage.gas(stage.owner, stage.deposit.functions.startSeason(20_000))
    figures["deposit_after_32_seasons"] = stage.deposits(seasoned, 0)
    for token in range(2, TOKENS):
        stage.deposits(first, token)
        stage.deposits(restaker, token)
    stage.ends()
    figures["claim"] = stage.gas(stage.manager, stage.deposit.functions.claim(restaker))
    figures["withdraw_tokens_of_five"] = stage.gas(stage.manager, stage.deposit.functions.withdrawTokens(restaker))
    return figures


def measured_deposit_gas(folder: Path) -> dict[str, int]:
    """Gas by name, on a chain of its own whose logs go to ``folder``."""
    with bare_chain(folder) as chain:
        return _measured(_Stage(chain))
