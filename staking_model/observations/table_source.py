"""Observations from a table of history.

An epoch takes the last row in it. At most two epochs without a row repeat the one before, marked as carried, as the
contract does; after a longer gap the series starts again. A table knows no holders, so there are no events.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from staking_model.features import WAD
from staking_model.observations.columns import HOUR, LAYOUTS, HistoryError, Layout
from staking_model.observations.rows import Row, read_rows
from staking_model.observations.source import AssetHistory
from statements.errors import ConfigurationError
from statements.observation import Observation

DEFAULT_SUPPLY_TOKENS: Final = 40_000
"""Supply where the file has none; only flow over supply depends on it, and such a file has no flow."""
MAXIMUM_CARRIED: Final = 2
"""Missed epochs that are filled, as in AssetObserver."""
MAXIMUM_EPOCHS: Final = 200_000
"""Longest span that is read, about 23 years of hours."""


@dataclass(frozen=True)
class TableSource:
    """One asset's history from a CSV or Parquet file.

    Attributes:
        path: of the file.
        asset: name that the asset gets.
        layout: how to read it.
    """

    path: Path
    asset: str
    layout: Layout = LAYOUTS["hourly"]

    def assets(self) -> tuple[str, ...]:
        """The one asset of the file."""
        return (self.asset,)

    def history(self, asset: str) -> AssetHistory:
        """The record.

        Raises:
            HistoryError: the file cannot be read, naming file, place, column and value.
            ConfigurationError: another asset.
        """
        if asset != self.asset:
            raise ConfigurationError(f"{self.path} is about {self.asset}, not {asset}", remedy="Ask for its asset")
        rows = _delayed(list(read_rows(self.path, self.layout)), self.layout.rate_delay)
        if not rows:
            raise HistoryError(f"{self.path} has no rows", remedy="Give at least one row below the header")
        step = self.layout.epoch_seconds
        require_short_span(self.path, rows[-1].timestamp // step - rows[0].timestamp // step + 1)
        # the last row of an epoch is the one that stays in the dictionary
        newest = {row.timestamp // step: row for row in rows}
        return AssetHistory(self.asset, step, _observations(newest, step), None, self._notes(rows[0], newest))

    def _notes(self, row: Row, newest: dict[int, Row]) -> tuple[str, ...]:
        name = self.path.name
        notes = [f"{name} knows no holders: no durations and no outflow of restakers"]
        if row.supply is None:
            notes.append(f"{name} has no supply: taken as {DEFAULT_SUPPLY_TOKENS:,} tokens throughout")
        if row.total is None:
            notes.append(f"{name} has no total: the flow is 0 throughout")
        if self.layout.price_at_rate:
            notes.append(f"{name} has no market price: taken equal to the rate, so the premium is 0 throughout")
        if self.layout.rate_delay:
            notes.append(f"the rate is taken {self.layout.rate_delay // HOUR} hours late")
        missing = max(newest) - min(newest) + 1 - len(newest)
        if missing:
            notes.append(f"{missing:,} epochs have no row; gaps of up to {MAXIMUM_CARRIED} are carried, others left")
        return tuple(notes)


def require_short_span(path: Path, epochs: int) -> None:
    """Refuse times that are off by a factor of a thousand before they fill the memory.

    Raises:
        HistoryError: the file spans more than ``MAXIMUM_EPOCHS``.
    """
    if epochs > MAXIMUM_EPOCHS:
        raise HistoryError(
            f"{path} spans {epochs:,} epochs, more than {MAXIMUM_EPOCHS:,}",
            remedy="Check the unit of the timestamps: seconds, not milliseconds; or cut the file",
        )


def _delayed(rows: list[Row], delay: int) -> list[Row]:
    """Each row with the rate known ``delay`` seconds before; rows that are too early for one are left out."""
    if delay == 0:
        return rows
    times = [row.timestamp for row in rows]
    late = []
    for row in rows:
        index = bisect_right(times, row.timestamp - delay)
        if index:
            late.append(Row(row.place, row.timestamp, rows[index - 1].rate, row.price, row.supply, row.total))
    return late


def _observations(newest: dict[int, Row], step: int) -> tuple[Observation, ...]:
    epochs = sorted(newest)
    made: list[Observation] = []
    for before, epoch in zip([epochs[0], *epochs], epochs, strict=False):
        gap = epoch - before
        continues = 0 < gap <= MAXIMUM_CARRIED + 1
        if continues:
            made += _carried(made[-1], range(before + 1, epoch), step)
        made.append(_observation(epoch, newest[epoch], (gap if continues else 1) * _hours(step)))
    return tuple(made)


def _carried(previous: Observation, epochs: Sequence[int], step: int) -> list[Observation]:
    return [previous.model_copy(update={"epoch": epoch, "carried": True, "elapsed": _hours(step)}) for epoch in epochs]


def _observation(epoch: int, row: Row, elapsed: int) -> Observation:
    return Observation(
        epoch=epoch,
        rate=row.rate,
        price=row.price,
        observed_at=row.timestamp,
        elapsed=elapsed,
        config_version=1,
        mean_total=row.total or 0,
        supply=row.supply if row.supply is not None else DEFAULT_SUPPLY_TOKENS * WAD,
        price_age=0,
    )


def _hours(step: int) -> int:
    """Changes are features per hour, so a step of a day counts as 24 elapsed epochs of the hourly model."""
    return max(1, step // HOUR)
