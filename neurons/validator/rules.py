"""How a subnet scores: what the operator chose, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from neurons.validator.formulas import Formula
from neurons.validator.scoring_output import OutputWeights
from neurons.validator.timeouts import TimeoutRule


@dataclass(frozen=True)
class ScoringRule:
    """How a subnet scores.

    Attributes:
        formula: which.
        weights: of the output formula's parts.
        timeouts: how long a miner may take.
    """

    timeouts: TimeoutRule
    formula: Formula = Formula.PEERS
    weights: OutputWeights = field(default_factory=OutputWeights)
