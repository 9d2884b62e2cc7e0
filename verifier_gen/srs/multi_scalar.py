"""Sums of many multiples of points (Pippenger's bucket method) and the Lagrange basis from powers of tau."""

from __future__ import annotations

from collections.abc import Sequence

from verifier_gen.srs.bn254 import SCALAR_MODULUS, G1Point, add_pairs

_SCALAR_BITS = SCALAR_MODULUS.bit_length()


def multi_scalar_sum(points: Sequence[G1Point], scalars: Sequence[int]) -> G1Point:
    """The sum of scalars[i] * points[i].

    Args:
        points: any points of G1.
        scalars: as many, not negative; small ones cost less.
    """
    bits = max((scalar.bit_length() for scalar in scalars), default=0)
    width = max(2, len(points).bit_length() - 4)
    windows = range(0, bits, width)
    buckets = [_buckets(points, scalars, shift, width) for shift in windows]
    total: G1Point = None
    for window in reversed(_weighted(buckets, width)):
        for _ in range(width):
            (total,) = add_pairs([total], [total])
        (total,) = add_pairs([total], [window])
    return total


def _buckets(points: Sequence[G1Point], scalars: Sequence[int], shift: int, width: int) -> list[G1Point]:
    """For each digit, the sum of the points whose scalar has it at ``shift``."""
    mask = (1 << width) - 1
    groups: list[list[G1Point]] = [[] for _ in range(1 << width)]
    for point, scalar in zip(points, scalars, strict=True):
        groups[scalar >> shift & mask].append(point)
    groups[0] = []
    return _summed(groups)


def _summed(groups: list[list[G1Point]]) -> list[G1Point]:
    """The sum of each group, by adding halves until one is left."""
    while any(len(group) > 1 for group in groups):
        halves = [len(group) // 2 for group in groups]
        left = [point for group, half in zip(groups, halves, strict=True) for point in group[:half]]
        right = [point for group, half in zip(groups, halves, strict=True) for point in group[half : 2 * half]]
        sums, start = add_pairs(left, right), 0
        for place, half in enumerate(halves):
            groups[place] = sums[start : start + half] + groups[place][2 * half :]
            start += half
    return [group[0] if group else None for group in groups]


def _weighted(buckets: list[list[G1Point]], width: int) -> list[G1Point]:
    """Per window the sum of digit * bucket, as a sum of running sums; windows go side by side to share inversions."""
    running: list[G1Point] = [None] * len(buckets)
    total: list[G1Point] = [None] * len(buckets)
    for digit in range((1 << width) - 1, 0, -1):
        running = add_pairs(running, [window[digit] for window in buckets])
        total = add_pairs(total, running)
    return total


def multiples(points: Sequence[G1Point], scalars: Sequence[int]) -> list[G1Point]:
    """scalars[i] * points[i] for each i, by doubling and adding all of them in step."""
    result: list[G1Point] = [None] * len(points)
    for bit in range(_SCALAR_BITS - 1, -1, -1):
        result = add_pairs(result, result)
        chosen = [i for i, scalar in enumerate(scalars) if scalar >> bit & 1]
        for i, point in zip(chosen, add_pairs([result[i] for i in chosen], [points[i] for i in chosen]), strict=True):
            result[i] = point
    return result


def lagrange_basis(powers: Sequence[G1Point], root: int) -> list[G1Point]:
    """Lagrange basis at tau over the domain of ``root``, from tau^i * G (an inverse transform in the group).

    Some 1.5 ms a point and stage: seconds at k=11, minutes at k=15.

    Args:
        powers: 2^k of them.
        root: primitive 2^k-th root of unity.
    """
    size = len(powers)
    transformed = _transform(powers, pow(root, -1, SCALAR_MODULUS))
    return multiples(transformed, [pow(size, -1, SCALAR_MODULUS)] * size)


def _transform(points: Sequence[G1Point], root: int) -> list[G1Point]:
    if len(points) == 1:
        return list(points)
    square = root * root % SCALAR_MODULUS
    even, odd = _transform(points[::2], square), _transform(points[1::2], square)
    odd = multiples(odd, [pow(root, i, SCALAR_MODULUS) for i in range(len(odd))])
    negated = [None if p is None else (p[0], -p[1]) for p in odd]
    return add_pairs(even, odd) + add_pairs(even, negated)
