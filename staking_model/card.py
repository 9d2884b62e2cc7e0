"""The model card: what the model is, was trained on, can do and cannot; JSON for machines, Markdown from it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from staking_model.event_rules import DAILY, HOURLY, EventRule
from staking_model.feature_range import FeatureRange
from staking_model.features import FEATURE_NAMES, WINDOW, FeatureParameters
from staking_model.metrics import SetMetrics
from staking_model.score import MAX_DURATION
from statements.errors import VeristakeError
from statements.quantities import Hash32
from statements.subject import model_id

MODEL_NAME: Final = "veristake/staking-lstm/1"
"""Its keccak256 is the model id on-chain."""
LABELS: Final = (
    f"Exit risk: probability that within {HOURLY.horizon} epochs the premium falls by more than "
    f"{HOURLY.spread_multiple:g} times its trailing spread (standard deviation of its changes over {HOURLY.trailing} "
    f"epochs, times sqrt({HOURLY.horizon}), at least {HOURLY.spread_floor:.3%}), or that more than "
    f"{HOURLY.outflow_multiple:g} times the like spread of net flow, and at least {HOURLY.outflow_floor:.0%} of the "
    f"deposited stake, leaves, net. In daily figures: {DAILY.horizon} days and a spread of {DAILY.trailing} days.",
    f"Staking duration: expected remaining holding time of deposited stake, weighted by amount and cut at "
    f"{MAX_DURATION // 86400} days, as a fraction of it.",
)
LIMITS: Final = (
    "Staking durations and outflows exist only in the simulator and on our own chain: no public record of holding "
    "times per restaker was found. Figures on simulated markets say how well the simulator is learnt, not how well "
    "real exits are foreseen. Real history has prices only.",
    "Events come in episodes, and public history holds few of them: see the intervals in docs/evaluation.md before "
    "believing a difference.",
    "weETH's record is a rolling median of 24 hours, which makes its falls easier to foresee than those of a price "
    "that moves at once; its rate is interpolated from daily values, so it is also tested with the rate of 24 hours "
    "earlier.",
    "Features are clipped: a premium, flow or growth beyond its factor's range looks like one at the edge of it.",
    "The exit risk asks for a further widening or outflow, not for the level of the discount.",
    "The model sees eight epochs; it cannot know slower cycles, nor the trailing spread by which events are measured, "
    "nor news.",
    "Base rates drift: on weETH twice as many events follow in the last 30 % of the record as before it. Ranking is "
    "learnable, the level of the risk is less so.",
    "Simpler forecasts on the same inputs do better on simulated markets (docs/evaluation.md): real rows outweigh "
    "simulated ones, and holding the rounding band to 0.5 % costs sharpness.",
    "On stETH's daily record, of which training saw nothing, its risk was worse than always saying the event rate, on "
    "5 episodes: not for daily figures.",
    "The simulator's figures are taken from the whole of weETH's and stETH's records, the parts that the model is "
    "tested on included: it knows how often, deep and long depegs were, not when.",
    "The momentum it knows is that of weETH's smoothed record: where a price jumps to and fro by much more than 0.01 % "
    "an hour, the risk of a calm token rises at times.",
    "A proof shows that the network was run on these inputs, not that its forecast is right.",
)


class ModelCardError(VeristakeError):
    """The model's files are missing, malformed, or do not belong together."""


class DataFile(BaseModel):
    """A file of real history that training saw.

    Attributes:
        token: symbol.
        name: of the file.
        sha256: of its content, hex.
        use: what of it was used for what.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: str
    name: str
    sha256: str
    use: str


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
        files: real history that was given; none means that the simulator was all.
        metrics: on test sets that training did not see, in order of what they ask.
        feature_ranges: where each feature lay in training, to tell drift by.
        rules: what counts as an event, hourly and daily.
        fixed_point_error: largest difference that fixed point at the input scale made to a score of the test sets.
        fixed_point_brier_cost: largest relative rise of a test set's Brier score by fixed point.
        rounding_spread: largest difference seen between scores of provers who round each quotient at random.
        limits: what it cannot do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[2] = 2
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
    files: tuple[DataFile, ...] = ()
    metrics: tuple[SetMetrics, ...]
    feature_ranges: tuple[FeatureRange, ...]
    rules: dict[str, EventRule] = Field(default_factory=lambda: {"hourly": HOURLY, "daily": DAILY})
    fixed_point_error: float
    fixed_point_brier_cost: float
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
