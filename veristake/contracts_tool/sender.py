"""Sends the transactions of a deployment: each signed once for its nonce, journaled, sent, followed until mined."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils.crypto import keccak

from statements.errors import ChainError
from veristake.contracts_tool.fees import Fees, current_fees
from veristake.contracts_tool.journal import Attempt, Entry, Journal

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI
    from web3 import Web3

_GAS_MARGIN_PERCENT = 120
_AGAIN = "Run the same command again: it goes on where it stopped"


@dataclass(frozen=True)
class Patience:
    """How long to wait for a block.

    Attributes:
        timeout: seconds until a transaction that is not mined is an error.
        poll: seconds between two looks.
    """

    timeout: float
    poll: float


@dataclass(frozen=True)
class Call:
    """What a transaction does.

    Attributes:
        to: receiver; None creates a contract.
        data: calldata, or creation code.
    """

    to: str | None
    data: bytes


class Sender:
    """One account on one chain.

    Args:
        provider: Ape's connection.
        account: signs.
        journal: remembers.
        gas_price_cap: most wei per gas; None for no limit.
        patience: how long to wait.
    """

    def __init__(
        self,
        provider: ProviderAPI,
        account: AccountAPI,
        journal: Journal,
        gas_price_cap: int | None,
        patience: Patience,
    ) -> None:
        self._provider = provider
        self._account = account
        self._journal = journal
        self._cap = gas_price_cap
        self._patience = patience
        self._web3: Web3 = provider.web3
        self.address: str = account.address

    def transact(self, step: str, call: Call) -> Entry:
        """Have a step's transaction mined, unless it has been.

        Args:
            step: name, unique in the deployment.
            call: what it does.

        Raises:
            ChainError: it reverted, was not mined in time, or gas is too expensive.
        """
        entry = self._journal.get(step)
        with _chain_errors(step):
            if entry is not None:
                # also one that was mined: a reorganisation may have dropped it
                entry = self._take_up(entry, call)
            if entry is None:
                nonce = self._web3.eth.get_transaction_count(self._checksum(), "pending")
                entry = self._sign_and_send(step, nonce, call, ())
            return self._follow(entry)

    def is_unfinished(self, step: str) -> bool:
        """Whether a step was signed and nothing is known of its end."""
        entry = self._journal.get(step)
        return entry is not None and entry.mined is None

    def is_done(self, step: str) -> bool:
        """Whether a step was mined."""
        entry = self._journal.get(step)
        return entry is not None and entry.mined is not None

    def nonce_of(self, step: str) -> int:
        """Nonce that a step has, or would have if it came next."""
        entry = self._journal.get(step)
        return self._web3.eth.get_transaction_count(self._checksum(), "pending") if entry is None else entry.nonce

    def has_sent(self) -> bool:
        """Whether the journal knows any step."""
        return bool(self._journal.entries)

    def first_block(self) -> int:
        """Block of the first transaction; 0, before everything, when nothing had to be sent."""
        return min((entry.block for entry in self._journal.entries if entry.block is not None), default=0)

    def last_block(self) -> int:
        """Block of the last transaction; 0 when nothing had to be sent."""
        return max((entry.block for entry in self._journal.entries if entry.block is not None), default=0)

    def finish(self) -> None:
        """Write into the journal that the deployment has ended well; without a transaction there is none."""
        if self.has_sent() and not self._journal.complete:
            self._journal.finish()

    def _take_up(self, entry: Entry, call: Call) -> Entry | None:
        """A step that was signed before a crash: mined meanwhile, to be sent again, or impossible (None)."""
        mined = self._mined(entry)
        if mined is not None:
            return mined
        if self._web3.eth.get_transaction_count(self._checksum(), "latest") > entry.nonce:
            # the nonce is gone; a node may know that before it shows the receipt
            time.sleep(self._patience.poll)
            mined = self._mined(entry)
            if mined is None:
                self._journal.drop(entry.step)
            return mined
        entry = entry.model_copy(update={"mined": None, "block": None, "gas_used": None})
        last = entry.attempts[-1]
        fees = current_fees(self._web3, None)
        if fees.maximum <= last.max_fee:
            self._send(last.raw)
            return entry
        return self._sign_and_send(entry.step, entry.nonce, call, entry.attempts)

    def _sign_and_send(self, step: str, nonce: int, call: Call, earlier: tuple[Attempt, ...]) -> Entry:
        fees = current_fees(self._web3, self._cap, _fees_of(earlier[-1]) if earlier else None)
        raw = self._signed(call, nonce, fees)
        attempt = Attempt(
            hash="0x" + keccak(raw).hex(), raw="0x" + raw.hex(), max_fee=fees.maximum, priority_fee=fees.priority
        )
        entry = Entry(step=step, nonce=nonce, attempts=(*earlier, attempt))
        # first the disk, then the chain
        self._journal.put(entry)
        self._send(attempt.raw)
        return entry

    def _signed(self, call: Call, nonce: int, fees: Fees) -> bytes:
        draft: dict[str, Any] = {"from": self._checksum(), "data": "0x" + call.data.hex()}
        if call.to is not None:
            draft["to"] = self._web3.to_checksum_address(call.to)
        gas = self._web3.eth.estimate_gas(draft) * _GAS_MARGIN_PERCENT // 100  # type: ignore[arg-type]  # built key by key
        receiver = {} if call.to is None else {"receiver": draft["to"]}
        transaction = self._provider.network.ecosystem.create_transaction(
            type=2,
            chain_id=self._journal.identity.chain_id,
            data=call.data,
            nonce=nonce,
            gas_limit=gas,
            max_fee=fees.maximum,
            max_priority_fee=fees.priority,
            **receiver,
        )
        signed = self._account.sign_transaction(transaction)
        if signed is None:
            raise ChainError(f"account {self.address} does not sign", remedy=_AGAIN)
        return bytes(signed.serialize_transaction())

    def _send(self, raw: str) -> None:
        from web3.exceptions import Web3RPCError

        try:
            self._web3.eth.send_raw_transaction(raw)  # type: ignore[arg-type]  # hex text is one of its forms
        except Web3RPCError as error:
            # go-ethereum, Erigon, Anvil in this order; the transaction is where it should be
            if not any(words in str(error) for words in ("already known", "ALREADY_EXISTS", "already imported")):
                raise

    def _follow(self, entry: Entry) -> Entry:
        deadline = time.monotonic() + self._patience.timeout
        while True:
            mined = self._mined(entry)
            if mined is not None:
                return mined
            if time.monotonic() > deadline:
                raise ChainError(
                    f"{entry.step}: transaction {entry.attempts[-1].hash} (nonce {entry.nonce}) is not mined "
                    f"after {self._patience.timeout:.0f} s",
                    remedy=_AGAIN,
                )
            time.sleep(self._patience.poll)

    def _mined(self, entry: Entry) -> Entry | None:
        from web3.exceptions import TransactionNotFound

        for attempt in entry.attempts:
            try:
                receipt = self._web3.eth.get_transaction_receipt(attempt.hash)  # type: ignore[arg-type]  # hex text
            except TransactionNotFound:
                continue
            if receipt["status"] != 1:
                self._journal.drop(entry.step)
                raise ChainError(f"{entry.step}: transaction {attempt.hash} reverted", remedy=_AGAIN)
            done = entry.model_copy(
                update={"mined": attempt.hash, "block": receipt["blockNumber"], "gas_used": receipt["gasUsed"]}
            )
            if done != entry:
                self._journal.put(done)
            return done
        return None

    def _checksum(self) -> Any:
        return self._web3.to_checksum_address(self.address)


def _fees_of(attempt: Attempt) -> Fees:
    return Fees(maximum=attempt.max_fee, priority=attempt.priority_fee)


@contextmanager
def _chain_errors(what: str) -> Iterator[None]:
    from ape.exceptions import ApeException
    from requests.exceptions import RequestException
    from web3.exceptions import Web3Exception

    try:
        yield
    except (ApeException, Web3Exception, RequestException) as error:
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ChainError(f"{what} failed: {first_line}", remedy=_AGAIN) from error
