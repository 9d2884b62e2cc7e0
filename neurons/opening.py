"""What both neurons open at start, in the order in which it fails fastest."""

from __future__ import annotations

from daemon.settings import WalletSettings
from neurons.home_chain import HomeChain
from neurons.network import LocalNetwork, Network
from neurons.network.bittensor_network import BittensorNetwork
from neurons.network.settings import LocalNetworkSettings
from neurons.settings import ChainSettings, NeuronSettings
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


def open_network(settings: NeuronSettings) -> Network:
    """The subnet that the settings name; nothing is read or written yet.

    Raises:
        ConfigurationError: it is on a chain, and the wallet that signs there is missing or unusable.
    """
    network = settings.network
    if isinstance(network, LocalNetworkSettings):
        return LocalNetwork(network.path, network.rules)
    wallet = settings.wallet
    return BittensorNetwork(network, open_wallet(wallet.path, wallet.name, wallet.hotkey))
