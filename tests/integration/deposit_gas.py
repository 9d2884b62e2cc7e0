"""What deposit, exit and claim cost, as whole transactions on Anvil.

The token is OpenZeppelin's ERC-20 with an unlimited allowance, which it does not write back; a restaker from before
keeps the contract's balance of it non-zero. Every storage slot is cold, as at the start of any transaction; *warm* is
the same transaction with all that it touches in its access list, without what the list itself costs (EIP-2930).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.observer_chain import bare_chain, deploy
from veristake.demo.anvil import LocalChain

ONE = 10**18
HOUR = 3600
TOKENS = 5
LISTED_ADDRESS_GAS, LISTED_SLOT_GAS = 2_400, 1_900
"""Of an access list: EIP-2930."""


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
        # points have been earned since the last: in the same second there would be none to count
        self.chain.mine_at(self.chain.timestamp + HOUR)
        receipt = self.chain.wait_for(call.transact({"from": sender, "gas": 5_000_000}).to_0x_hex())
        assert receipt["status"] == 1
        return int(receipt["gasUsed"])

    def warm_gas(self, sender: str, call: Any) -> int:
        """What `gas` would be if all slots and accounts were warm; the chain stays as it was."""
        provider = self.chain.web3.provider
        self.chain.mine_at(self.chain.timestamp + HOUR)
        before = provider.make_request("evm_snapshot", [])["result"]
        transaction = call.build_transaction({"from": sender, "gas": 5_000_000})
        asked = {"from": sender, "to": transaction["to"], "data": transaction["data"]}
        listed = provider.make_request("eth_createAccessList", [asked, "latest"])["result"]["accessList"]
        sent = provider.make_request("eth_sendTransaction", [{**asked, "gas": hex(5_000_000), "accessList": listed}])
        receipt = self.chain.wait_for(sent["result"])
        assert receipt["status"] == 1
        provider.make_request("evm_revert", [before])
        slots = sum(len(entry["storageKeys"]) for entry in listed)
        return int(receipt["gasUsed"]) - LISTED_ADDRESS_GAS * len(listed) - LISTED_SLOT_GAS * slots

    def both(self, name: str, sender: str, function: str, *arguments: Any) -> dict[str, int]:
        """Gas of a call of the deposit contract, cold by its name and warm."""
        call = self.deposit.functions[function](*arguments)
        warm = self.warm_gas(sender, call)
        return {name: self.gas(sender, call), f"{name}_warm": warm}

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
    token = stage.tokens[0].address
    figures |= stage.both("deposit_first", restaker, "deposit", token, 10 * ONE)
    allowance = stage.tokens[0].functions.approve(stage.deposit.address, 900 * ONE)
    stage.gas(careful, allowance)
    figures["deposit_first_finite_allowance"] = stage.deposits(careful, 0)
    stage.deposits(first, 1)
    figures["deposit_second_token"] = stage.deposits(restaker, 1)
    figures |= stage.both("deposit_later", restaker, "deposit", token, 10 * ONE)
    stage.deposits(seasoned, 0)
    for number in (0, 1):
        stage.deposits(leaver, number)
    figures["exit_part"] = stage.withdraws(leaver, 0, 4 * ONE, leaver)
    figures |= stage.both("exit_one", leaver, "withdraw", token, 6 * ONE, leaver)
    figures["exit_to_new_recipient"] = stage.withdraws(leaver, 1, 4 * ONE, stage.stranger)
    stage.gas(stage.owner, stage.deposit.functions.startSeason(20_000))
    figures["deposit_next_season"] = stage.deposits(seasoned, 0)
    for _ in range(32):
        stage.gas(stage.owner, stage.deposit.functions.startSeason(20_000))
    figures["deposit_after_32_seasons"] = stage.deposits(seasoned, 0)
    for number in range(2, TOKENS):
        stage.deposits(first, number)
        stage.deposits(restaker, number)
    stage.ends()
    figures |= stage.both("claim", stage.manager, "claim", restaker)
    figures["withdraw_tokens_of_five"] = stage.gas(stage.manager, stage.deposit.functions.withdrawTokens(restaker))
    return figures


def measured_deposit_gas(folder: Path) -> dict[str, int]:
    """Gas by name, on a chain of its own whose logs go to ``folder``."""
    with bare_chain(folder) as chain:
        return _measured(_Stage(chain))
