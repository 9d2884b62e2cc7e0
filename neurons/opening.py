"""What both neurons open at start, in the order in which it fails fastest."""

from __future__ import annotations

from daemon.settings import WalletSettings
from neurons.home_chain import HomeChain
from neurons.settings import ChainSettings
from signed_http.wallets import HotkeyKeypair, hotkey_of, open_wallet


def open_hotkey(settings: WalletSettings) -> HotkeyKeypair:
    """The hotkey that signs.

    Raises:
        ConfigurationError: it is missing or unusable.
    """
    return hotkey_of(open_wallet(settings.path, settings.name, settings.hotkey))


def open_chain(settings: ChainSettings) -> HomeChain:
    """The home chain, checked.

    Raises:
        ChainError: it cannot be reached or is not the one expected.
    """
    chain = HomeChain(settings)
    chain.check()
    return chain
