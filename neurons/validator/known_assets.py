"""Refuses assets that would never be scored."""

from __future__ import annotations

from collections.abc import Sequence

from neurons.home_chain import HomeChain
from neurons.validator.settings import AssetSettings
from statements.errors import ConfigurationError


def require_known_assets(chain: HomeChain, assets: Sequence[AssetSettings]) -> None:
    """Make sure that the observer knows every asset.

    Raises:
        ConfigurationError: one of them has no config in the observer.
        ChainError: the chain cannot be reached, or the address is not an observer's.
    """
    for asset in assets:
        if chain.config_version(asset.token) == 0:
            settings = chain.settings
            raise ConfigurationError(
                f"asset {asset.symbol}: token {asset.token} is unknown to observer {settings.observer} "
                f"of chain {settings.chain_id}",
                remedy="Correct its token in [[assets]], or chain.observer; "
                "deployments/<chainId>.json or build/deployments/<chainId>.json holds both.",
            )
