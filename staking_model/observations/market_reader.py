"""Fair rate and market price as the contracts say them at a block, between two observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from eth_abi.exceptions import DecodingError
from eth_typing import ChecksumAddress, HexStr
from eth_utils.crypto import keccak
from web3 import Web3
from web3.types import BlockIdentifier

from staking_model.chain_source import decode_words, translated
from statements.errors import ChainError

PRICE_DECIMALS: Final = 18


@dataclass(frozen=True)
class MarketReading:
    """One asset's market at one block.

    Attributes:
        rate: fair rate, wei of ETH per 1e18 token units.
        price: market price, wei of ETH per 1e18 token units.
        price_updated_at: Unix time of the feed's newest answer, seconds.
    """

    rate: int
    price: int
    price_updated_at: int

    @property
    def premium(self) -> float:
        """Market price over fair rate, minus 1."""
        return self.price / self.rate - 1


def read_market(
    web3: Web3, contracts: tuple[ChecksumAddress, ChecksumAddress], block: BlockIdentifier
) -> MarketReading:
    """Read rate provider and price feed.

    Args:
        web3: connected to the chain.
        contracts: rate provider (``getRate()``) and price feed (AggregatorV3).
        block: to read at.

    Raises:
        ChainError: a contract reverts, is none, or says nothing that makes a market.
    """
    rates, prices = contracts
    (rate,) = _call(web3, rates, "getRate()", ("uint256",), block)
    types = ("uint80", "int256", "uint256", "uint256", "uint80")
    _round, answer, _started, updated_at, _answered_in = _call(web3, prices, "latestRoundData()", types, block)
    (decimals,) = _call(web3, prices, "decimals()", ("uint8",), block)
    if rate <= 0 or answer <= 0:
        raise ChainError(f"rate {rate} and price {answer} make no market", remedy="Wait until both are above 0")
    surplus = PRICE_DECIMALS - decimals
    price = answer * 10**surplus if surplus >= 0 else answer // 10**-surplus
    return MarketReading(rate, price, updated_at)


def _call(
    web3: Web3, address: ChecksumAddress, signature: str, types: tuple[str, ...], block: BlockIdentifier
) -> tuple[int, ...]:
    what = f"{signature} of {address}"
    data = HexStr("0x" + keccak(text=signature)[:4].hex())
    raw = translated(lambda: web3.eth.call({"to": address, "data": data}, block_identifier=block), what)
    remedy = "Check the addresses in the asset's config"
    # checked before decoding: see ObserverReader
    if not raw:
        raise ChainError(f"{what} gave no answer", remedy=remedy)
    try:
        values: tuple[int, ...] = decode_words(types, bytes(raw))
    except DecodingError as error:
        raise ChainError(f"{what} gave {len(raw)} bytes that are no {', '.join(types)}", remedy=remedy) from error
    return values
