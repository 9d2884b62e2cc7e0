"""What a model is fitted on and tested on: the simulator, a held-out period and a held-out token of real history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from staking_model.dataset import DatasetSize, build_split, history_samples, split_history
from staking_model.features import FeatureParameters
from staking_model.history import History, without_hindsight
from staking_model.samples import Floats, Samples, Split, joined

SIMULATOR: Final = "simulator"
PERIOD: Final = "held-out period"
STRICT_PERIOD: Final = "held-out period, without hindsight"
OTHER_ASSET: Final = "held-out token"
REFITTED: Final = "refitted without it"
"""Of a token: what follows its name where a second network, which never saw it, is asked."""
HELD_OUT: Final = "stETH"


@dataclass(frozen=True)
class Material:
    """All windows, cut.

    Attributes:
        simulated: tokens and times of the simulator.
        periods: real tokens of which training sees the first part, by token.
        strict: the last parts of those again, without hindsight, by token.
        tokens: real tokens of which training sees nothing, by token.
    """

    simulated: Split
    periods: dict[str, Split]
    strict: dict[str, Samples]
    tokens: dict[str, Samples]

    @property
    def trained_tokens(self) -> frozenset[str]:
        """Real tokens that training sees a part of."""
        return frozenset(self.periods)

    @property
    def trained_history(self) -> Split | None:
        """Their sets together; None where there are none."""
        if not self.periods:
            return None
        splits = list(self.periods.values())
        return Split(
            train=joined([split.train for split in splits]),
            validation=joined([split.validation for split in splits]),
            test=joined([split.test for split in splits]),
        )


@dataclass(frozen=True)
class TestSet:
    """Windows to report on, and those that baselines may learn from.

    Attributes:
        name: short.
        about: what it is, and what of it training has seen.
        train: what baselines are fitted on.
        validation: where they stop early.
        test: to report.
        weights: of the training rows; None where all count alike.
        validation_weights: of the validation rows likewise.
    """

    __test__ = False  # not a test case

    name: str
    about: str
    train: Samples
    validation: Samples
    test: Samples
    weights: Floats | None = None
    validation_weights: Floats | None = None

    @property
    def knows_durations(self) -> bool:
        """Whether its rows have staking durations: simulated ones do."""
        return self.name == SIMULATOR


def gather(seed: int, parameters: FeatureParameters, size: DatasetSize, histories: tuple[History, ...]) -> Material:
    """Simulate, and cut the histories.

    A series of another token than ``HELD_OUT`` is cut by time; that one is kept whole for testing.
    """
    shown = [history for history in histories if history.token != HELD_OUT]
    strict = {h.token: s for h in shown if (s := without_hindsight(h)) is not None}
    return Material(
        simulated=build_split(seed, parameters, size),
        periods={history.token: split_history(history, parameters) for history in shown},
        strict={token: split_history(history, parameters).test for token, history in strict.items()},
        tokens={h.token: history_samples(h, parameters) for h in histories if h.token == HELD_OUT},
    )


def test_sets(material: Material) -> tuple[TestSet, ...]:
    """What there is to report on."""
    simulated, real = material.simulated, material.trained_history
    sets = []
    for token, split in material.periods.items():
        about = f"The last part of {token}'s record; training saw the first part of it."
        sets.append(TestSet(f"{PERIOD} ({token})", about, split.train, split.validation, split.test))
    for token, test in material.strict.items():
        split = material.periods[token]
        about = f"The same period of {token} with the rate of 24 hours earlier, the market price as it was."
        sets.append(TestSet(f"{STRICT_PERIOD} ({token})", about, split.train, split.validation, test))
    for token, test in material.tokens.items():
        source = real if real is not None else simulated
        learnt = "other real tokens" if real is not None else "the simulator"
        about = f"All of {token}'s record, daily; training saw nothing of it, baselines learn from {learnt}."
        sets.append(TestSet(f"{OTHER_ASSET} ({token})", about, source.train, source.validation, test))
    about = "Simulated tokens and a time that training did not see; the only ones with stake, outflows and durations."
    sets.append(TestSet(SIMULATOR, about, simulated.train, simulated.validation, simulated.test))
    return tuple(sets)


test_sets.__test__ = False  # type: ignore[attr-defined]  # not a test case either
