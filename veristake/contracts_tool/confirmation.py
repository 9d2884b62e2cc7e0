"""Whether real money may be spent: asked of the person at the terminal."""

from __future__ import annotations

import click

from statements.errors import ConfigurationError
from veristake.contracts_tool.plan import LOCAL_CHAIN_IDS

CHAIN_NAMES = {
    1: "Ethereum",
    11155111: "Sepolia",
    17000: "Holesky",
    42161: "Arbitrum One",
    8453: "Base",
    137: "Polygon",
    964: "Bittensor EVM",
    945: "Bittensor EVM test network",
}
"""Chains that ape-config.yaml has networks for."""


def confirm_chain(chain_id: int, *, confirmed: bool) -> None:
    """Have a person type the id of a chain that is not local.

    Args:
        chain_id: where transactions would go.
        confirmed: somebody has said yes already.

    Raises:
        ConfigurationError: something else was typed, or nobody is there to type.
    """
    if confirmed or chain_id in LOCAL_CHAIN_IDS:
        return
    name = CHAIN_NAMES.get(chain_id, "a public chain")
    try:
        typed = click.prompt(f"This spends real coin on {name}. Type its chain id to go on", err=True)
    except click.Abort:
        typed = ""
    if typed.strip() != str(chain_id):
        raise ConfigurationError(
            f"chain id {typed.strip() or '(nothing)'} was typed, the transactions are for {chain_id}",
            remedy="Type the chain's id, or give --yes",
        )
