"""What the double's runtime answers to a call of its APIs."""

from __future__ import annotations

from typing import Any

from tests.integration.subtensor.chain import Chain
from tests.integration.subtensor.runtime import compact

_FEE = 1000


def runtime_call(chain: Chain, method: str, parameters: str) -> str:
    """SCALE-encoded answer, 0x-hex.

    Raises:
        LookupError: no such method here.
    """
    if method == "Metadata_metadata_at_version":
        some = b"\x01"
        return "0x" + (some + compact(len(chain.runtime.metadata)) + chain.runtime.metadata).hex()
    api, _, name = method.partition("_")
    if method == "TransactionPaymentApi_query_info":
        weight = {"ref_time": 1, "proof_size": 1}
        return _encoded(chain, api, name, {"weight": weight, "class": "Normal", "partial_fee": _FEE})
    if method == "SubnetInfoRuntimeApi_get_metagraph":
        netuid = int.from_bytes(bytes.fromhex(parameters.removeprefix("0x")), "little")
        return _encoded(chain, api, name, _metagraph(chain, netuid))
    raise LookupError(method)


def _encoded(chain: Chain, api: str, name: str, value: Any) -> str:
    return "0x" + chain.runtime.codec.encode(chain.runtime.output_of(api, name), value).hex()


def _metagraph(chain: Chain, netuid: int) -> dict[str, Any] | None:
    if not chain.get("NetworksAdded", [netuid]):
        return None
    runtime = chain.runtime
    output = runtime.output_of("SubnetInfoRuntimeApi", "get_metagraph")
    graph: dict[str, Any] = runtime.nothing(runtime.inner_of_option(output))
    count = chain.get("SubnetworkN", [netuid])
    hotkeys = [chain.get("Keys", [netuid, uid]) for uid in range(count)]
    served = [
        chain.get("Axons", [netuid, hotkey]) or runtime.nothing_for("SubtensorModule", "Axons") for hotkey in hotkeys
    ]
    zeros = [0] * count
    for name, column in graph.items():
        # every column of the graph has one entry for each neuron
        if name in _COLUMNS and column == []:
            graph[name] = zeros
    graph.update(
        netuid=netuid,
        block=chain.head.number,
        tempo=chain.get("Tempo", [netuid]),
        num_uids=count,
        max_uids=256,
        hotkeys=hotkeys,
        coldkeys=[chain.get("Owner", [hotkey]) for hotkey in hotkeys],
        axons=served,
        active=chain.get("Active", [netuid]) or [],
        validator_permit=chain.get("ValidatorPermit", [netuid]) or [],
        last_update=chain.get("LastUpdate", [netuid]) or [],
        identities=[None] * count,
        total_stake=[chain.stakes.get(hotkey, 0) for hotkey in hotkeys],
    )
    return graph


_COLUMNS = frozenset(
    {
        *("alpha_stake", "tao_stake", "rank", "trust", "consensus", "incentives", "dividends", "pruning_score"),
        *("emission", "block_at_registration", "collateral_locked", "collateral_min", "collateral_earned"),
    }
)
