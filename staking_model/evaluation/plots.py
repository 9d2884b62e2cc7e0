"""Plots: reliability, and the history with its alarms; the only module here that imports matplotlib."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import matplotlib as mpl

mpl.use("Agg")  # before pyplot: there is no screen
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from staking_model.evaluation.forecasts import CLIMATOLOGY, EWMA, NETWORK
from staking_model.evaluation.scores import ALARM_RATE, Vector, reliability
from staking_model.features import WAD, premium_wad
from staking_model.history import History

DPI: Final = 80
EPISODES: Final = {
    "stETH": (datetime(2022, 5, 1, tzinfo=UTC), datetime(2022, 8, 15, tzinfo=UTC)),
    "weETH": (datetime(2024, 7, 28, tzinfo=UTC), datetime(2024, 8, 18, tzinfo=UTC)),
}
"""Known depegs, with some weeks around them."""


def plot_reliability(path: Path, title: str, risks: dict[str, Vector], event: Vector) -> None:
    """Forecast against frequency, a line per forecast that varies by window."""
    figure, axes = plt.subplots(figsize=(5.5, 5))
    largest = 0.0
    for name, forecast in risks.items():
        if name in (CLIMATOLOGY, EWMA):
            continue
        bins = reliability(forecast, event)
        largest = max([largest, *(max(entry.forecast, entry.frequency) for entry in bins)])
        style = {"linewidth": 2.5, "zorder": 3} if name == NETWORK else {"linewidth": 1}
        axes.plot(
            [b.forecast for b in bins], [b.frequency for b in bins], marker="o", markersize=4, label=name, **style
        )
    axes.plot([0, largest], [0, largest], color="grey", linestyle=":", label="perfect")
    axes.set(xlabel="forecast risk", ylabel="share followed by an event", title=title)
    axes.legend(fontsize=8)
    _save(figure, path)


def plot_episode(path: Path, history: History, times: Vector, risk: Vector, event: Vector, seen: str) -> None:
    """Premium, risk and alarms of a token around its known depeg.

    Args:
        path: of the picture.
        history: the token's record.
        times: [N] Unix seconds of the windows.
        risk: [N] forecasts of the network.
        event: [N] whether an event followed.
        seen: whether training has seen this part.
    """
    first, last = (moment.timestamp() for moment in EPISODES[history.token])
    threshold = float(np.quantile(risk, 1 - ALARM_RATE))
    shown = (times >= first) & (times <= last)
    moments = [datetime.fromtimestamp(int(time), UTC) for time in times[shown]]
    prices = [o for o in history.observations if first <= o.observed_at <= last]
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 5), sharex=True)
    above.plot(
        [datetime.fromtimestamp(o.observed_at, UTC) for o in prices],
        [100 * premium_wad(o) / WAD for o in prices],
        color="black",
        linewidth=1,
    )
    above.set(ylabel="premium, %", title=f"{history.token}: premium, risk and alarms ({seen})")
    below.plot(moments, risk[shown], linewidth=1.2, label="exit risk")
    below.axhline(threshold, color="grey", linestyle=":", label=f"alarm: the {ALARM_RATE:.0%} highest of the record")
    below.fill_between(moments, 0, 1, where=event[shown] > 0.5, color="tab:orange", alpha=0.25, label="event follows")
    below.set(ylabel="exit risk", ylim=(0, max(0.3, float(risk[shown].max(initial=0)) * 1.1)))
    below.legend(fontsize=8, loc="upper right")
    figure.autofmt_xdate()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    # no software version in the file: the same figures give the same bytes
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    plt.close(figure)
