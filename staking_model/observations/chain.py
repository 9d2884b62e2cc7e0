"""Observations, deposits and withdrawals from a chain.

The observer's events hold whole observations, so that history reaches back to the first block and not only as far as
the contract's ring.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from eth_utils.address import to_checksum_address
from web3 import Web3

from staking_model.chain_source import ObserverReader
from staking_model.features import FeatureParameters
from staking_model.observations.chain_logs import observed, stake_events
from staking_model.observations.endpoints import Endpoints
from staking_model.observations.log_reader import LogReader
from staking_model.observations.log_store import LogStore, Origin
from staking_model.observations.market_reader import MarketReading, read_market
from staking_model.observations.series import without_baselines
from staking_model.observations.source import AssetHistory
from statements.errors import ChainError, ConfigurationError
from statements.observation import Observation

Result = TypeVar("Result")


@dataclass(frozen=True)
class ChainPlace:
    """Where to read.

    Attributes:
        endpoints: JSON-RPC URLs, in order of preference.
        chain_id: EIP-155 id that each must have.
        observer: address of the AssetObserver.
        first_block: from which logs are read; the one in which the contracts were deployed, or before.
        confirmations: blocks below the newest that count as settled; None reads up to ``finalized``.
        state: file that remembers what has been read.
    """

    endpoints: tuple[str, ...]
    chain_id: int
    observer: str
    first_block: int
    confirmations: int | None
    state: Path


class ChainSource:
    """An observer and the deposit contract that it watches. Close it, or use it in a ``with``.

    Args:
        place: where to read.

    Raises:
        ConfigurationError: a setting is wrong, or the state file is about something else.
        ChainError: no node answers, or there is no observer.
    """

    def __init__(self, place: ChainPlace) -> None:
        self._endpoints = Endpoints(place.endpoints, place.chain_id)
        try:
            self._observer = to_checksum_address(place.observer)
        except ValueError as error:
            raise ConfigurationError(
                f"observer {place.observer!r} is no address", remedy="Give 0x and 40 hex digits"
            ) from error
        self._deposit = self._read("the observer", lambda reader: reader.deposit_contract("latest"))
        self.epoch_seconds = self._read("the observer", lambda reader: reader.epoch_length("latest"))
        addresses = tuple(sorted((self._observer, self._deposit), key=str.lower))
        origin = Origin(place.chain_id, tuple(address.lower() for address in addresses), place.first_block)
        self._store = LogStore(place.state, origin)
        self._logs = LogReader(self._endpoints, self._store, addresses, place.first_block, place.confirmations)

    def __enter__(self) -> ChainSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the state file."""
        self._store.close()

    def sync(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Read what is settled and new; see :meth:`LogReader.sync`."""
        return self._logs.sync(progress)

    def assets(self) -> tuple[str, ...]:
        """Token addresses that were observed, as far as has been read."""
        return tuple(observed(self._store.logs(), self._observer))

    def history(self, asset: str) -> AssetHistory:
        """The record of one asset, as far as has been read.

        Raises:
            ChainError: it was never observed.
        """
        token = to_checksum_address(asset)
        recorded = self._recorded(token)
        events = stake_events(self._store.logs(), self._deposit).get(token, [])
        return AssetHistory(token, self.epoch_seconds, without_baselines(recorded), tuple(events))

    def parameters(self, asset: str) -> FeatureParameters:
        """Factors of the features in the config of the newest observation."""
        version = self._recorded(to_checksum_address(asset))[-1].config_version
        block = self._newest_block()
        return self._read("the config", lambda reader: reader.parameters(asset, version, block))

    def market(self, asset: str) -> MarketReading:
        """What rate provider and price feed say at the newest block that has been read.

        Raises:
            ChainError: they cannot be read, or the node no longer holds that block.
        """
        version = self._recorded(to_checksum_address(asset))[-1].config_version
        block = self._newest_block()

        def read(web3: Web3) -> MarketReading:
            reader = ObserverReader(web3, self._observer)
            return read_market(web3, reader.market_addresses(asset, version, block), block)

        return self._endpoints.read("the market", read)

    def _recorded(self, token: str) -> list[Observation]:
        found = observed(self._store.logs(), self._observer).get(token)
        if not found:
            raise ChainError(
                f"asset {token} has never been observed by {self._observer}, as far as has been read",
                remedy="Check the asset's address and the first block, and that somebody calls observe(asset)",
            )
        return found

    def _newest_block(self) -> int:
        newest = self._store.newest()
        if newest is None:
            raise ChainError("nothing has been read yet", remedy="Read the chain first")
        return newest.block

    def _read(self, what: str, call: Callable[[ObserverReader], Result]) -> Result:
        return self._endpoints.read(what, lambda web3: call(ObserverReader(web3, self._observer)))
