"""The model card: what the model is, was trained on, can do and cannot; JSON for machines, Markdown from it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from staking_model.features import FEATURE_NAMES, FEATURES, WINDOW, FeatureParameters
from staking_model.labels import HORIZON, OUTFLOW_FRACTION, SPREAD_FLOOR, SPREAD_MULTIPLE, TRAILING
from staking_model.metrics import Metrics
from staking_model.score import MAX_DURATION
from statements.errors import VeristakeError
from statements.quantities import Hash32
from statements.subject import model_id

MODEL_NAME: Final = "veristake/staking-lstm/1"
"""Its keccak256 is the model id on-chain."""
LABELS: Final = (
    f"Exit risk: probability that within {HORIZON} epochs the premium falls by more than {SPREAD_MULTIPLE:g} times its "
    f"trailing spread (standard deviation over {TRAILING} epochs, at least {SPREAD_FLOOR:.1%}), or that more than "
    f"{OUTFLOW_FRACTION:.0%} of the deposited stake leaves, net.",
    f"Staking duration: expected remaining holding time of deposited stake, weighted by amount and cut at "
    f"{MAX_DURATION // 86400} days, as a fraction of it.",
)
LIMITS: Final = (
    "Trained and tested on simulated markets only. Staking durations and outflows exist only in the simulator: no "
    "public record of holding times per restaker was found. The figures above say how well the simulator is learnt, "
    "not how well real exits are foreseen.",
    "Features are clipped: a premium, flow or growth beyond its factor's range looks like one at the edge of it.",
    "The exit risk asks for a further widening or outflow, not for the level of the discount.",
    "The model sees eight epochs; it cannot know slower cycles, nor news.",
    "A proof shows that the network was run on these inputs, not that its forecast is right.",
)


class ModelCardError(VeristakeError):
    """The model's files are missing, malformed, or do not belong together."""


class ModelCard(BaseModel):
    """What is known about a model.

    Attributes:
        version: of this format.
        name: of the model.
        model_id: keccak256 of the name.
        onnx_sha256: of the ONNX file, 0x-hex.
        hidden: hidden units.
        window: epochs seen.
        features: names in circuit order, per epoch.
        feature_parameters: factors and the scale for which they were tried.
        tag_limbs: limbs of the request tag in the ONNX file.
        outputs: names in circuit order.
        maximum_duration_seconds: that a duration output of 1 stands for.
        weight_scale_bits: weights are multiples of 2^-weight_scale_bits.
        argument_limit: no sigmoid's argument exceeds it, for features in [-1, 1].
        labels: what the outputs forecast.
        data: what it was trained on.
        seed: of data, weights and batches.
        metrics: on tokens and a time that training did not see.
        fixed_point_error: largest difference that fixed point at the input scale made to a score of the test set.
        rounding_spread: largest difference seen between scores of provers who round each quotient at random.
        limits: what it cannot do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    name: str = MODEL_NAME
    model_id: Hash32 = Field(default_factory=lambda: model_id(MODEL_NAME))
    onnx_sha256: Hash32
    hidden: int = Field(ge=1)
    window: int = WINDOW
    features: tuple[str, ...] = FEATURE_NAMES
    feature_parameters: FeatureParameters
    tag_limbs: int = Field(ge=0)
    outputs: tuple[str, ...] = ("staking_duration", "exit_risk")
    maximum_duration_seconds: int = Field(default=MAX_DURATION, gt=0)
    weight_scale_bits: int
    argument_limit: float
    labels: tuple[str, ...] = LABELS
    data: str
    seed: int
    metrics: Metrics
    fixed_point_error: float
    rounding_spread: float
    limits: tuple[str, ...] = LIMITS


def sha256_of(content: bytes) -> str:
    """sha256 as 0x-hex."""
    return "0x" + hashlib.sha256(content).hexdigest()


def read_card(path: Path, onnx: Path) -> ModelCard:
    """Read a card and check that the ONNX file is the one that it describes.

    Raises:
        ModelCardError: a file is missing or malformed, or they do not belong together.
    """
    remedy = "Restore both files, or train the model again with `veristake model train`"
    try:
        card = ModelCard.model_validate_json(path.read_bytes())
        actual = sha256_of(onnx.read_bytes())
    except OSError as error:
        raise ModelCardError(f"cannot read {error.filename}: {error.strerror}", remedy=remedy) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the document"
        raise ModelCardError(f"{path} is not a model card: {field}: {first['msg']}", remedy=remedy) from error
    if actual != card.onnx_sha256:
        raise ModelCardError(f"{onnx} has sha256 {actual}, its card says {card.onnx_sha256}", remedy=remedy)
    return card


def card_markdown(card: ModelCard) -> str:
    """The card for people."""
    metrics, factors = card.metrics, card.feature_parameters
    rows = [
        ("network", metrics.risk_model, metrics.duration_mae_model),
        ("climatology", metrics.risk_climatology, metrics.duration_mae_climatology),
        ("persistence", metrics.risk_persistence, metrics.duration_mae_persistence),
    ]
    factor_names = ("premium_factor", "premium_change_factor", "flow_factor", "rate_growth_factor")
    shown_factors = ", ".join(str(getattr(factors, name)) for name in factor_names)
    table = "\n".join(f"| {name} | {risk.brier:.4f} | {risk.auc:.3f} | {mae:.4f} |" for name, risk, mae in rows)
    labels = "\n".join(f"- {label}" for label in card.labels)
    limits = "\n".join(f"- {limit}" for limit in card.limits)
    return f"""# {card.name}

<!-- written from model_card.json: change that, not this -->

An LSTM with coupled gates and {card.hidden} hidden units that reads {card.window} epochs of {FEATURES} features and
gives a staking duration and an exit risk.

| | |
|---|---|
| model id | `{card.model_id}` |
| ONNX sha256 | `{card.onnx_sha256}` |
| features | {", ".join(card.features)} |
| factors | {shown_factors} |
| input scale | 2^{factors.input_scale_bits} |
| weights | multiples of 2^-{card.weight_scale_bits}; no sigmoid's argument exceeds {card.argument_limit} |
| longest duration | {card.maximum_duration_seconds:,} seconds |
| request tag | {card.tag_limbs} limbs |
| seed | {card.seed} |

## What it forecasts

{labels}

## Data

{card.data}

## How well

On {metrics.windows:,} windows of tokens and a time that training did not see, {metrics.event_rate:.1%} of them with an
event. Brier score and mean absolute error (fraction of the longest duration): lower is better; AUC: higher is better.

| forecast | Brier | AUC | duration error |
|---|---|---|---|
{table}

Climatology always says training's event rate and median duration. Persistence takes whether an event was under way in
the last {HORIZON} epochs, and the newest duration that is fully known. Fixed point at the input
scale changed a score by {card.fixed_point_error:.5f} at most; provers who round each quotient at random came to scores
that differ by {card.rounding_spread:.5f} at most.

## Limits

{limits}
"""
