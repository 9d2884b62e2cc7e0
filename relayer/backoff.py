"""How long to wait before trying again."""

from __future__ import annotations

LONGEST_SECONDS = 60.0


def backoff_seconds(failures: int, *, first: float = 1.0, longest: float = LONGEST_SECONDS) -> float:
    """Exponential: ``first`` after one failure, doubled by each further one, at most ``longest``.

    Args:
        failures: consecutive failures so far, from 1.
        first: seconds after the first failure.
        longest: upper bound, seconds.
    """
    # 2 ** 32 seconds exceed any bound; a larger exponent would only overflow the float
    return min(longest, first * 2.0 ** min(max(failures - 1, 0), 32))
