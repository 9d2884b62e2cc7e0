"""The market that the demo plays: simulated, or with one asset's real history from a CSV file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from staking_model.market import Market
from staking_model.replay import Columns, read_replay
from staking_model.simulator import DEMO_ASSETS, EPOCH_SECONDS, simulate_market
from statements.errors import ConfigurationError

MINIMUM_EPOCHS = 24


@dataclass(frozen=True)
class MarketChoice:
    """What to play.

    Attributes:
        epochs: hours, at least 24.
        seed: of the simulator.
        replay: CSV file with the history of ``replay_asset``.
        replay_asset: symbol of the asset that the file is about.
        columns: names of its columns, as ``ours=theirs`` pairs.
    """

    epochs: int = 24
    seed: int = 7
    replay: Path | None = None
    replay_asset: str = "weETH"
    columns: str = ""


def make_market(choice: MarketChoice, start: int) -> Market:
    """The market whose epoch 0 begins at ``start`` (Unix seconds).

    Raises:
        ConfigurationError: too few epochs, or an asset that the demo does not have.
        ReplayError: the file cannot be replayed.
    """
    if choice.epochs < MINIMUM_EPOCHS:
        raise ConfigurationError(f"epochs = {choice.epochs} is too few", remedy=f"Play at least {MINIMUM_EPOCHS}")
    if choice.replay_asset not in DEMO_ASSETS:
        raise ConfigurationError(
            f"replay asset {choice.replay_asset!r} is unknown", remedy=f"Choose from {', '.join(DEMO_ASSETS)}"
        )
    simulated = simulate_market(choice.seed, choice.epochs, DEMO_ASSETS, start=start)
    if choice.replay is None:
        return simulated
    columns = Columns.parse(choice.columns)
    history = read_replay(choice.replay, choice.replay_asset, columns=columns, epochs=choice.epochs)
    if history.epochs < choice.epochs:
        raise ConfigurationError(
            f"{choice.replay} has {history.epochs} hours, {choice.epochs} are played", remedy="Give a longer history"
        )
    return _with_history(simulated, history, choice.replay_asset, start)


def _with_history(simulated: Market, history: Market, symbol: str, start: int) -> Market:
    """The simulated market with one asset's points from history, moved to the chain's time."""
    points = tuple(
        replace(point, timestamp=start + index * EPOCH_SECONDS) for index, point in enumerate(history.points[symbol])
    )
    moves = [move for move in simulated.moves if move.asset != symbol] + list(history.moves)
    return Market(
        points={**simulated.points, symbol: points},
        moves=tuple(sorted(moves, key=lambda move: move.epoch)),
        truths={name: truth for name, truth in simulated.truths.items() if name != symbol},
        notes=history.notes,
    )
