from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from neurons.network.weights import shares

WEIGHTS = st.dictionaries(st.integers(0, 255), st.floats(0, allow_nan=False, allow_infinity=False), min_size=1).filter(
    lambda weights: any(weights.values())
)


@given(WEIGHTS)
def test_shares_any_weights_sum_to_one_and_keep_their_order(weights: dict[int, float]) -> None:
    result = shares(weights, known=range(256), at_least=1)
    assert math.isclose(math.fsum(result.values()), 1.0)
    assert set(result) == {uid for uid, weight in weights.items() if weight > 0}
    assert all(0 <= share <= 1 for share in result.values())
    ordered = sorted(result, key=lambda uid: weights[uid])
    assert all(result[low] <= result[high] for low, high in pairwise(ordered))
