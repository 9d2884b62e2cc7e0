"""Which statements are to be proved now: the epochs that the chain holds and that are not published."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from neurons.home_chain import HomeChain, InputsUnavailableError
from neurons.validator.asking import Due
from neurons.validator.settings import AssetSettings
from neurons.validator.store import ValidatorStore
from statements.subject import Subject, model_id

_log = structlog.get_logger(__name__)
UNAVAILABLE_BLOCKS = 16
"""An epoch without a whole window is given up when it is still so, so many blocks later."""


class DueFinder:
    """Looks at the chain for each asset's newest epoch.

    Args:
        assets: what to score.
        model: name of the model.
        input_scale_bits: scale at which the circuit takes its inputs.
        chain: the home chain.
        store: knows what is published.
    """

    def __init__(
        self,
        *,
        assets: Sequence[AssetSettings],
        model: str,
        input_scale_bits: int,
        chain: HomeChain,
        store: ValidatorStore,
    ) -> None:
        self._assets = assets
        self._model_id = model_id(model)
        self._input_scale_bits = input_scale_bits
        self._chain = chain
        self._store = store
        self._settled: dict[str, int] = {}
        self._newest: dict[str, int] = {}
        self._missing: dict[str, tuple[int, int]] = {}

    async def find(self) -> list[Due]:
        """Everything that is due now, looked at in one block.

        Raises:
            ChainError: the chain fails.
        """
        block = await asyncio.to_thread(self._chain.pinned_block)
        found = [await self._due(asset, block) for asset in self._assets]
        return [due for due in found if due is not None]

    def settled(self, due: Due) -> None:
        """The statement is published: it need not be looked up again."""
        self._settled[due.subject.asset] = due.subject.epoch

    async def _due(self, asset: AssetSettings, block: int) -> Due | None:
        try:
            epoch = await asyncio.to_thread(self._chain.latest_epoch, asset.token, block=block)
        except InputsUnavailableError:
            return None  # never observed yet
        self._note_superseded(asset, epoch)
        if self._settled.get(asset.token, 0) >= epoch:
            return None
        try:
            reading = await asyncio.to_thread(self._chain.read, asset.token, epoch, block=block)
            reading.require_scale(self._input_scale_bits)
        except InputsUnavailableError as error:
            self._unavailable(asset, epoch, block, error.message)
            return None
        home = self._chain.settings
        subject = Subject(
            home_chain_id=home.chain_id,
            observer=home.observer,
            config_version=reading.config_version,
            model_id=self._model_id,
            asset=asset.token,
            epoch=epoch,
        )
        if await asyncio.to_thread(self._store.is_published, subject.statement_id):
            self._settled[asset.token] = epoch
            return None
        return Due(symbol=asset.symbol, subject=subject, reading=reading)

    def _note_superseded(self, asset: AssetSettings, epoch: int) -> None:
        """Tell of an epoch that is given up for a newer one: feeds take only newer ones than they hold."""
        before = self._newest.get(asset.token, epoch)
        self._newest[asset.token] = epoch
        if before < epoch and self._settled.get(asset.token, 0) < before:
            _log.warning("epoch_superseded", symbol=asset.symbol, epoch=before, by=epoch)

    def _unavailable(self, asset: AssetSettings, epoch: int, block: int, reason: str) -> None:
        """A missing window stays so, unless the block goes away or the node has not seen all of it yet."""
        told, first = self._missing.get(asset.token, (0, 0))
        if told != epoch:
            self._missing[asset.token] = (epoch, block)
            _log.info("inputs_unavailable", symbol=asset.symbol, epoch=epoch, reason=reason)
        elif block >= first + UNAVAILABLE_BLOCKS:
            self._settled[asset.token] = epoch
