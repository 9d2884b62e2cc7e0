"""Entering a subnet on a chain: what it costs, and doing it at that price at most."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bittensor import calls, storage
from bittensor.client import Client

from neurons.network.bittensor_network import BittensorNetwork
from neurons.network.chain_client import WRITE_SECONDS
from neurons.network.errors import BalanceError, DisabledError, NetworkError, NotFoundError
from signed_http.wallets import HotkeyKeypair

_U16_MAX = 65_535
RAO_PER_TAO = 10**9


@dataclass(frozen=True)
class RegistrationPlan:
    """What registering would cost now.

    Attributes:
        hotkey: that would be registered.
        coldkey: that would pay.
        uid: number that the hotkey has already; None when it has none.
        cost_rao: price, in rao (10^-9 TAO).
        locked_rao: part of the price that is locked as collateral; the rest is burned.
        balance_rao: free balance of the coldkey.
        is_open: whether the subnet takes registrations.
    """

    hotkey: str
    coldkey: str
    uid: int | None
    cost_rao: int
    locked_rao: int
    balance_rao: int
    is_open: bool

    def require_possible(self, limit_rao: int) -> None:
        """Check what can be told before anything is signed.

        Args:
            limit_rao: most that may be paid.

        Raises:
            DisabledError: registration is closed.
            BalanceError: the price is above the limit or the balance.
        """
        if not self.is_open:
            raise DisabledError("the subnet takes no registrations", remedy="Wait until its owner opens registration.")
        if self.cost_rao > limit_rao:
            raise BalanceError(
                f"registering costs {tao(self.cost_rao)} TAO, above --max-cost {tao(limit_rao)}",
                remedy="Wait for the price to fall, or raise --max-cost.",
            )
        if self.cost_rao > self.balance_rao:
            raise BalanceError(
                f"registering costs {tao(self.cost_rao)} TAO, coldkey {self.coldkey} has {tao(self.balance_rao)}",
                remedy="Fund the coldkey.",
            )


def tao(rao: int) -> str:
    """An amount in TAO, exactly."""
    whole, part = divmod(rao, RAO_PER_TAO)
    return f"{whole}.{part:09d}".rstrip("0").rstrip(".")


def plan_registration(network: BittensorNetwork, hotkey: str, coldkey: str) -> RegistrationPlan:
    """Read what registering a hotkey would cost; nothing is signed.

    Args:
        network: the subnet.
        hotkey: ss58 address to register.
        coldkey: ss58 address that would pay.

    Raises:
        NotFoundError: the subnet is not on this chain.
        NetworkError: the node does not answer.
    """
    netuid = network.settings.netuid
    items = storage.SubtensorModule

    async def read(client: Client) -> RegistrationPlan:
        view = await client.at()
        exists, uid, burn, share, is_open, account = await asyncio.gather(
            view.query(items.NetworksAdded, [netuid]),
            view.query(items.Uids, [netuid, hotkey]),
            view.query(items.Burn, [netuid]),
            view.query(items.CollateralLockShare, [netuid]),
            view.query(items.NetworkRegistrationAllowed, [netuid]),
            view.query(storage.System.Account, [coldkey]),
        )
        if not exists:
            raise NotFoundError(f"subnet {netuid} is not on this chain", remedy="Correct network.netuid.")
        return RegistrationPlan(
            hotkey=hotkey,
            coldkey=coldkey,
            uid=None if uid is None else int(uid),
            cost_rao=int(burn),
            locked_rao=int(burn) * int(share or 0) // _U16_MAX,
            balance_rao=int(account["data"]["free"]),
            is_open=bool(is_open),
        )

    return network.client.ask("reading the price of registration", read)


def register_hotkey(network: BittensorNetwork, hotkey: str, coldkey: HotkeyKeypair, limit_rao: int) -> int:
    """Pay for a uid, and wait until it is final.

    The chain itself holds the price to the limit. Outside a local chain the extrinsic is encrypted until it is in a
    block (MEV shield), as the SDK does for registrations; a local node has no key for that.

    Args:
        network: the subnet.
        hotkey: ss58 address to register.
        coldkey: pays and signs.
        limit_rao: most that may be paid.

    Returns:
        The uid.

    Raises:
        NetworkError: the chain refuses, or the node does not answer.
    """
    netuid = network.settings.netuid
    call = calls.SubtensorModule.register_limit(netuid=netuid, hotkey=hotkey, limit_price=limit_rao)

    async def register(client: Client) -> int | None:
        (await client.submit_call(call, coldkey, shielded=not network.settings.is_local)).raise_for_failure()
        uid: int | None = await client.neurons.uid(hotkey_ss58=hotkey, netuid=netuid)
        return uid

    uid = network.client.ask("registering the hotkey", register, seconds=WRITE_SECONDS)
    network.forget()
    if uid is None:
        raise NetworkError(
            "the registration is in a block, but the hotkey has no uid yet",
            remedy="Look again in a minute before paying once more: veristake miner status (or validator).",
        )
    return uid
