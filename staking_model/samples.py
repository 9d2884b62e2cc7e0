"""Windows with labels, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Samples:
    """Windows with labels; N rows.

    Attributes:
        inputs: [N, 32] features in [-1, 1].
        duration: [N] staking duration over MAX_DURATION; nan where there is no record of stake.
        event: [N] 1.0 where a stress event followed.
        past_event: [N] 1.0 where one was under way over the last ``horizon`` epochs; 0.0 is an onset question.
        past_duration: [N] the newest duration fully known at the time, MAX_DURATION ago; its persistence forecast.
        recent_events: [N] exponentially weighted mean of the labels known at the time; the EWMA forecast.
        block: [N] token and episode that a row belongs to; what is resampled.
        time: [N] Unix seconds of the newest observation.
    """

    inputs: Floats
    duration: Floats
    event: Floats
    past_event: Floats
    past_duration: Floats
    recent_events: Floats
    block: NDArray[np.int64]
    time: NDArray[np.int64]

    def __len__(self) -> int:
        """Rows."""
        return int(self.inputs.shape[0])

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Samples:
        """Some of the rows."""
        return Samples(*(getattr(self, column.name)[chosen] for column in fields(self)))

    @property
    def onset(self) -> NDArray[np.bool_]:
        """[N] no event was under way when asked."""
        quiet: NDArray[np.bool_] = self.past_event < 0.5
        return quiet


@dataclass(frozen=True)
class Split:
    """Three sets that do not overlap in time, nor, where they are simulated, in tokens.

    Attributes:
        train: to fit.
        validation: to stop early.
        test: to report.
    """

    train: Samples
    validation: Samples
    test: Samples


def joined(parts: Sequence[Samples]) -> Samples:
    """Several sets as one; their blocks stay apart."""
    offset, columns = 0, []
    for part in parts:
        blocks = part.block + offset
        offset = int(blocks.max(initial=offset - 1)) + 1
        columns.append([blocks if c.name == "block" else getattr(part, c.name) for c in fields(Samples)])
    return Samples(*(np.concatenate(column) for column in zip(*columns, strict=True)))
