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

    async def find(self) -> list[Due]:
        """Everything that is due now.

        Raises:
            ChainError: the chain fails.
        """
        found = [await self._due(asset) for asset in self._assets]
        return [due for due in found if due is not None]

    def settled(self, due: Due) -> None:
        """The statement is published: it need not be looked up again."""
        self._settled[due.subject.asset] = due.subject.epoch

    async def _due(self, asset: AssetSettings) -> Due | None:
        try:
            epoch = await asyncio.to_thread(self._chain.latest_epoch, asset.token)
        except InputsUnavailableError:
            return None  # never observed yet
        if self._settled.get(asset.token, 0) >= epoch:
            return None
        try:
            reading = await asyncio.to_thread(self._chain.read, asset.token, epoch)
            reading.require_scale(self._input_scale_bits)
        except InputsUnavailableError as error:
            # the window of an epoch is final: it will not become available later
            self._settled[asset.token] = epoch
            _log.info("inputs_unavailable", symbol=asset.symbol, epoch=epoch, reason=error.message)
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
