"""The account that pays, on one chain: what it may spend now, and transactions signed for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from relayer.chain import Chain
from relayer.chain_data import Block
from relayer.data_fee import op_stack_data_fee
from relayer.fees import DataFee, FeeLimits, Fees, Market, gas_limit
from relayer.keys import SignedTransaction, Signer
from relayer.nonces import Nonce, NonceView
from relayer.outbox.records import Terms


@dataclass(frozen=True)
class AccountView:
    """What one look at the chain says about fees and account; good for the jobs of one pass.

    Attributes:
        head: latest block.
        market: fees.
        balance: of the signer, wei.
        nonces: of the signer.
    """

    head: Block
    market: Market
    balance: int
    nonces: NonceView


class Account:
    """Signs for one (chain, signer).

    Args:
        chain: where.
        signer: who.
        limits: what fees are allowed.
        data_fee: whether the chain takes a fee for data on the chain below.
    """

    def __init__(self, chain: Chain, signer: Signer, limits: FeeLimits, data_fee: DataFee) -> None:
        self._chain = chain
        self._signer = signer
        self._data_fee = data_fee
        self.limits = limits
        self.address = signer.address

    async def look(self, head: Block) -> AccountView:
        """Fees, balance and nonces now.

        Raises:
            ChainError: no endpoint answers.
        """
        market, balance, nonces = await asyncio.gather(
            self._chain.market(), self._chain.balance(self.address, "latest"), self.nonces()
        )
        return AccountView(head=head, market=market, balance=balance, nonces=nonces)

    async def nonces(self) -> NonceView:
        """Nonces at ``latest`` and ``pending``.

        Raises:
            ChainError: no endpoint answers.
        """
        latest, pending = await asyncio.gather(
            self._chain.nonce(self.address, "latest"), self._chain.nonce(self.address, "pending")
        )
        return NonceView(latest=latest, pending=pending)

    async def terms(self, fees: Fees, *, to: str, data: str, block_gas_limit: int) -> Terms:
        """What a call costs at most: estimated, never guessed.

        Raises:
            RpcError: it reverts.
            GasAboveCapError: no block or transaction may hold it.
            ChainError: no endpoint answers.
        """
        estimate = await self._chain.estimate_gas(sender=self.address, to=to, data=data)
        gas = gas_limit(estimate=estimate, block_gas_limit=block_gas_limit)
        if self._data_fee is DataFee.NONE:
            return Terms(fees, gas)
        return Terms(fees, gas, data_fee=await op_stack_data_fee(self._chain, data))

    def sign(self, nonce: Nonce, terms: Terms, *, to: str, data: str) -> SignedTransaction:
        """A signed transaction without value."""
        transaction: dict[str, Any] = {
            "chainId": self._chain.chain_id,
            "nonce": nonce,
            "to": to,
            "value": 0,
            "data": data,
            "gas": terms.gas_limit,
        }
        if terms.fees.legacy:
            transaction["gasPrice"] = terms.fees.maximum
        else:
            transaction["type"] = 2
            transaction["maxFeePerGas"] = terms.fees.maximum
            transaction["maxPriorityFeePerGas"] = terms.fees.tip
        return self._signer.sign(transaction)
