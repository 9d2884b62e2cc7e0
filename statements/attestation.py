"""What a validator signs so that inputs of the home chain can be used on another chain (EIP-712)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from statements.quantities import Address, Hash32, HexBytes
from statements.traveller import Traveller

_TYPES: dict[str, list[dict[str, str]]] = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Attestation": [
        {"name": "homeChainId", "type": "uint64"},
        {"name": "observer", "type": "address"},
        {"name": "homeBlockHash", "type": "bytes32"},
        {"name": "asset", "type": "address"},
        {"name": "epoch", "type": "uint32"},
        {"name": "configVersion", "type": "uint16"},
        {"name": "observedAt", "type": "uint40"},
        {"name": "expiry", "type": "uint40"},
        {"name": "featuresHash", "type": "bytes32"},
        {"name": "inputs", "type": "int256[]"},
    ],
}


class InputAttestation(Traveller):
    """``IAttestedInputs.Attestation`` for one destination.

    Attributes:
        destination_chain_id: chain whose AttestedInputs may take it.
        destination: the AttestedInputs contract there.
        home_chain_id: chain whose state was observed.
        observer: AssetObserver on the home chain.
        home_block_hash: block at which the inputs were read.
        asset: token address on the home chain.
        epoch: epoch of the newest observation.
        config_version: version of the asset's config.
        observed_at: Unix time of the newest observation, seconds.
        expiry: Unix time after which the signature is void, seconds.
        features_hash: digest of the feature parameters of that config; see ``statements.features_hash``.
        inputs: signed fixed point in circuit order, each within int16.
    """

    destination_chain_id: int = Field(gt=0)
    destination: Address
    home_chain_id: int = Field(gt=0, lt=1 << 64)
    observer: Address
    home_block_hash: Hash32
    asset: Address
    epoch: int = Field(ge=0, lt=1 << 32)
    config_version: int = Field(ge=1, lt=1 << 16)
    observed_at: int = Field(ge=0, lt=1 << 40)
    expiry: int = Field(ge=0, lt=1 << 40)
    features_hash: Hash32
    inputs: tuple[int, ...]

    def typed_data(self) -> dict[str, Any]:
        """The EIP-712 message, for ``eth_account``'s ``encode_typed_data(full_message=...)``."""
        return {
            "types": _TYPES,
            "primaryType": "Attestation",
            "domain": {
                "name": "veristake AttestedInputs",
                "version": "1",
                "chainId": self.destination_chain_id,
                "verifyingContract": self.destination,
            },
            "message": {
                "homeChainId": self.home_chain_id,
                "observer": self.observer,
                "homeBlockHash": bytes.fromhex(self.home_block_hash[2:]),
                "asset": self.asset,
                "epoch": self.epoch,
                "configVersion": self.config_version,
                "observedAt": self.observed_at,
                "expiry": self.expiry,
                "featuresHash": bytes.fromhex(self.features_hash[2:]),
                "inputs": list(self.inputs),
            },
        }

    def as_call_argument(self) -> tuple[Any, ...]:
        """The struct as ``AttestedInputs.attest`` takes it."""
        message = self.typed_data()["message"]
        return tuple(message[field["name"]] for field in _TYPES["Attestation"])


class SignedAttestation(Traveller):
    """An attestation with the signature of one attester.

    Attributes:
        attestation: what was signed.
        signer: attester's address.
        signature: 65 bytes r, s, v.
    """

    attestation: InputAttestation
    signer: Address
    signature: HexBytes
