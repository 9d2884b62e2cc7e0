"""Estimates the simulator's parameters from a folder of public history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from staking_model.calibrated import Calibration, Figure
from staking_model.calibration import (
    HOURS_PER_YEAR,
    calm_autoregression,
    half_lives,
    past_episodes,
    premiums_of,
    shortfalls,
    yearly_growth,
)
from staking_model.observations.columns import DAY, HOUR, LAYOUTS
from staking_model.observations.source import AssetHistory
from staking_model.observations.table_source import TableSource
from statements.errors import ConfigurationError

PRICE_SERIES: Final = (
    ("weETH", "weeth/weETH_peg_hourly_trimmed.csv", "weeth-peg"),
    ("stETH", "chainlink_steth_eth/0x86392dC19c0b719886221c78AB11eb8Cf5c52812.csv", "steth-rounds"),
)
RATE_SERIES: Final = (
    ("weETH", "weeth/weETH_peg_hourly_trimmed.csv", "weeth-peg"),
    ("rETH", "reth/reth_rate_supply.csv", "reth-rate"),
)
QUEUE_SERIES: Final = "validatorqueue/historical_data.json"
QUEUE_QUANTILES: Final = (0.5, 0.75, 0.9, 0.95, 1.0)
_DIGITS: Final = 6


def calibrate(folder: Path) -> Calibration:
    """Estimate every parameter.

    Args:
        folder: with the series named in this module.

    Raises:
        ConfigurationError: the queue's file cannot be read.
        HistoryError: a series cannot be read.
    """
    figures: list[Figure] = []
    for token, file, layout in PRICE_SERIES:
        history = TableSource(folder / file, token, LAYOUTS[layout]).history(token)
        figures += (_figure(history, file, *entry) for entry in _price_figures(history))
    for token, file, layout in RATE_SERIES:
        history = TableSource(folder / file, token, LAYOUTS[layout]).history(token)
        figures.append(_figure(history, file, "yearly_growth", yearly_growth(history), "per year"))
    return Calibration(figures=(*figures, *_queue_figures(folder / QUEUE_SERIES)))


def _price_figures(history: AssetHistory) -> Iterator[tuple[str, float, str]]:
    per_day = DAY // history.epoch_seconds
    hours_per_step = history.epoch_seconds / HOUR
    premiums = premiums_of(history)
    below = shortfalls(premiums, per_day)
    episodes = past_episodes(below, per_day)
    calm = np.ones(len(premiums), dtype=np.bool_)
    for episode in episodes:
        calm[episode.begin : episode.end + 1] = False
    mean, hourly, noise = calm_autoregression(premiums, calm, per_day)
    yield "mean_premium", mean, "fraction"
    yield "reversion", 1 - hourly, "per hour"
    yield "noise", noise, "fraction per hour"
    yield "episodes_per_year", len(episodes) / (calm.sum() * hours_per_step / HOURS_PER_YEAR), "per calm year"
    # a fall within one step says only that it was faster than the series can show
    slides = [e.bottom - e.begin for e in episodes if e.bottom > e.begin]
    for name, values, unit, factor in (
        ("severity", [e.depth for e in episodes], "fraction", 1.0),
        ("slide", slides, "hours", hours_per_step),
        ("half_life", half_lives(below, episodes), "hours", hours_per_step),
    ):
        if values:
            yield f"{name}_least", min(values) * factor, unit
            yield f"{name}_most", max(values) * factor, unit


def _queue_figures(path: Path) -> Iterator[Figure]:
    try:
        rows = json.loads(path.read_text("utf-8"))
        waits = [float(row["exit_wait"]) for row in rows if row["exit_wait"] is not None]
        first, last = rows[0]["date"], rows[-1]["date"]
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}", remedy="Give the whole data folder"
        ) from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigurationError(
            f"{path} is no record of queues: {error!r}", remedy="Give the file as published"
        ) from error
    for share, value in zip(QUEUE_QUANTILES, np.quantile(waits, QUEUE_QUANTILES), strict=True):
        yield Figure(
            name=f"exit_wait_q{round(100 * share):03d}",
            asset="network",
            value=round(float(value), _DIGITS),
            unit="days",
            source=QUEUE_SERIES,
            first=first,
            last=last,
        )


def _figure(history: AssetHistory, file: str, name: str, value: float, unit: str) -> Figure:
    first, last = history.observations[0].observed_at, history.observations[-1].observed_at
    return Figure(
        name=name,
        asset=history.asset,
        value=round(value, _DIGITS),
        unit=unit,
        source=file,
        first=datetime.fromtimestamp(first, UTC).date().isoformat(),
        last=datetime.fromtimestamp(last, UTC).date().isoformat(),
    )
