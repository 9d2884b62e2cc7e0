"""What a circuit's outputs mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from statements.errors import VeristakeError
from statements.instances import InstanceLayout

MAX_DURATION: Final = 30 * 24 * 3600
"""Staking duration that an output of 1 stands for, seconds (30 days)."""


class ScoreError(VeristakeError):
    """Outputs that no valid proof of the model can have."""


@dataclass(frozen=True)
class Score:
    """The decoded result of the model for one asset and epoch.

    Attributes:
        staking_duration_seconds: expected remaining holding time of deposited stake, seconds.
        exit_risk: probability in [0, 1] of a stress event within the model's horizon.
    """

    staking_duration_seconds: int
    exit_risk: float


def decode_outputs(outputs: Sequence[int], layout: InstanceLayout, maximum_duration: int) -> Score:
    """Read a circuit's outputs.

    Args:
        outputs: [staking duration, exit risk] as fixed point at 2^layout.output_scale_bits.
        layout: of the circuit.
        maximum_duration: seconds that a duration output of 1 stands for; rounded down as on-chain.

    Raises:
        ScoreError: count or range is not the model's.
    """
    one = 1 << layout.output_scale_bits
    if len(outputs) != 2:
        raise ScoreError(f"{len(outputs)} outputs given, the model has 2", remedy="Use the staking model's circuit")
    for name, value in zip(("staking duration", "exit risk"), outputs, strict=True):
        if not 0 <= value <= one:
            raise ScoreError(
                f"{name} output {value} is outside [0, {one}]",
                remedy="Refuse the proof: the model's outputs are sigmoids",
            )
    duration, risk = outputs
    return Score(staking_duration_seconds=duration * maximum_duration // one, exit_risk=risk / one)
