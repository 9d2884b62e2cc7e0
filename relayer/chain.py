"""One chain behind several endpoints: reads fail over, sends go to all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from relayer.chain_data import Block, Receipt, SendResult, parse_block, parse_receipt
from relayer.classify import RpcError, SendAnswer, judge_send
from relayer.fees import Market, typical_tip
from relayer.finality import FinalityMode, finalized_by_depth
from relayer.rpc import Endpoint, EndpointError
from relayer.settings import ChainSettings, FinalitySettings
from statements.errors import ChainError, ConfigurationError, VeristakeError

log = structlog.get_logger(__name__)

FEE_HISTORY_BLOCKS = 10
FEE_HISTORY_PERCENTILE = 50.0
READS_AT_ONCE = 8
"""So many questions to one chain are under way at most; the others wait for one of them."""


class Chain:
    """Typed reads and sends; every read that depends on a block takes it explicitly.

    Args:
        settings: of this chain.
    """

    def __init__(self, settings: ChainSettings) -> None:
        self.name = settings.name
        self.chain_id = settings.chain_id
        self.endpoints = [
            Endpoint(url, chain_id=settings.chain_id, timeout=settings.rpc_timeout_seconds, requests_per_second=rate)
            for url, rate in zip(settings.endpoints, settings.endpoint_rates, strict=True)
        ]
        self._reads = asyncio.Semaphore(_reads_at_once(settings))

    async def connect(self) -> None:
        """Check every endpoint's chain id.

        Raises:
            ConfigurationError: an endpoint serves another chain.
            ChainError: no endpoint answers.
        """
        answers = await asyncio.gather(
            *(endpoint.check_chain_id() for endpoint in self.endpoints), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, EndpointError):
                raise answer
        if all(isinstance(answer, EndpointError) for answer in answers):
            raise self._unreachable([_said(answer) for answer in answers if answer is not None])

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(endpoint.close() for endpoint in self.endpoints))

    async def block(self, which: int | str) -> Block | None:
        """A block by number or tag, None when the node has none there."""
        number = hex(which) if isinstance(which, int) else which
        found = await self._read("eth_getBlockByNumber", number, False)
        return None if found is None else parse_block(found)

    async def head(self) -> Block:
        """The latest block.

        Raises:
            ChainError: no endpoint has one.
        """
        block = await self.block("latest")
        if block is None:
            raise self._unreachable(["no latest block"])
        return block

    async def finalized(self, head: Block, policy: FinalitySettings) -> int:
        """Height of the newest final block, -1 when there is none yet."""
        if policy.mode is FinalityMode.DEPTH:
            return finalized_by_depth(head=head.reference.number, depth=policy.depth)
        block = await self.block("finalized")
        return -1 if block is None else block.reference.number

    async def simulate(self, *, sender: str, to: str, data: str, block: int) -> bytes:
        """``eth_call`` on the state after ``block``; returns what the call returns.

        Raises:
            RpcError: it reverts.
            ChainError: no endpoint answers.
        """
        answer = await self._read("eth_call", {"from": sender, "to": to, "data": data}, hex(block))
        return bytes.fromhex(answer[2:])

    async def estimate_gas(self, *, sender: str, to: str, data: str) -> int:
        """``eth_estimateGas``, units of gas.

        Raises:
            RpcError: it reverts.
            ChainError: no endpoint answers.
        """
        return int(await self._read("eth_estimateGas", {"from": sender, "to": to, "data": data}), 16)

    async def nonce(self, address: str, block: str) -> int:
        """Transactions of an account at ``latest`` or ``pending``."""
        return int(await self._read("eth_getTransactionCount", address, block), 16)

    async def balance(self, address: str, block: str) -> int:
        """Balance, wei."""
        return int(await self._read("eth_getBalance", address, block), 16)

    async def code(self, address: str, block: str) -> bytes:
        """Runtime code at an address."""
        return bytes.fromhex((await self._read("eth_getCode", address, block))[2:])

    async def market(self) -> Market:
        """Base fee of the next block and the usual tip of the last ones; the gas price where there is no base fee."""
        try:
            history = await self._read("eth_feeHistory", hex(FEE_HISTORY_BLOCKS), "latest", [FEE_HISTORY_PERCENTILE])
            fees = [int(fee, 16) for fee in history["baseFeePerGas"]]
            rewards = [int(reward[0], 16) for reward in history.get("reward") or ()]
        except (ChainError, RpcError, KeyError, TypeError):
            # a chain from before EIP-1559 has no such method
            fees, rewards = [], []
        # some chains without EIP-1559 answer with zeros
        if not any(fees) and (await self.head()).base_fee is None:
            return Market(base_fee=None, tip=int(await self._read("eth_gasPrice"), 16))
        base_fee = fees[-1] if fees else (await self.head()).base_fee
        return Market(base_fee=base_fee, tip=typical_tip(rewards))

    async def call(self, to: str, data: str) -> bytes:
        """``eth_call`` at the latest block.

        Raises:
            RpcError: it reverts.
            ChainError: no endpoint answers.
        """
        return bytes.fromhex((await self._read("eth_call", {"to": to, "data": data}, "latest"))[2:])

    async def receipt(self, transaction: str) -> Receipt | None:
        """Receipt of a transaction from the first endpoint that answers, None when it knows of none."""
        return parse_receipt(await self._read("eth_getTransactionReceipt", transaction))

    async def receipt_anywhere(self, transaction: str) -> Receipt | None:
        """Receipt from any endpoint; None only when *every* endpoint answered that there is none.

        Raises:
            ChainError: no endpoint has it and at least one did not answer, so that nothing can be concluded.
        """
        answers = await asyncio.gather(
            *(endpoint.ask("eth_getTransactionReceipt", transaction) for endpoint in self.endpoints),
            return_exceptions=True,
        )
        for answer in answers:
            found = parse_receipt(answer) if isinstance(answer, dict) else None
            if found is not None:
                return found
        failures = [_said(answer) for answer in answers if isinstance(answer, BaseException)]
        if failures:
            raise self._unreachable(failures)
        return None

    async def knows(self, transaction: str) -> bool:
        """Whether a node has the transaction, in a block or in its mempool."""
        return await self._read("eth_getTransactionByHash", transaction) is not None

    async def user_of_nonce(self, address: str, nonce: int, head: int) -> str | None:
        """Hash of the transaction in a block that used a nonce; None when the nodes do not hold the state to tell.

        The block is found by bisection: it is the first after which the account has sent more than ``nonce``.
        """
        low, high = 0, head
        try:
            while low < high:
                middle = (low + high) // 2
                if await self.nonce(address, hex(middle)) > nonce:
                    high = middle
                else:
                    low = middle + 1
            block = await self._read("eth_getBlockByNumber", hex(low), True)
        except (ChainError, RpcError):
            return None
        for transaction in (block or {}).get("transactions", ()):
            if transaction["from"].lower() == address.lower() and int(transaction["nonce"], 16) == nonce:
                return str(transaction["hash"])
        return None

    async def send(self, raw: bytes) -> list[SendResult]:
        """Send to all endpoints; their answers inform, and decide nothing."""
        return list(await asyncio.gather(*(_send(endpoint, raw) for endpoint in self.endpoints)))

    async def _read(self, method: str, *params: Any) -> Any:
        async with self._reads:
            return await self._read_from_any(method, params)

    async def _read_from_any(self, method: str, params: tuple[Any, ...]) -> Any:
        failures: list[str] = []
        for endpoint in sorted(self.endpoints, key=lambda endpoint: endpoint.rank):
            try:
                return await endpoint.ask(method, *params)
            except RpcError as error:
                if error.is_revert:
                    raise
                failures.append(f"{endpoint.label}: {error}")
                code = type(error).__name__
            except (EndpointError, ConfigurationError) as error:
                failures.append(error.message)
                code = type(error).__name__
            log.warning("endpoint_failed", chain=self.name, method=method, code=code, error=failures[-1])
        raise self._unreachable(failures)

    def _unreachable(self, failures: Sequence[str]) -> ChainError:
        return ChainError(
            f"chain {self.name} ({self.chain_id}) gives no answer: {'; '.join(failures)}",
            remedy="Check that its nodes run and that its endpoints are right; a running relayer keeps trying",
        )


def _reads_at_once(settings: ChainSettings) -> int:
    """So few that at least one endpoint lets the last of them go within its patience, half of which is for sends."""
    rates = [rate for rate in settings.endpoint_rates if rate is not None]
    if len(rates) < len(settings.endpoint_rates):
        return READS_AT_ONCE
    return max(1, min(READS_AT_ONCE, int(max(rates) * settings.rpc_timeout_seconds / 2)))


def _said(error: BaseException) -> str:
    """What went wrong at one endpoint; what to do about it is said once, for the chain."""
    return error.message if isinstance(error, VeristakeError) else str(error)


async def _send(endpoint: Endpoint, raw: bytes) -> SendResult:
    try:
        await endpoint.ask("eth_sendRawTransaction", "0x" + raw.hex())
    except RpcError as error:
        return SendResult(endpoint.label, judge_send(error), error.message)
    except (EndpointError, ConfigurationError) as error:
        return SendResult(endpoint.label, SendAnswer.UNREACHABLE, error.message)
    return SendResult(endpoint.label, SendAnswer.ACCEPTED, "")
