"""``veristake relayer init``: settings, key and wallet for somebody who starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from relayer.keys import create_keystore
from signed_http.wallets import hotkey_of, open_or_create
from statements.errors import ConfigurationError

_TEMPLATE = """\
# Settings of `veristake relayer`; docs/relayer.md explains each. Relative paths start at this file's folder.
# Environment variables win: VERISTAKE_RELAYER_PORT=8200, VERISTAKE_RELAYER_STATE_URL=...
state_url = "sqlite:///relayer.db"
circuits = ["/path/to/build/circuits/staking"]   # folders that `veristake circuit build` wrote
host = "127.0.0.1"
port = 8190

[wallet]                                          # signs requests to validators
path = "wallets"
name = "relayer"
hotkey = "default"

[[sources]]                                       # validators to pull from; any number
url = "http://127.0.0.1:8092"
hotkey = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"

[[chains]]                                        # the home chain: tokens and observer live there
name = "home"
chain_id = 31337
endpoints = ["http://127.0.0.1:8545"]             # several: reads fail over, sends go to all
# contracts: deployments/<chainId>.json of the checkout, of a local chain build/deployments/<chainId>.json
risk_feed = "0x0000000000000000000000000000000000000001"
keystore = "keystore.json"
password_file = "password.txt"
maximum_fee_per_gas_wei = 100_000_000_000
poll_seconds = 2.0
finality = { mode = "tag" }                       # or { mode = "depth", depth = 64 }

# [[chains]]                                      # abroad: inputs come through AttestedInputs
# name = "abroad"
# chain_id = 31338
# endpoints = ["http://127.0.0.1:8546"]
# risk_feed = "0x..."
# attested_inputs = "0x..."
# keystore = "keystore.json"
# password_file = "password.txt"
"""


@dataclass(frozen=True)
class Beginning:
    """What was made.

    Attributes:
        settings: the TOML file.
        address: account that pays for transactions; it needs funds on every chain.
        hotkey: ss58 address that asks validators.
    """

    settings: Path
    address: str
    hotkey: str


def begin(directory: Path) -> Beginning:
    """Write settings to edit, a new key with a random password, and a wallet.

    Raises:
        ConfigurationError: something of it exists; nothing is overwritten.
    """
    settings = directory / "relayer.toml"
    if settings.exists():
        raise ConfigurationError(f"{settings} exists", remedy="Edit it, or choose another folder")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        address = create_keystore(directory / "keystore.json", directory / "password.txt")
        wallet = open_or_create(directory / "wallets", "relayer")
        settings.write_text(_TEMPLATE, "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{directory} cannot be written: {error.strerror}", remedy="Choose another folder"
        ) from error
    return Beginning(settings=settings, address=address, hotkey=hotkey_of(wallet).ss58_address)
