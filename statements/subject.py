"""What a proof is about, and the statement id by which the whole stack dedupes it."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from pydantic import Field

from statements.quantities import Address, Hash32
from statements.traveller import Traveller


class Subject(Traveller):
    """What a proof is about: a score belongs to the chain whose state it was computed from.

    Attributes:
        home_chain_id: EIP-155 id of the chain that was observed.
        observer: AssetObserver on that chain.
        config_version: version of the asset's observation config, from 1.
        model_id: keccak256 of the model's name.
        asset: token address on the home chain.
        epoch: epoch of the newest observation.
    """

    home_chain_id: int = Field(gt=0, lt=1 << 64)
    observer: Address
    config_version: int = Field(ge=1, lt=1 << 16)
    model_id: Hash32
    asset: Address
    epoch: int = Field(ge=0, lt=1 << 32)

    @property
    def statement_id(self) -> str:
        """keccak256 of the abi-encoded subject, as ``IRiskFeed.statementIdOf`` gives it."""
        encoded = encode(
            ["uint64", "address", "uint16", "bytes32", "address", "uint32"],
            [
                self.home_chain_id,
                self.observer,
                self.config_version,
                bytes.fromhex(self.model_id[2:]),
                self.asset,
                self.epoch,
            ],
        )
        return "0x" + keccak(encoded).hex()


def model_id(name: str) -> str:
    """keccak256 of a model's name, 0x-hex."""
    return "0x" + keccak(text=name).hex()
