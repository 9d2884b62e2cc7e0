"""A circuit's arithmetic as a list of integer steps: the form that evaluation and the rounding band share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from statements.errors import CircuitError

IntArray: TypeAlias = NDArray[np.int64]
Shape: TypeAlias = tuple[int, ...]


class ReferenceCircuitError(CircuitError):
    """The reference cannot say what the circuit computes, so the correctness gate cannot pass."""


@dataclass(frozen=True)
class Feed:
    """The circuit's input number ``position``."""

    position: int


@dataclass(frozen=True)
class Held:
    """A constant of the circuit."""

    values: IntArray


@dataclass(frozen=True)
class Arrange:
    """Elements of the sources in a new order: slices, concatenations, reshapes, transpositions, broadcasts.

    Attributes:
        index: positions in the flattened sources, one after the other; has the result's shape.
    """

    index: IntArray


@dataclass(frozen=True)
class Combine:
    """Sum of the sources, each times its factor: additions, subtractions, changes to a finer scale."""

    factors: tuple[int, ...]


@dataclass(frozen=True)
class Multiply:
    """Elementwise product of two sources."""


@dataclass(frozen=True)
class MatrixProduct:
    """Matrix product of two sources of equal rank."""


@dataclass(frozen=True)
class Total:
    """Sum over axes, which stay with length one."""

    axes: tuple[int, ...]


@dataclass(frozen=True)
class Quotient:
    """Division by a positive constant; honest provers round half away from zero.

    The one step at which a prover is free: EZKL's circuit takes every q with abs(x - q d) < d.
    """

    divisor: int


@dataclass(frozen=True)
class Table:
    """A lookup table: the function in float64 at ``2^scale_bits``, rounded half away from zero."""

    function: str
    scale_bits: int


@dataclass(frozen=True)
class Rectify:
    """max(x, 0); EZKL decides the sign by a decomposition that leaves no choice."""


Operation: TypeAlias = Feed | Held | Arrange | Combine | Multiply | MatrixProduct | Total | Quotient | Table | Rectify


@dataclass(frozen=True)
class Step:
    """One operation on earlier steps.

    Attributes:
        operation: what is done.
        sources: positions of earlier steps in the program.
        shape: of the result.
        scale_bits: the result stands for value / 2^scale_bits.
        node: name of the ONNX node that it comes from, for messages.
    """

    operation: Operation
    sources: tuple[int, ...]
    shape: Shape
    scale_bits: int
    node: str


@dataclass(frozen=True)
class Program:
    """A whole circuit.

    Attributes:
        steps: in the order in which they can be computed.
        inputs: positions of the steps that take the inputs.
        outputs: positions of the steps that are the circuit's outputs.
        lookup_range: smallest and largest argument of a lookup table; no proof exists beyond it.
        range_limit: base^legs of EZKL's decomposition; quotients and range-checked values stay below it in magnitude.
    """

    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    lookup_range: tuple[int, int]
    range_limit: int

    @property
    def input_sizes(self) -> tuple[int, ...]:
        """Elements of each input."""
        return tuple(int(np.prod(self.steps[i].shape)) for i in self.inputs)

    @property
    def output_scale_bits(self) -> tuple[int, ...]:
        """Scale of each output."""
        return tuple(self.steps[i].scale_bits for i in self.outputs)
