"""Names of the graph rewrites; without onnx, so that a command line can list them."""

from __future__ import annotations

from enum import StrEnum


class Rewrite(StrEnum):
    """Rewrites, in the order in which they are applied."""

    SEPARATE_GATES = "separate_gates"
    """One product per gate: a slice copies everything that it is cut from."""
    ONE_TABLE = "one_table"
    """tanh x as 2 sigmoid(2x) - 1: one lookup table and argument less; 2x goes into the weights."""
    SUMMED_PRODUCTS = "summed_products"
    """a b + c d as one scalar product: one rescaling instead of two."""
    LATE_RESCALING = "late_rescaling"
    """Weights as integers at scale 0, divided once after all products of a gate are added; needs param_scale 0."""
    SINGLE_USE = "single_use"
    """Each use of a constant has a copy of its own: a shared one is laid out once more, a single one is not."""
