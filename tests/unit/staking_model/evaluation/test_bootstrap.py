import numpy as np

from staking_model.evaluation.bootstrap import Resamples


def test_interval_same_seed_is_the_same() -> None:
    values, blocks = np.random.default_rng(1).normal(size=100), np.arange(100) // 10
    first, second = (Resamples(blocks, seed=3, runs=50).interval(lambda rows: values[rows].mean()) for _ in range(2))
    assert first == second
    assert first.low < values.mean() < first.high


def test_interval_copies_within_a_block_add_no_evidence() -> None:
    # ten independent values, each seen a hundred times: rows would claim ten times less doubt than there is
    values = np.repeat(np.random.default_rng(1).normal(size=10), 100)
    by_block = Resamples(np.arange(1000) // 100).interval(lambda rows: values[rows].mean())
    by_row = Resamples(np.arange(1000)).interval(lambda rows: values[rows].mean())
    assert by_block.high - by_block.low > 5 * (by_row.high - by_row.low)


def test_interval_one_block_is_a_point() -> None:
    values = np.arange(5.0)
    interval = Resamples(np.zeros(5, dtype=np.int64)).interval(lambda rows: values[rows].mean())
    assert interval.low == interval.high == 2
