"""A report on live inputs beside those that the model was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from staking_model.drift import FeatureDrift, Verdict, measure_drift
from staking_model.feature_range import FeatureRange
from staking_model.features import OBSERVATIONS, FeatureParameters
from staking_model.observations.source import AssetHistory, input_windows
from statements.errors import ConfigurationError, VeristakeError

GRAVE: Final = frozenset({Verdict.OUTSIDE, Verdict.CLIPPED, Verdict.TAIL})
"""Verdicts that count as drift by themselves; a shift alone is a remark."""


class DriftError(VeristakeError):
    """Live inputs are not like training's: for the exit code, after the report has been printed."""

    exit_code = 4


class WatchReport(BaseModel):
    """What was found.

    Attributes:
        asset: token address or symbol.
        windows: windows looked at, the newest of the record.
        first: time of the oldest of them, ISO 8601.
        newest: time of the newest, ISO 8601.
        features: one per feature, in circuit order.
        remarks: what the source has to say, and what else does not fit.
        drifts: live inputs are not like training's.
    """

    model_config = ConfigDict(frozen=True)

    asset: str
    windows: int
    first: str
    newest: str
    features: tuple[FeatureDrift, ...]
    remarks: tuple[str, ...]
    drifts: bool


def watch_report(
    history: AssetHistory,
    live: FeatureParameters,
    trained: FeatureParameters,
    ranges: Sequence[FeatureRange],
    *,
    last: int,
    strict: bool = False,
) -> WatchReport:
    """Compare the newest windows of a record with training.

    Args:
        history: of one asset.
        live: factors and scale by which its inputs are computed.
        trained: those of the model.
        ranges: of the model card.
        last: so many of the newest windows.
        strict: a shift alone counts as drift as well.

    Raises:
        ConfigurationError: the record holds no whole window.
    """
    windows = list(input_windows(history.observations, live))[-last:]
    if not windows:
        raise ConfigurationError(
            f"{history.asset} has {len(history.observations)} observations, but no {OBSERVATIONS} in a row",
            remedy=f"Give {OBSERVATIONS} consecutive epochs or more",
        )
    inputs = np.asarray([values for _, values in windows], dtype=np.float64) / live.one
    drifts = measure_drift(inputs, ranges)
    counts = GRAVE | {Verdict.SHIFTED} if strict else GRAVE
    remarks = list(history.notes)
    if live != trained:
        remarks.append(f"features are computed with {_difference(live, trained)}: they are not the model's inputs")
    return WatchReport(
        asset=history.asset,
        windows=len(windows),
        first=_time(windows[0][0].observed_at),
        newest=_time(windows[-1][0].observed_at),
        features=drifts,
        remarks=tuple(remarks),
        drifts=live != trained or any(drift.verdict in counts for drift in drifts),
    )


def report_text(report: WatchReport) -> str:
    """The report for people."""
    lines = [
        f"{report.asset}: {report.windows:,} windows from {report.first} to {report.newest}",
        "",
        "feature            newest  smallest  largest  outside   tails  clipped     PSI",
    ]
    lines += [_line(drift) for drift in report.features]
    lines += ["", *(f"note: {remark}" for remark in report.remarks)]
    lines.append("DRIFT: inputs are not like training's" if report.drifts else "inputs are like training's")
    return "\n".join(lines)


def _line(drift: FeatureDrift) -> str:
    index = "-" if drift.stability_index is None else f"{drift.stability_index:.2f}"
    shares = f"{drift.outside_share:>9.1%}{drift.tail_share:>8.1%}{drift.clipped_share:>9.1%}"
    values = f"{drift.newest:>9.4f}{drift.minimum:>10.4f}{drift.maximum:>9.4f}"
    return f"{drift.name:<16}{values}{shares}{index:>8}  {drift.verdict}"


def _difference(live: FeatureParameters, trained: FeatureParameters) -> str:
    ours, theirs = live.model_dump(), trained.model_dump()
    return ", ".join(f"{name} {ours[name]} instead of {theirs[name]}" for name in ours if ours[name] != theirs[name])


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
