"""A submitted extrinsic: checked as a node's pool checks it, then applied."""

from __future__ import annotations

from typing import Any

from bittensor.sp_core import verify

from tests.integration.subtensor.chain import Block, Chain
from tests.integration.subtensor.pallets import CALLS, DispatchError, PoolRejectionError

_CRYPTO_TYPES = {"Ed25519": 0, "Sr25519": 1}
_DISPATCH_INFO = {"weight": {"ref_time": 1, "proof_size": 1}, "class": "Normal", "pays_fee": "Yes"}
_IMMORTAL = ("00", "0x00", None)


def submit(chain: Chain, data: bytes) -> Block:
    """Apply an extrinsic and give the block that has it.

    Raises:
        PoolRejectionError: it does not get into a block.
    """
    extrinsic = _checked(chain, data)
    call, signer = extrinsic["call"], extrinsic["address"]
    arguments = {argument["name"]: argument["value"] for argument in call["call_args"]}
    before = dict(chain.storage)
    try:
        CALLS[f"{call['call_module']}.{call['call_function']}"](chain, signer, **arguments)
        event: dict[str, Any] = {"ExtrinsicSuccess": {"dispatch_info": _DISPATCH_INFO}}
    except PoolRejectionError:
        chain.storage = before
        raise
    except DispatchError as error:
        chain.storage = before
        reason = chain.runtime.dispatch_error(error.pallet, error.name)
        event = {"ExtrinsicFailed": {"dispatch_error": reason, "dispatch_info": _DISPATCH_INFO}}
    chain.nonces[signer] = extrinsic["nonce"] + 1
    return chain.mine(data, {"System": event})


def _checked(chain: Chain, data: bytes) -> dict[str, Any]:
    """The decoded extrinsic, once its signature covers exactly what a node takes it to cover."""
    codec = chain.runtime.codec
    extrinsic: dict[str, Any] = codec.decode_extrinsic(data)
    said = extrinsic["call"]
    arguments = {argument["name"]: argument["value"] for argument in said["call_args"]}
    call = codec.compose_call(said["call_module"], said["call_function"], arguments)
    assert data.endswith(call.data), "the decoded call does not encode to the same bytes"
    era, era_block = _era(chain, extrinsic["era"])
    payload = codec.signature_payload(
        call,
        era=era,
        nonce=extrinsic["nonce"],
        tip=extrinsic["tip"],
        tip_asset_id=None,
        genesis_hash=chain.runtime.recorded.genesis,
        era_block_hash=era_block,
    )
    ((scheme, signature),) = extrinsic["signature"].items()
    signature_bytes = bytes.fromhex(signature.removeprefix("0x"))
    if not verify(payload, signature_bytes, extrinsic["address"], _CRYPTO_TYPES[scheme]):
        raise PoolRejectionError("Transaction has a bad signature")
    if extrinsic["nonce"] < chain.nonces.get(extrinsic["address"], 0):
        raise PoolRejectionError("Transaction is outdated")
    return extrinsic


def _era(chain: Chain, era: Any) -> tuple[Any, str]:
    """For which blocks an extrinsic is good, and the hash of the first of them, which its signature covers."""
    if era in _IMMORTAL:
        return "00", chain.runtime.recorded.genesis
    period, phase = (era["period"], era["phase"]) if isinstance(era, dict) else era
    now = chain.head.number
    birth = (max(now, phase) - phase) // period * period + phase
    return {"period": period, "phase": phase}, chain.blocks[min(birth, now)].hash
