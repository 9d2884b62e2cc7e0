"""Which formula makes a score, and the figures that entered it: pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from neurons.validator.scoring import TimeBounds, score_after_failure, score_after_success, time_fraction
from neurons.validator.scoring_output import OutputWeights, circuit_time_fraction, output_fraction


class Formula(StrEnum):
    """How a subnet scores."""

    PEERS = "peers"
    """Omron's published formula: response time only."""
    PEERS_CIRCUIT = "peers_circuit"
    """The same with the polynomial that its proof-of-weights circuit computes in place of the tangent."""
    OUTPUT = "output"
    """Accuracy against the float model, proof size, response time and delivered work."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a verified answer.

    Attributes:
        seconds: from request to complete answer.
        bounds: between which times answers are ranked.
        miners: registered miners, at least 1.
        accuracy: exp(-sum of squared errors) of the outputs against the float model; 1 where it was not asked for.
        proof_bytes: length of the proof.
        delivered: the miner's verified answers among the latest, over those of the miner that has most, in [0, 1].
    """

    seconds: float
    bounds: TimeBounds
    miners: int
    accuracy: float = 1.0
    proof_bytes: int = 0
    delivered: float = 1.0


@dataclass(frozen=True)
class Scored:
    """A new score and everything that led to it.

    Attributes:
        score: after the answer.
        figures: by name, what entered the formula and what it gave.
    """

    score: float
    figures: dict[str, float | int | str]


def score_verified(formula: Formula, weights: OutputWeights, previous: float, evidence: Evidence) -> Scored:
    """The score after a verified answer.

    Args:
        formula: which.
        weights: of the parts of the output formula.
        previous: score before.
        evidence: what was measured.
    """
    fraction = _fraction(formula, weights, evidence)
    figures: dict[str, float | int | str] = {
        "seconds": evidence.seconds,
        "fastest": evidence.bounds.fastest,
        "slowest": evidence.bounds.slowest,
        "miners": evidence.miners,
        "fraction": fraction,
        "target": fraction / evidence.miners,
    }
    if formula is Formula.OUTPUT:
        figures |= {
            "accuracy": evidence.accuracy,
            "proof_bytes": evidence.proof_bytes,
            "delivered": evidence.delivered,
            "time_fraction": time_fraction(evidence.seconds, evidence.bounds),
        }
    return Scored(score_after_success(previous, fraction, evidence.miners), figures)


def score_failed(previous: float, figures: dict[str, float | int | str]) -> Scored:
    """The score after a fault of the miner, the same in each formula.

    Args:
        previous: score before.
        figures: by name, why it is the miner's fault.
    """
    return Scored(score_after_failure(previous), figures)


def _fraction(formula: Formula, weights: OutputWeights, evidence: Evidence) -> float:
    if formula is Formula.PEERS:
        return time_fraction(evidence.seconds, evidence.bounds)
    if formula is Formula.PEERS_CIRCUIT:
        return circuit_time_fraction(evidence.seconds, evidence.bounds)
    return output_fraction(
        weights,
        accuracy=evidence.accuracy,
        proof_bytes=evidence.proof_bytes,
        time=time_fraction(evidence.seconds, evidence.bounds),
        delivered=evidence.delivered,
    )
