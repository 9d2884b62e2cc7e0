"""``build/demo/result.json``: what the demo saw."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScoreResult(_Part):
    """One asset's verified score on one chain.

    Attributes:
        asset: symbol.
        chain_id: where it was read.
        epoch: epoch it is about.
        staking_duration_seconds: expected remaining staking duration.
        exit_risk: probability of an exit wave.
        gas: gas used by the submission.
        transaction: hash of the submission.
        prove_seconds: time that the miner took.
        land_seconds: from publication to inclusion.
    """

    asset: str
    chain_id: int
    epoch: int
    staking_duration_seconds: int
    exit_risk: float
    gas: int
    transaction: str
    prove_seconds: float
    land_seconds: float


class AttackResult(_Part):
    """One attack.

    Attributes:
        name: what was tried.
        chain_id: where.
        expected: name of the error that must refuse it.
        observed: the error that came, with its arguments; empty when the attack went through.
        revert_data: the error as the chain gave it, 0x-hex, for whoever wants to decode it himself.
        unaltered_succeeded: whether the honest call beside it succeeded on the same snapshot.
        rejected: the attack failed with the expected error and the honest call succeeded.
    """

    name: str
    chain_id: int
    expected: str
    observed: str
    revert_data: str
    unaltered_succeeded: bool
    rejected: bool


class LoanResult(_Part):
    """What the sample lending protocol does with a score.

    Attributes:
        asset: symbol.
        chain_id: where.
        loan_to_value_bps: basis points that it lends against the asset.
    """

    asset: str
    chain_id: int
    loan_to_value_bps: int


class DemoResult(_Part):
    """The whole.

    Attributes:
        scores: asset by chain.
        loans: asset by chain.
        attacks: each with what refused it.
        stages: wall seconds by name.
        endpoints: JSON-RPC by chain id and HTTP by role; they answer only with --keep.
    """

    scores: tuple[ScoreResult, ...]
    loans: tuple[LoanResult, ...]
    attacks: tuple[AttackResult, ...]
    stages: dict[str, float]
    endpoints: dict[str, str]


def write_result(result: DemoResult, path: Path) -> None:
    """Write whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(result.model_dump_json(indent=1) + "\n", "utf-8")
    partial.replace(path)
