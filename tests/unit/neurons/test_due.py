"""Which epoch is asked for, as one node shows them and another does not yet."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from neurons.home_chain import InputsUnavailableError, Reading
from neurons.validator.due import UNAVAILABLE_BLOCKS, DueFinder
from neurons.validator.settings import AssetSettings

TOKEN = "0x" + "11" * 20
OBSERVER = "0x" + "22" * 20


class _Chain:
    """Stands for the home chain: an epoch is there from one block on, its window from another."""

    settings = SimpleNamespace(chain_id=1, observer=OBSERVER)

    def __init__(self) -> None:
        self.block = 100
        self.epochs = {100: 7}
        self.window_from: dict[int, int] = {}
        self.looked_at: list[int] = []

    def pinned_block(self) -> int:
        return self.block

    def latest_epoch(self, asset: str, *, block: int) -> int:
        self.looked_at.append(block)
        return max(epoch for since, epoch in self.epochs.items() if since <= block)

    def read(self, asset: str, epoch: int, *, block: int) -> Reading:
        self.looked_at.append(block)
        if block < self.window_from.get(epoch, 0):
            raise InputsUnavailableError("no whole window")
        return Reading(asset, epoch, (1,), 1, 12, "0x" + "00" * 32, 0, block, "0x" + "00" * 32, 0)


@pytest.fixture
def chain() -> _Chain:
    return _Chain()


@pytest.fixture
def finder(chain: _Chain) -> DueFinder:
    store: Any = SimpleNamespace(is_published=lambda _: False)
    home: Any = chain
    asset = AssetSettings(symbol="ezETH", token=TOKEN)
    return DueFinder(assets=[asset], model="m", input_scale_bits=12, chain=home, store=store)


def epochs(finder: DueFinder) -> list[int]:
    return [due.subject.epoch for due in asyncio.run(finder.find())]


def test_find_looks_at_one_block(chain: _Chain, finder: DueFinder) -> None:
    assert epochs(finder) == [7]
    assert chain.looked_at == [100, 100]


def test_find_window_that_comes_a_block_later_is_due_then(chain: _Chain, finder: DueFinder) -> None:
    chain.window_from[7] = 101
    assert epochs(finder) == []
    chain.block = 101
    assert epochs(finder) == [7]


def test_find_window_that_stays_away_is_told_once_and_given_up(chain: _Chain, finder: DueFinder) -> None:
    chain.window_from[7] = 10_000
    with capture_logs() as logs:
        for chain.block in range(100, 101 + UNAVAILABLE_BLOCKS):
            assert epochs(finder) == []
    assert [entry["event"] for entry in logs] == ["inputs_unavailable"]
    chain.looked_at.clear()
    assert epochs(finder) == []
    assert len(chain.looked_at) == 1, "the window is not read again"


def test_find_epoch_that_a_newer_one_replaces_unproven_is_told(chain: _Chain, finder: DueFinder) -> None:
    assert epochs(finder) == [7]
    chain.block, chain.epochs[101] = 101, 8
    with capture_logs() as logs:
        (due,) = asyncio.run(finder.find())
    assert [(entry["event"], entry["epoch"], entry["by"]) for entry in logs] == [("epoch_superseded", 7, 8)]
    finder.settled(due)
    chain.block, chain.epochs[102] = 102, 9
    with capture_logs() as logs:
        assert epochs(finder) == [9]
    assert logs == []
