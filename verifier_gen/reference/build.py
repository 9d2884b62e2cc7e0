"""Collects a program's steps, with scales, rescalings and constants as EZKL chooses them.

EZKL 23.0.5, src/graph/node.rs (``Node::new``) and src/graph/utilities.rs: an addition or concatenation brings its
inputs to the finest scale among them (a constant that is used once is quantised there at once, everything else is
multiplied by a power of two); a result finer than the circuit's finest scale is divided down to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from verifier_gen.reference.fixed_point import FixedPoint, quantized
from verifier_gen.reference.program import (
    Arrange,
    Combine,
    Held,
    IntArray,
    Operation,
    Quotient,
    ReferenceCircuitError,
    Shape,
    Step,
)


@dataclass(frozen=True)
class Known:
    """A constant, not yet quantised."""

    values: NDArray[Any]


@dataclass(frozen=True)
class Wire:
    """Result of a step."""

    step: int


Value: TypeAlias = Known | Wire


@dataclass(frozen=True)
class Joined:
    """What a concatenation was made of."""

    axis: int
    parts: tuple[Value, ...]


class StepList:
    """Grows a program step by step.

    Args:
        fixed_point: the circuit's scales.
        uses: how often each constant is used; constants of equal content are one, as in the graph that EZKL gets.
    """

    def __init__(self, fixed_point: FixedPoint, uses: Counter[bytes]) -> None:
        self.fixed_point = fixed_point
        self.steps: list[Step] = []
        self.joined: dict[int, Joined] = {}
        self.counted: Counter[bytes] = Counter()
        self.node = ""
        self._uses = uses

    def shape(self, value: Value) -> Shape:
        """Shape of a value."""
        return tuple(value.values.shape) if isinstance(value, Known) else self.steps[value.step].shape

    def scale(self, value: Value) -> int:
        """Scale that a value has, or a constant gets."""
        if isinstance(value, Wire):
            return self.steps[value.step].scale_bits
        whole = bool(np.all(value.values == np.trunc(value.values)))
        if not np.issubdtype(value.values.dtype, np.floating) or (whole and self.fixed_point.round_constants_unscaled):
            return 0
        return self.fixed_point.param_scale

    def bare(self, operation: Operation, sources: Sequence[int], shape: Shape, scale_bits: int) -> Wire:
        """Append a step as it is."""
        self.steps.append(Step(operation, tuple(sources), tuple(shape), scale_bits, self.node))
        return Wire(len(self.steps) - 1)

    def rebased(self, operation: Operation, sources: Sequence[int], shape: Shape, scale_bits: int) -> Wire:
        """Append a step, and divide its result down where it is finer than the circuit's finest scale."""
        wire = self.bare(operation, sources, shape, scale_bits)
        finest = self.fixed_point.finest
        if scale_bits <= finest:
            return wire
        return self.bare(Quotient(1 << (scale_bits - finest)), [wire.step], shape, finest)

    def wired(self, value: Value, scale_bits: int | None = None) -> int:
        """The step that holds a value, a constant being quantised at ``scale_bits`` or its own scale."""
        if isinstance(value, Wire):
            return value.step
        scale_bits = self.scale(value) if scale_bits is None else scale_bits
        values = quantized(value.values.astype(np.float32), scale_bits)
        return self.bare(Held(values), [], values.shape, scale_bits).step

    def same_scale(self, values: Sequence[Value]) -> tuple[list[int], list[int], int]:
        """Bring values to the finest scale among them.

        Returns:
            Steps, the factor that each takes, the common scale.
        """
        finest = max(self.scale(value) for value in values)
        steps, factors = [], []
        for value in values:
            self.count(value)
            step = self.wired(value, finest if self._used_once(value) and self.scale(value) < finest else None)
            steps.append(step)
            factors.append(1 << (finest - self.steps[step].scale_bits))
        return steps, factors, finest

    def count(self, value: Value) -> None:
        """Remember one use of a constant."""
        if isinstance(value, Known):
            self.counted[_content(value)] += 1

    def _used_once(self, value: Value) -> bool:
        return isinstance(value, Known) and self._uses[_content(value)] <= 1

    def arranged(self, values: Sequence[Value], index: IntArray) -> Wire:
        """Elements of values of one scale in a new order; see :class:`Arrange`."""
        steps, factors, scale_bits = self.same_scale(values)
        raised = [
            step if factor == 1 else self.bare(Combine((factor,)), [step], self.steps[step].shape, scale_bits).step
            for step, factor in zip(steps, factors, strict=True)
        ]
        return self.rebased(Arrange(index), raised, index.shape, scale_bits)

    def reranked(self, value: Value, rank: int) -> Value:
        """Leading axes of length one, so that the value has ``rank`` axes."""
        shape = self.shape(value)
        if len(shape) >= rank:
            return value
        return self.reshaped(value, (1,) * (rank - len(shape)) + shape)

    def reshaped(self, value: Value, shape: Shape) -> Value:
        """The value in another shape."""
        if self.shape(value) == shape:
            return value
        if isinstance(value, Known):
            return Known(value.values.reshape(shape))
        size = int(np.prod(self.shape(value)))
        if size != int(np.prod(shape)):
            raise ReferenceCircuitError(f"node {self.node}: {size} elements do not fit shape {shape}")
        return self.arranged([value], np.arange(size).reshape(shape))


def _content(value: Known) -> bytes:
    return repr((value.values.dtype.str, value.values.shape)).encode() + value.values.tobytes()
