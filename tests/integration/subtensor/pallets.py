"""What six calls do, written by hand after the chain's behaviour: in the order of its checks, with its errors."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from bittensor.error_map import CUSTOM_TRANSACTION_ERRORS

from tests.integration.subtensor.chain import Chain
from tests.integration.subtensor.runtime import SUBTENSOR

_MECHANISMS = 4096
"""A subnet's mechanism m keeps its weights under m * 4096 + netuid."""
_CUSTOM_CODES = {name: code for code, name in CUSTOM_TRANSACTION_ERRORS.items()}


class PoolRejectionError(Exception):
    """An extrinsic that never gets into a block: it costs nothing and uses no nonce."""

    def __init__(self, data: str) -> None:
        super().__init__(data)
        self.data = data


class DispatchError(Exception):
    """An extrinsic that is in a block and failed."""

    def __init__(self, name: str, pallet: str = SUBTENSOR) -> None:
        super().__init__(name)
        self.name, self.pallet = name, pallet


def custom_rejection(name: str) -> PoolRejectionError:
    """A rejection by one of the chain's own checks, which gives a number only."""
    return PoolRejectionError(f"Custom error: {_CUSTOM_CODES[name]}")


def register_limit(chain: Chain, coldkey: str, netuid: int, hotkey: str, limit_price: int) -> None:
    if chain.get("Burn", [netuid]) > limit_price:
        raise DispatchError("RegistrationPriceLimitExceeded")
    burned_register(chain, coldkey, netuid, hotkey)


def burned_register(chain: Chain, coldkey: str, netuid: int, hotkey: str) -> None:
    if not chain.get("NetworksAdded", [netuid]):
        raise DispatchError("SubnetNotExists")
    if not chain.get("NetworkRegistrationAllowed", [netuid]):
        raise DispatchError("SubNetRegistrationDisabled")
    if chain.uid(netuid, hotkey) is not None:
        raise DispatchError("HotKeyAlreadyRegisteredInSubNet")
    account = chain.get("Account", [coldkey], pallet="System")
    burn = chain.get("Burn", [netuid])
    if account["data"]["free"] < burn:
        raise DispatchError("NotEnoughBalanceToStake")
    account["data"]["free"] -= burn
    chain.put("Account", [coldkey], account, pallet="System")
    uid = chain.get("SubnetworkN", [netuid])
    chain.put("Keys", [netuid, uid], hotkey)
    chain.put("Uids", [netuid, hotkey], uid)
    chain.put("Owner", [hotkey], coldkey)
    chain.put("IsNetworkMember", [hotkey, netuid], True)
    chain.put("SubnetworkN", [netuid], uid + 1)
    for item, value in (("LastUpdate", chain.head.number), ("ValidatorPermit", False), ("Active", True)):
        chain.put(item, [netuid], [*(chain.get(item, [netuid]) or []), value])


def serve_axon(chain: Chain, hotkey: str, netuid: int, ip: int, ip_type: int, **axon: Any) -> None:
    if chain.uid(netuid, hotkey) is None:
        raise custom_rejection("HotKeyNotRegisteredInNetwork")
    address = ipaddress.IPv6Address(ip) if ip_type == 6 else ipaddress.IPv4Address(ip)
    if str(address) in ("127.0.0.1", "::1", "255.255.255.255"):
        raise custom_rejection("InvalidIpAddress")
    before = chain.get("Axons", [netuid, hotkey])
    if before and chain.head.number - before["block"] < chain.get("ServingRateLimit", [netuid]):
        raise custom_rejection("ServingRateLimitExceeded")
    block = chain.head.number + 1
    chain.put("Axons", [netuid, hotkey], {"block": block, "ip": ip, "ip_type": ip_type, **axon})


def set_weights(
    chain: Chain, hotkey: str, netuid: int, mecid: int, dests: list[int], weights: list[int], version_key: int
) -> None:
    if chain.get("CommitRevealWeightsEnabled", [netuid]):
        raise DispatchError("CommitRevealEnabled")
    uid = _may_set_weights(chain, hotkey, netuid)
    if version_key < chain.get("WeightsVersionKey", [netuid]):
        raise DispatchError("IncorrectWeightVersionKey")
    if not chain.get("ValidatorPermit", [netuid])[uid] and dests != [uid]:
        raise DispatchError("NeuronNoValidatorPermit")
    if any(dest >= chain.get("SubnetworkN", [netuid]) for dest in dests):
        raise DispatchError("UidVecContainInvalidOne")
    chain.put("Weights", [mecid * _MECHANISMS + netuid, uid], list(zip(dests, weights, strict=True)))
    chain.replace_in("LastUpdate", netuid, uid, chain.head.number + 1)


def commit_weights(
    chain: Chain, hotkey: str, netuid: int, mecid: int, commit: str, reveal_round: int, commit_reveal_version: int
) -> None:
    if not chain.get("CommitRevealWeightsEnabled", [netuid]):
        raise DispatchError("CommitRevealDisabled")
    uid = _may_set_weights(chain, hotkey, netuid)
    place = [mecid * _MECHANISMS + netuid, 0]
    committed = list(chain.get("TimelockedWeightCommits", place) or [])
    committed.append((hotkey, chain.head.number + 1, commit, reveal_round))
    chain.put("TimelockedWeightCommits", place, committed)
    chain.replace_in("LastUpdate", netuid, uid, chain.head.number + 1)


def _may_set_weights(chain: Chain, hotkey: str, netuid: int) -> int:
    uid = chain.uid(netuid, hotkey)
    if uid is None:
        raise DispatchError("HotKeyNotRegisteredInSubNet")
    if chain.stakes.get(hotkey, 0) < chain.get("StakeThreshold", []):
        raise DispatchError("NotEnoughStakeToSetWeights")
    last = chain.get("LastUpdate", [netuid])[uid]
    if last and chain.head.number - last < chain.get("WeightsSetRateLimit", [netuid]):
        raise DispatchError("SettingWeightsTooFast")
    return uid


def set_commitment(chain: Chain, hotkey: str, netuid: int, info: dict[str, Any]) -> None:
    if chain.uid(netuid, hotkey) is None:
        raise DispatchError("AccountNotAllowedCommit", "Commitments")
    commitment = {"deposit": 0, "block": chain.head.number + 1, "info": info}
    chain.put("CommitmentOf", [netuid, hotkey], commitment, pallet="Commitments")


CALLS: dict[str, Callable[..., None]] = {
    "SubtensorModule.register_limit": register_limit,
    "SubtensorModule.burned_register": burned_register,
    "SubtensorModule.serve_axon": serve_axon,
    "SubtensorModule.set_mechanism_weights": set_weights,
    "SubtensorModule.commit_timelocked_mechanism_weights": commit_weights,
    "Commitments.set_commitment": set_commitment,
}
