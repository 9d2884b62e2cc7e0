"""One way to make a circuit of a network."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel, ConfigDict, Field

from verifier_gen.circuit import EZKL_VERSION
from verifier_gen.graph.rewrites_kinds import Rewrite

_WEIGHT_BITS = 15
"""More gains nothing: activations have fewer."""


class Candidate(BaseModel):
    """What the search chooses.

    Attributes:
        rewrites: of the graph.
        input_scale: inputs and activations are at 2^input_scale.
        param_scale: weights are at 2^param_scale; 0 with late rescaling, whose weights are integers.
        num_inner_cols: columns that hold a product.
        decomp_base: base of range decompositions.
        decomp_legs: digits.
        scale_rebase_multiplier: products are rescaled above this multiple of the scale.
        lookup_margin: how far tables reach beyond what the test inputs used; 0 takes the recipe's range.
        split_tables: let tables that are higher than the circuit lie in several columns.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rewrites: tuple[Rewrite, ...] = ()
    input_scale: int = Field(ge=1, le=16)
    param_scale: int = Field(ge=0, le=20)
    num_inner_cols: int = Field(default=1, ge=1, le=8)
    decomp_base: int = Field(ge=2)
    decomp_legs: int = Field(ge=1)
    scale_rebase_multiplier: int = Field(default=1, ge=1)
    lookup_margin: float = Field(default=0.25, ge=0)
    split_tables: bool = False

    @property
    def weight_bits(self) -> int:
        """Fraction of integer weights: a division's divisor must lie below base^legs."""
        return min(_WEIGHT_BITS, int(self.decomp_base**self.decomp_legs - 1).bit_length() - 1)

    @property
    def label(self) -> str:
        """For tables and plots."""
        short = "+".join("".join(part[0] for part in kind.split("_")) for kind in self.rewrites) or "plain"
        scales = f"{self.input_scale}/{self.param_scale}"
        return f"{short} {scales} {self.num_inner_cols}c {self.decomp_base}^{self.decomp_legs}" + (
            (f" x{self.scale_rebase_multiplier}" if self.scale_rebase_multiplier > 1 else "")
            + (" split" if self.split_tables else "")
        )


def result_key(candidate: Candidate, onnx_hash: str, test_hash: str) -> str:
    """Content hash under which a candidate's result is kept: its fields, the network, the test inputs, EZKL."""
    fields = json.dumps(candidate.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(f"{fields}/{onnx_hash}/{test_hash}/{EZKL_VERSION}".encode()).hexdigest()
