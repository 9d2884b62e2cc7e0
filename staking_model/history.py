"""Real history of prices for training and evaluation: which files are understood, and what is asked of them.

Files are read by :mod:`staking_model.observations`. In a file of days one step counts as 24 elapsed epochs, so that the
features, which are per elapsed epoch, mean the same as in hourly data. Real files know no stake: their flow is 0, and
they have neither outflow labels nor durations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from staking_model.event_rules import DAILY, HOURLY, EventRule
from staking_model.observations.columns import LAYOUTS, HistoryError, Layout
from staking_model.observations.source import unbroken_runs
from staking_model.observations.table_source import TableSource
from staking_model.observations.tables import PARQUET_SUFFIXES, open_table
from statements.observation import Observation

KNOWN_FILES: Final = (("weETH", "weeth-peg"), ("stETH", "steth-daily"), ("", "hourly"))
"""Token and layout of files that are told by their columns; a token without a name takes the file's."""
SUFFIXES: Final = (".csv", *PARQUET_SUFFIXES)
"""Files that are looked at in a folder."""
STRICT_LAYOUTS: Final = {"weeth-peg": "weeth-peg-strict"}
"""Layouts without hindsight, of those that have some."""


@dataclass(frozen=True)
class History:
    """One token's public record.

    Attributes:
        token: symbol.
        observations: consecutive, oldest first; no stake.
        rule: what counts as an event at this step.
        source: name of the file.
        sha256: of the file, hex.
        path: of the file.
        layout: by name.
    """

    token: str
    observations: tuple[Observation, ...]
    rule: EventRule
    source: str
    sha256: str
    path: Path
    layout: str

    @property
    def step_seconds(self) -> int:
        """Between two observations."""
        return LAYOUTS[self.layout].epoch_seconds


def read_histories(paths: Iterable[Path]) -> tuple[History, ...]:
    """Every history in the files, and in the folders all CSV and Parquet files that are understood.

    Raises:
        HistoryError: a path does not exist, a file given by name is not understood, a folder holds none, or two files
            are about the same token.
    """
    histories: dict[str, History] = {}
    for path in paths:
        found = [history for history in map(_read, _files(path)) if history is not None]
        if not found:
            raise HistoryError(
                f"{path} holds no history that is understood", remedy="docs/evaluation.md says which columns are"
            )
        for history in found:
            other = histories.setdefault(history.token, history)
            if other.sha256 != history.sha256:
                raise HistoryError(
                    f"{other.path} and {history.path} are both about {history.token}", remedy="Give one of them"
                )
    return tuple(histories.values())


def without_hindsight(history: History) -> History | None:
    """The same with rates that were known at the time; None where the layout has no such form."""
    strict = STRICT_LAYOUTS.get(history.layout)
    if strict is None:
        return None
    return replace(history, layout=strict, observations=_observations(history.path, history.token, LAYOUTS[strict]))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())


def _read(path: Path) -> History | None:
    header = set(open_table(path).header)
    for known, name in KNOWN_FILES:
        layout = LAYOUTS[name]
        if set(layout.required) <= header:
            token = known or path.stem
            rule = HOURLY if layout.epoch_seconds == LAYOUTS["hourly"].epoch_seconds else DAILY
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            return History(token, _observations(path, token, layout), rule, path.name, digest, path, name)
    return None


def _observations(path: Path, token: str, layout: Layout) -> tuple[Observation, ...]:
    """The longest run without a gap."""
    return max(unbroken_runs(TableSource(path, token, layout).history(token).observations), key=len)
