"""Estimates the simulator's parameters from a folder of public history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from staking_model.calibrated import Calibration, Figure, RecordedEpisode
from staking_model.calibration import (
    HOURS_PER_YEAR,
    calm_steps,
    half_life,
    past_episodes,
    premiums_of,
    price_of_waiting,
    shortfalls,
    yearly_growth,
)
from staking_model.calm_premium import calm_premium
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
WAITING_SERIES: Final = (
    ("weETH", "weeth/weETH_peg_hourly_trimmed.csv", "weeth-peg"),
    ("stETH", "steth_daily/steth_daily_panel.csv", "steth-daily"),
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
    episodes: list[RecordedEpisode] = []
    for token, file, layout in PRICE_SERIES:
        history = TableSource(folder / file, token, LAYOUTS[layout]).history(token)
        found, past = _price_figures(history)
        figures += (_figure(history, file, *entry) for entry in found)
        episodes += past
    waits = _waits(folder / QUEUE_SERIES)
    for token, file, layout in WAITING_SERIES:
        history = TableSource(folder / file, token, LAYOUTS[layout]).history(token)
        figures.append(_figure(history, file, "price_of_waiting", _price_of_waiting(history, waits), "per year"))
    for token, file, layout in RATE_SERIES:
        history = TableSource(folder / file, token, LAYOUTS[layout]).history(token)
        figures.append(_figure(history, file, "yearly_growth", yearly_growth(history), "per year"))
    return Calibration(figures=(*figures, *_queue_figures(waits)), episodes=tuple(episodes))


def _price_figures(history: AssetHistory) -> tuple[list[tuple[str, float, str]], list[RecordedEpisode]]:
    per_day = DAY // history.epoch_seconds
    hours_per_step = history.epoch_seconds / HOUR
    premiums = premiums_of(history)
    below = shortfalls(premiums, per_day)
    episodes = past_episodes(below, per_day)
    calm = calm_steps(len(premiums), episodes)
    found = calm_premium(premiums, calm, per_day)
    figures = [
        ("mean_premium", found.mean, "fraction"),
        ("reversion", found.reversion, "per hour"),
        ("noise", found.noise, "fraction per hour"),
        ("volatility_spread", found.volatility_spread, "log"),
        ("episodes_per_year", len(episodes) / (calm.sum() * hours_per_step / HOURS_PER_YEAR), "per calm year"),
    ]
    recorded = []
    for episode in episodes:
        life = half_life(below, episode)
        if life is None:
            continue  # still under way when the record ends: its recovery is not known
        recorded.append(
            RecordedEpisode(
                asset=history.asset,
                began=_day(history.observations[episode.begin].observed_at),
                depth=round(episode.depth, _DIGITS),
                # a fall within one step says only that it was faster than the series can show
                slide_hours=max(episode.bottom - episode.begin, 0.5) * hours_per_step,
                half_life_hours=life * hours_per_step,
                hours=(episode.end - episode.begin + 1) * hours_per_step,
                step_hours=hours_per_step,
            )
        )
    return figures, recorded


def _price_of_waiting(history: AssetHistory, waits: dict[str, float]) -> float:
    """Over the days that both know; the mean of a day's premiums counts."""
    days: dict[str, list[float]] = {}
    for observation, premium in zip(history.observations, premiums_of(history), strict=True):
        days.setdefault(_day(observation.observed_at), []).append(premium)
    shared = sorted(days.keys() & waits.keys())
    premiums = np.asarray([np.mean(days[day]) for day in shared], dtype=np.float64)
    return price_of_waiting(premiums, np.asarray([waits[day] for day in shared], dtype=np.float64))


def _waits(path: Path) -> dict[str, float]:
    """Days that the network's exit queue took, by day."""
    try:
        rows = json.loads(path.read_text("utf-8"))
        return {str(row["date"])[:10]: float(row["exit_wait"]) for row in rows if row["exit_wait"] is not None}
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}", remedy="Give the whole data folder"
        ) from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigurationError(
            f"{path} is no record of queues: {error!r}", remedy="Give the file as published"
        ) from error


def _queue_figures(waits: dict[str, float]) -> Iterator[Figure]:
    for share, value in zip(QUEUE_QUANTILES, np.quantile(list(waits.values()), QUEUE_QUANTILES), strict=True):
        yield Figure(
            name=f"exit_wait_q{round(100 * share):03d}",
            asset="network",
            value=round(float(value), _DIGITS),
            unit="days",
            source=QUEUE_SERIES,
            first=min(waits),
            last=max(waits),
        )


def _figure(history: AssetHistory, file: str, name: str, value: float, unit: str) -> Figure:
    first, last = history.observations[0].observed_at, history.observations[-1].observed_at
    return Figure(
        name=name,
        asset=history.asset,
        value=round(value, _DIGITS),
        unit=unit,
        source=file,
        first=_day(first),
        last=_day(last),
    )


def _day(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()
