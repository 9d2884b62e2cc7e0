"""What is known of a value over all inputs and all valid provers: an interval, and how far two provers may differ.

Written per *piece*: an axis at the end holds cases of which one applies to each prover (the pieces of a lookup's
argument). ``delta`` of a piece bounds how far *any* other valid prover of the same input lies from a prover in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verifier_gen.reference.program import IntArray, ReferenceCircuitError, Shape

SIZE_LIMIT = 2.0**60
"""Every sum and product of bounds stays below it; in a circuit that EZKL can prove, values stay far below."""


@dataclass(frozen=True)
class Spread:
    """Bounds of a step's value; arrays [*shape, pieces].

    Attributes:
        low: smallest value.
        high: largest value.
        delta: largest difference from another prover's value.
    """

    low: IntArray
    high: IntArray
    delta: IntArray

    @property
    def pieces(self) -> int:
        """Cases."""
        return int(self.low.shape[-1])

    def whole(self) -> Spread:
        """One piece, that covers all."""
        if self.pieces == 1:
            return self
        return Spread(
            self.low.min(-1, keepdims=True), self.high.max(-1, keepdims=True), self.delta.max(-1, keepdims=True)
        )

    def expanded(self, shape: Shape, pieces: int | None = None) -> Spread:
        """Broadcast to a shape, and to a number of pieces."""
        target = (*shape, self.pieces if pieces is None else pieces)
        return Spread(*(np.broadcast_to(a, target) for a in (self.low, self.high, self.delta)))

    def clipped(self) -> Spread:
        """Two values of one interval differ by no more than its length."""
        whole = self.whole()
        return Spread(self.low, self.high, np.minimum(self.delta, whole.high - whole.low))

    @property
    def constant(self) -> bool:
        """Whether each element is one number for everybody."""
        return bool(np.array_equal(self.low, self.high)) and not self.delta.any()


def exactly(values: IntArray) -> Spread:
    """A constant."""
    wide = values[..., None]
    return Spread(wide, wide, np.zeros_like(wide))


def magnitude(spread: Spread) -> IntArray:
    """Largest absolute value per piece."""
    return np.maximum(np.abs(spread.low), np.abs(spread.high))


def ceil_div(values: IntArray, divisor: int) -> IntArray:
    """Quotient rounded up."""
    return np.asarray(-((-values) // divisor), dtype=np.int64)


def combined(spreads: list[Spread], factors: tuple[int, ...]) -> Spread:
    """Sum of values times factors; keeps the pieces where only one of them is uncertain."""
    uncertain = [spread for spread in spreads if not spread.constant]
    if len(uncertain) > 1:
        spreads = [spread.whole() for spread in spreads]
    lows, highs, deltas = [], [], []
    for spread, factor in zip(spreads, factors, strict=True):
        ends = (factor * spread.low, factor * spread.high)
        lows.append(np.minimum(*ends))
        highs.append(np.maximum(*ends))
        deltas.append(abs(factor) * spread.delta)
    return Spread(_sum(lows), _sum(highs), _sum(deltas))


def check_size(largest: float, node: str) -> None:
    """Refuse numbers that 64 bits might not hold, before they wrap around.

    Raises:
        ReferenceCircuitError: they might not.
    """
    if largest >= SIZE_LIMIT:
        raise ReferenceCircuitError(
            f"node {node} reaches 2^{np.log2(largest):.0f}, the reference computes below 2^{np.log2(SIZE_LIMIT):.0f}",
            remedy="Use lower scales, or bound the network's values",
        )


def _sum(arrays: list[IntArray]) -> IntArray:
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


def product(left: Spread, right: Spread) -> Spread:
    """Elementwise product, as one piece.

    a b - a' b' = a (b - b') + b' (a - a'): with a in one piece and b' in another, each with its own delta, the largest
    over all pairs bounds it.
    """
    a = Spread(*(x[..., :, None] for x in (left.low, left.high, left.delta)))
    b = Spread(*(x[..., None, :] for x in (right.low, right.high, right.delta)))
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    delta = magnitude(a) * b.delta + magnitude(b) * a.delta
    return Spread(
        np.minimum.reduce(corners).min((-2, -1))[..., None],
        np.maximum.reduce(corners).max((-2, -1))[..., None],
        delta.max((-2, -1))[..., None],
    )


def blended(share: Spread, toward: Spread, origin: Spread, divisor: int) -> Spread:
    """Bounds of origin + share (toward - origin) / divisor, rounded, for 0 <= share <= divisor: a mix of the two.

    With share f, toward c, origin g and divisor d, two provers' exact values differ by
    [f (c - c') + (d - f) (g - g') + (f - f') (c' - g')] / d, and the rounding adds less than 2.
    All of it is linear in f within a piece, so the ends of the piece suffice.
    """
    c = toward.whole()
    c = Spread(*(x[..., None] for x in (c.low, c.high, c.delta)))
    g = Spread(*(x[..., None, :] for x in (origin.low, origin.high, origin.delta)))
    f_delta = share.delta[..., :, None]
    gap = np.maximum(np.abs(c.high - g.low), np.abs(g.high - c.low))
    lows, highs, deltas = [], [], []
    for end in (share.low, share.high):
        f = end[..., :, None]
        lows.append(((divisor - f) * g.low + f * c.low) // divisor)
        highs.append(ceil_div((divisor - f) * g.high + f * c.high, divisor))
        deltas.append(f * c.delta + (divisor - f) * g.delta + f_delta * gap)
    low = np.minimum(*lows).min((-2, -1))[..., None]
    high = np.maximum(*highs).max((-2, -1))[..., None]
    delta = np.maximum(*deltas).max((-2, -1))[..., None]
    return Spread(low, high, ceil_div(delta, divisor) + 1)


def divided(spread: Spread, divisor: int) -> Spread:
    """A rescaling: each prover takes the floor or the ceiling, so a difference D becomes at most ceil(D / d) + 1."""
    settled = (spread.low == spread.high) & (spread.low % divisor == 0)
    delta = np.where(settled, 0, ceil_div(spread.delta, divisor) + 1)
    return Spread(spread.low // divisor, ceil_div(spread.high, divisor), np.asarray(delta, dtype=np.int64))
