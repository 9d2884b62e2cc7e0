"""Watching what the signers have left: a warning in time, and an error when it is late."""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import Protocol

import structlog

from relayer.settings import ChainSettings
from statements.errors import VeristakeError

log = structlog.get_logger(__name__)

WATCH_SECONDS = 60.0


class Level(IntEnum):
    """How much an account has left."""

    ENOUGH = 0
    LOW = 1
    """Below ``balance_warning_wei``."""
    CRITICAL = 2
    """Below ``balance_critical_wei``."""


def level_of(balance: int, settings: ChainSettings) -> Level:
    """Where a balance stands.

    Args:
        balance: wei.
        settings: of the chain.
    """
    if balance < settings.balance_critical_wei:
        return Level.CRITICAL
    return Level.LOW if balance < settings.balance_warning_wei else Level.ENOUGH


class Balances(Protocol):
    """Reads balances; :class:`relayer.chain.Chain`."""

    async def balance(self, address: str, block: str) -> int:
        """Balance, wei."""


class BalanceWatch:
    """The balance of one chain's signer.

    Args:
        chain: to read from.
        settings: of the chain.
        address: of the signer.
    """

    def __init__(self, chain: Balances, settings: ChainSettings, address: str) -> None:
        self._chain = chain
        self._settings = settings
        self.address = address
        self.wei: int | None = None
        self.level: Level | None = None

    @property
    def name(self) -> str:
        """Name of the chain."""
        return self._settings.name

    async def run(self, stop: asyncio.Event) -> None:
        """Look until ``stop`` is set; a chain without an answer is its writer's trouble."""
        while not stop.is_set():
            try:
                await self.look()
            except VeristakeError as error:
                log.debug("balance_unknown", chain=self.name, error=str(error))
            try:
                await asyncio.wait_for(stop.wait(), WATCH_SECONDS)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Read the balance, and say when its level has changed.

        Raises:
            ChainError: no endpoint answers.
        """
        self.wei = await self._chain.balance(self.address, "latest")
        level = level_of(self.wei, self._settings)
        if level is self.level:
            return
        tell = {Level.ENOUGH: log.info, Level.LOW: log.warning, Level.CRITICAL: log.error}[level]
        tell("balance_level", chain=self.name, signer=self.address, balance_wei=self.wei, level=level.name.lower())
        self.level = level
