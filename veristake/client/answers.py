"""What the client gives: only what was verified on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from neurons.validator.api.messages import QueryResult


@dataclass(frozen=True)
class VerifiedAnswer:
    """Outputs of a circuit for the caller's inputs, whose proof was verified on this machine.

    Attributes:
        query_id: names the query at the API.
        values: outputs as real numbers.
        outputs: the same as signed integers at 2^output_scale_bits.
        inputs: signed integers that were proven, at 2^input_scale_bits.
        result: all of the answer: proof, instances, calldata, miner, nonce, tag, attempts.
    """

    query_id: str
    values: tuple[float, ...]
    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    result: QueryResult

    @property
    def miner(self) -> str:
        """ss58 hotkey of who proved."""
        return self.result.miner

    @property
    def proof(self) -> bytes:
        """Halo2 proof bytes."""
        return bytes.fromhex(self.result.proof[2:])

    @property
    def calldata(self) -> bytes | None:
        """Of ``verifyProof(bytes,uint256[])`` of the circuit's generated verifier; None where that is reusable."""
        return None if self.result.calldata is None else bytes.fromhex(self.result.calldata[2:])
