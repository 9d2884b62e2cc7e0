"""The network part of a settings file that `init` writes."""

from __future__ import annotations

import re

from statements.errors import ConfigurationError

_LOCAL_LINE = re.compile(r'^network = "build/network\.json".*\n', re.MULTILINE)
_HOST_LINE = re.compile(r'^host = "127\.0\.0\.1"', re.MULTILINE)
_URL_LINE = re.compile(r'^# external_url = "https?://[^:"]+:(\d+)".*\n', re.MULTILINE)

CHAINS = ("finney", "test", "local")
"""Chains that the SDK knows by name."""

_TABLE = """
[network]                              # a subnet on a Bittensor chain
kind = "bittensor"
endpoint = "{chain}"{pad}# finney, test, local, or the websocket URL of one node; no other is asked
netuid = {netuid}
refresh_seconds = 12.0                 # how old the list of neurons may be before it is read again
"""
_HOST = {"local": "127.0.0.2"}
"""A local chain refuses 127.0.0.1 but takes the rest of 127.0.0.0/8; elsewhere a neuron listens on every address."""


def with_chain(template: str, chain: str, netuid: int) -> str:
    """A template for a subnet on a chain, from the one for a local network.

    Args:
        template: as it is for a local network.
        chain: one of ``CHAINS``.
        netuid: number of the subnet.

    Raises:
        ConfigurationError: the chain is unknown, or the number is none.
    """
    if chain not in CHAINS or not 0 <= netuid <= 65_535:
        raise ConfigurationError(
            f"no subnet {netuid} on a chain {chain!r}", remedy=f"Chains: {', '.join(CHAINS)}; numbers: 0 to 65535."
        )
    host = _HOST.get(chain, "0.0.0.0")  # noqa: S104 - the operator's to narrow
    text = _HOST_LINE.sub(f'host = "{host}"', _LOCAL_LINE.sub("", template))
    if chain != "local":
        announced = 'external_url = "http://203.0.113.7:\\1"  # the address at which others reach this machine\n'
        text = _URL_LINE.sub(announced, text)
    pad = " " * max(2, 27 - len(chain))
    return text + _TABLE.format(chain=chain, netuid=netuid, pad=pad)
