"""The model card for people, written from the one for machines."""

from __future__ import annotations

from staking_model.card import ModelCard
from staking_model.features import FEATURES
from staking_model.metrics import Interval, SetMetrics

_FACTORS = ("premium_factor", "premium_change_factor", "flow_factor", "rate_growth_factor")


def card_markdown(card: ModelCard) -> str:
    """The card in Markdown."""
    factors = card.feature_parameters
    shown_factors = ", ".join(str(getattr(factors, name)) for name in _FACTORS)
    labels, limits = (_bullets(lines) for lines in (card.labels, card.limits))
    sets = "\n".join(metrics_markdown(metrics, level="###") for metrics in card.metrics)
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

{_files(card)}

Features in training, after clipping to [-1, 1]; live ones outside are flagged as drift:

| feature | smallest | 1 % below | 1 % above | largest | at the clip |
|---|---:|---:|---:|---:|---:|
{_ranges(card)}

## How well

Lower is better for the Brier score, log loss, calibration error and duration error; higher for skill (against
climatology), AUC, precision of alarms on the 5 % highest forecasts, and concordance. *Onset*: windows with no
event under way when asked. `veristake model evaluate` adds logistic regression, LightGBM and bootstrap intervals
(docs/evaluation.md).

{sets}
Climatology always says training's event rate and median duration. Persistence takes whether an event was under way when
asked, and the newest duration that is fully known. EWMA follows the token's own labels known when asked. Fixed point at
the input scale changed a score by {card.fixed_point_error:.5f} at most, and a Brier score by
{card.fixed_point_brier_cost:+.2%} at most; provers who round each quotient at random came to scores that differ by
{card.rounding_spread:.5f} at most.

## Limits

{limits}
"""


def metrics_markdown(metrics: SetMetrics, level: str) -> str:
    """One test set as a heading and tables."""
    intervals = bool(metrics.skill_intervals)
    head = (
        "| forecast | Brier | skill | AUC | log loss | calibration error | alarm precision | onset AUC | onset skill |"
    )
    rows = [head, "|---|" + "---:|" * 8]
    for name, risk in metrics.risk.items():
        skill, area = f"{risk.brier_skill:+.3f}", f"{risk.auc:.3f}"
        if intervals:
            between, areas = metrics.skill_intervals[name], metrics.auc_intervals[name]
            skill += f" ({between.low:+.3f} to {between.high:+.3f})"
            area += f" ({areas.low:.2f} to {areas.high:.2f})"
        rows.append(
            f"| {name} | {risk.brier:.4f} | {skill} | {area} | {risk.log_loss:.3f} | {risk.calibration_error:.3f} "
            f"| {risk.alarm_precision:.2f} | {risk.onset_auc:.3f} | {risk.onset_brier_skill:+.3f} |"
        )
    if metrics.duration:
        rows += ["", "| forecast | duration error | concordance |", "|---|---:|---:|"]
        rows += [
            f"| {name} | {entry.mean_absolute_error:.4f}{_between(metrics.duration_intervals.get(name))} "
            f"| {entry.concordance:.3f} |"
            for name, entry in metrics.duration.items()
        ]
    table = "\n".join(rows)
    return f"""{level} {metrics.name}

{metrics.about} {metrics.windows:,} windows, {metrics.onset_windows:,} of them onset; events in
{metrics.event_rate:.1%} of them, in {metrics.episodes} episodes.

{table}
"""


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f" ({interval.low:.3f} to {interval.high:.3f})"


def _bullets(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _files(card: ModelCard) -> str:
    if not card.files:
        return "No real history was given: the simulator was all that it saw."
    rows = "\n".join(f"| {file.token} | {file.name} | {file.use} | `{file.sha256}` |" for file in card.files)
    return f"| token | file | use | sha256 |\n|---|---|---|---|\n{rows}"


def _ranges(card: ModelCard) -> str:
    return "\n".join(
        f"| {entry.name} | {entry.minimum:+.4f} | {entry.p01:+.4f} | {entry.p99:+.4f} | {entry.maximum:+.4f} "
        f"| {entry.clipped_share:.2%} |"
        for entry in card.feature_ranges
    )
