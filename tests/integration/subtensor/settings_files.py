"""Settings files and wallets of neurons whose subnet is on the double."""

from __future__ import annotations

from pathlib import Path

from signed_http.wallets import open_or_create
from tests.integration.subtensor.stand import NETUID, Keys


def write_settings(
    folder: Path, role: str, url: str, *, host: str = "127.0.0.2", port: int = 8091
) -> tuple[Path, Keys]:
    """A neuron's settings file, and its wallet, which is made when there is none."""
    wallet = open_or_create(folder / "wallets", role)
    only = {
        "miner": 'circuits = ["circuit"]',
        "validator": 'circuit = "circuit"\nassets = [{ symbol = "ezETH", token = "0x' + "11" * 20 + '" }]',
    }[role]
    config = folder / f"{role}.toml"
    config.write_text(f"""
{only}
[network]
kind = "bittensor"
endpoint = "{url}"
netuid = {NETUID}
[wallet]
path = "wallets"
name = "{role}"
[listen]
host = "{host}"
port = {port}
[chain]
endpoint = "http://127.0.0.1:9"
chain_id = 1
observer = "0x{"22" * 20}"
""")
    return config, Keys(wallet.coldkey, wallet.hotkey)
