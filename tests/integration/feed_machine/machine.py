"""AssetObserver, VerifierRegistry and RiskFeed beside the model, through whatever hypothesis makes of some weeks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.integration.feed_machine.acting import ASSETS
from tests.integration.feed_machine.feed_model import MODEL_ID, hash_of
from tests.integration.feed_machine.node import Question
from tests.integration.feed_machine.observer_model import ObserverModel
from tests.integration.feed_machine.scoring import Scoring
from tests.integration.feed_machine.stage import CHAIN_ID, running_stage

Answers = tuple[tuple[Question, Callable[[], Any]], ...]

LAGS = (0, 1, 2, 7, 8, 9, 23, 24, 31, 32, 40)
"""Around the ends of a window, and of what the ring holds of windows and of observations."""


def _round_data(score: tuple[int, ...]) -> tuple[int, ...]:
    """As an aggregator of the exit risk gives a score, at eight decimals."""
    epoch, observed_at, _, _, risk = score
    return epoch, risk // 10**10, observed_at, observed_at, epoch


class FeedMachine(Scoring):
    """Everybody who can act, in any order; every answer, error and stored figure is the model's."""

    @invariant()
    def newest_figures_are_the_models(self) -> None:
        self.agree(*self._newest(0), *self._newest(1))

    @rule(number=ASSETS)
    def read_history(self, number: int) -> None:
        newest = (self.observer(number).latest, self.world.feeds[number].latest)
        epochs = {max(latest - lag, 0) for latest in newest for lag in LAGS}
        self.agree(*(pair for epoch in sorted(epochs) for pair in self._of_epoch(number, epoch)))

    @rule(number=ASSETS, beyond=st.integers(-1, 1))
    def read_with_an_age_of_ones_own(self, number: int, beyond: int) -> None:
        feed = self.world.feeds[number]
        newest = feed.rounds.get(feed.latest)
        age = self.node.now - (newest.observed_at if newest else 0) + beyond
        call = self.stage.feed.asked("getScoreNoOlderThan", MODEL_ID, feed.observer.asset, age)
        self.agree((call, lambda: feed.latest_score(self.node.now, age)))

    def _newest(self, number: int) -> Answers:
        observer, feed = self.observer(number), self.world.feeds[number]
        at, asset, now = self.stage, observer.asset, self.node.now
        return (
            (at.observer.asked("latestEpoch", asset), lambda: observer.latest),
            (at.observer.asked("firstEpoch", asset), lambda: observer.first),
            *(
                pair
                for epoch in (observer.latest, max(observer.latest - 1, 0))
                for pair in (
                    (at.observer.asked("inputsOf", asset, epoch), partial(self._inputs, observer, epoch)),
                    (at.observer.asked("observationOf", asset, epoch), partial(observer.observation, epoch)),
                )
            ),
            (at.feed.asked("latestEpoch", MODEL_ID, asset), lambda: feed.latest),
            (at.feed.asked("latestScore", MODEL_ID, asset), lambda: feed.latest_score(now)),
            (at.aggregators[number].asked("latestRoundData"), lambda: _round_data(feed.latest_score(now))),
        )

    def _of_epoch(self, number: int, epoch: int) -> Answers:
        observer, feed = self.observer(number), self.world.feeds[number]
        at, asset = self.stage, observer.asset
        return (
            (at.observer.asked("observationOf", asset, epoch), lambda: observer.observation(epoch)),
            (at.observer.asked("inputsOf", asset, epoch), lambda: self._inputs(observer, epoch)),
            (at.observer.asked("configVersionAt", asset, epoch), lambda: observer.config_version(epoch)),
            (at.feed.asked("roundAt", MODEL_ID, asset, epoch), lambda: feed.round(epoch)),
            (at.feed.asked("scoreAt", MODEL_ID, asset, epoch), lambda: feed.round(epoch).score),
            (at.feed.asked("statementIdOf", MODEL_ID, asset, epoch), lambda: feed.statement_id(epoch, CHAIN_ID)),
            (at.feed.asked("sourceOf", MODEL_ID, asset, epoch), lambda: feed.source(epoch)),
            (at.aggregators[number].asked("getRoundData", epoch), lambda: _round_data(feed.round(epoch).score)),
        )

    def _inputs(self, observer: ObserverModel, epoch: int) -> tuple[Any, ...]:
        inputs, version, newest = observer.window(epoch)
        factors = observer.configs[version - 1].factors
        return inputs, (CHAIN_ID, self.stage.observer.address, version, newest.observed_at, hash_of(factors))


@contextmanager
def feed_machine(folder: Path) -> Iterator[type[FeedMachine]]:
    """The machine on a stage of its own, deployed once for all examples."""
    with running_stage(folder) as (stage, start):
        attributes = {"stage": stage, "start": start, "snapshot": stage.node.snapshot()}
        yield type("Machine", (FeedMachine,), attributes)
