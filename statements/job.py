"""The relayer's unit of work: one thing to get on one chain."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from statements.quantities import Address, Hash32, HexBytes
from statements.traveller import Traveller


class JobKind(StrEnum):
    """What a job puts on a chain."""

    ATTEST = "attest"
    """Inputs of another chain, into AttestedInputs."""
    SUBMIT = "submit"
    """A proof, into RiskFeed."""
    OBSERVE = "observe"
    """This epoch's observation of an asset, into AssetObserver."""
    BATCH = "batch"
    """Several other jobs in one transaction, through Multicall3."""


class Job(Traveller):
    """One call to get on a chain exactly once.

    Attributes:
        kind: what it does.
        statement_id: the statement it serves; with kind and chain the key by which jobs are deduped.
        chain_id: destination.
        target: contract to call.
        calldata: abi-encoded call.
    """

    kind: JobKind
    statement_id: Hash32
    chain_id: int = Field(gt=0)
    target: Address
    calldata: HexBytes

    @property
    def key(self) -> str:
        """Dedupe key."""
        return f"{self.chain_id}:{self.kind}:{self.statement_id}"
