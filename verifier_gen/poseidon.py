"""EZKL's Poseidon hash over bn254's scalar field, for those who check a hash instance without EZKL.

Width 2, rate 1, x^5, 8 full and 56 partial rounds (EZKL, `src/circuit/modules/poseidon/spec.rs`); constants and matrix
from the Grain generator of the Poseidon paper (ePrint 2019/458, appendix E). The sponge begins with capacity 2^64
(variable length, one output) and absorbs one element a permutation; at rate 1 halo2's padding adds nothing, so the
length is bound by the circuit that fixes it, not by the hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from statements.quantities import FIELD_MODULUS

WIDTH = 2
FULL_ROUNDS = 8
PARTIAL_ROUNDS = 56
_FIELD_BITS = 254
_CAPACITY = 1 << 64
_TAPS = (62, 51, 38, 23, 13, 0)
_DISCARDED_BITS = 160


def poseidon_hash(values: Sequence[int]) -> int:
    """The hash that EZKL puts among the instances for a hashed tensor.

    Args:
        values: field elements, at least one, in the tensor's order.

    Raises:
        ValueError: there are none, or one is not below the field's modulus.
    """
    if not values or any(not 0 <= value < FIELD_MODULUS for value in values):
        raise ValueError("poseidon_hash takes at least one field element")
    state = [0, _CAPACITY]
    for value in values:
        state = _permuted([(state[0] + value) % FIELD_MODULUS, state[1]])
    return state[0]


def _permuted(state: list[int]) -> list[int]:
    constants, matrix = parameters()
    partial = range(FULL_ROUNDS // 2, FULL_ROUNDS // 2 + PARTIAL_ROUNDS)
    for number, added in enumerate(constants):
        left, right = state[0] + added[0], state[1] + added[1]
        left = pow(left, 5, FIELD_MODULUS)
        if number not in partial:
            right = pow(right, 5, FIELD_MODULUS)
        state = [(row[0] * left + row[1] * right) % FIELD_MODULUS for row in matrix]
    return state


@lru_cache(maxsize=1)
def parameters() -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """Round constants (64 pairs) and the 2 x 2 matrix 1 / (x_i + y_j)."""
    bits = _grain()
    flat = [_element_below_modulus(bits) for _ in range(WIDTH * (FULL_ROUNDS + PARTIAL_ROUNDS))]
    constants = tuple(zip(flat[::2], flat[1::2], strict=True))
    # unlike the constants, these are reduced instead of drawn again
    first, second, third, fourth = (_number(bits) % FIELD_MODULUS for _ in range(2 * WIDTH))
    rows = ((first + third, first + fourth), (second + third, second + fourth))
    return constants, tuple((pow(a, -1, FIELD_MODULUS), pow(b, -1, FIELD_MODULUS)) for a, b in rows)


def _number(bits: Iterator[int]) -> int:
    return int("".join(map(str, islice(bits, _FIELD_BITS))), 2)


def _element_below_modulus(bits: Iterator[int]) -> int:
    while (number := _number(bits)) >= FIELD_MODULUS:
        pass
    return number


def _grain() -> Iterator[int]:
    """The Grain register in self-shrinking mode: of each two bits the second counts where the first is set."""
    fields = ((1, 2), (0, 4), (_FIELD_BITS, 12), (WIDTH, 12), (FULL_ROUNDS, 10), (PARTIAL_ROUNDS, 10), (2**30 - 1, 30))
    state = [int(bit) for value, length in fields for bit in f"{value:0{length}b}"]

    def shifted() -> int:
        new = 0
        for tap in _TAPS:
            new ^= state[tap]
        state.pop(0)
        state.append(new)
        return new

    for _ in range(_DISCARDED_BITS):
        shifted()
    while True:
        chosen, bit = shifted(), shifted()
        if chosen:
            yield bit
