"""What AssetObserver should do, in plain Python: what the state machine compares the contract with.

Written from docs/features.md and the interface: dictionaries in place of rings, fractions in place of fixed point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

EPOCH_LENGTH, OBSERVATION_SECONDS = 3600, 600
WINDOW, RING, MOST_CARRIED, MOST_SUPPLY_STEPS = 8, 32, 2, 48
CONFIG_DELAY = 3
WAD = 10**18


class RefusedError(Exception):
    """A call reverts.

    Args:
        name: of the custom error, empty for a revert without data.
        arguments: of the error.
    """

    def __init__(self, name: str = "", *arguments: Any) -> None:
        super().__init__(name, *arguments)
        self.error = (name, *arguments)


def outcome(action: Callable[[], Any]) -> Any:
    """What it gives, or the error that it is refused with, by name and arguments."""
    try:
        given = action()
    except RefusedError as refused:
        return refused.error
    return () if given is None else given


class Observed(NamedTuple):
    """One observation, in the struct's order."""

    rate: int
    price: int
    observed_at: int
    elapsed: int
    config_version: int
    mean_total: int
    supply: int
    price_age: int
    carried: bool


class Factors(NamedTuple):
    """FeatureParameters, in the struct's order."""

    premium: int
    premium_change: int
    flow: int
    rate_growth: int
    scale_bits: int


class Config(NamedTuple):
    """What matters of an AssetConfig, and the first epoch that is read under it."""

    heartbeat: int
    factors: Factors
    from_epoch: int


@dataclass
class Uptime:
    """What the sequencer's feed says; None for an answer: it cannot be read."""

    answer: int | None
    since: int

    def require_up(self, now: int) -> None:
        if self.answer is None:
            raise RefusedError()
        if self.answer != 0 or self.since == 0 or now - self.since < 3600:
            raise RefusedError("SequencerDown", self.since)


@dataclass
class Sources:
    """What an asset's sources say; None: the source cannot be read."""

    decimals: int
    supply: int
    rate: int | None
    price: int | None = None
    price_at: int = 0
    total: int = 0
    _cumulative: int = 0
    _since: int = 0

    def cumulative(self, now: int) -> int:
        """Token units times seconds up to now."""
        return self._cumulative + self.total * (now - self._since)

    def stake(self, change: int, now: int) -> None:
        """Somebody deposits, or withdraws."""
        self._cumulative, self._since = self.cumulative(now), now
        self.total += change


def features(previous: Observed, current: Observed, factors: Factors) -> tuple[int, int, int, int]:
    """Premium, premium change, flow and rate growth of an epoch; ``int`` of a fraction rounds toward zero."""
    one = 2**factors.scale_bits

    def premium(observed: Observed) -> int:
        return int(Fraction(observed.price - observed.rate, observed.rate) * WAD)

    def scaled(value: Fraction, factor: int) -> int:
        return int(max(Fraction(-1), min(Fraction(1), value * factor)) * one)

    elapsed = current.elapsed
    return (
        scaled(Fraction(premium(current), WAD), factors.premium),
        scaled(Fraction(premium(current) - premium(previous), WAD * elapsed), factors.premium_change),
        scaled(Fraction(current.mean_total - previous.mean_total, current.supply * elapsed), factors.flow),
        scaled(Fraction(current.rate - previous.rate, previous.rate * elapsed), factors.rate_growth),
    )


def bounded_supply(previous: int, supply: int, epochs: int) -> int:
    """``supply`` within two per cent of the previous one, and so on for each of the epochs, of which 48 count."""
    least = most = previous
    for _ in range(min(epochs, MOST_SUPPLY_STEPS)):
        least, most = floor(Fraction(98, 100) * least), ceil(Fraction(102, 100) * most)
    return min(max(supply, least), most)


@dataclass
class ObserverModel:
    """One asset's record."""

    asset: str
    sources: Sources
    configs: list[Config] = field(default_factory=list)
    first: int = 0
    latest: int = 0
    observed: dict[int, Observed] = field(default_factory=dict)
    features: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)
    _cumulative: int = 0
    _confirmed: bool = False

    def add_config(self, heartbeat: int, factors: Factors, now: int) -> int:
        """Returns the version."""
        epoch = now // EPOCH_LENGTH
        if not 0 < heartbeat <= 7 * 86400:
            raise RefusedError("InvalidConfig", self.asset, 2)
        if self.configs and self.configs[-1].from_epoch > epoch:
            raise RefusedError("ConfigPending", self.asset, len(self.configs))
        self.configs.append(Config(heartbeat, factors, epoch + CONFIG_DELAY if self.configs else epoch))
        return len(self.configs)

    def config_version(self, epoch: int) -> int:
        """The version that an observation in ``epoch`` reads, 0 for none."""
        return sum(config.from_epoch <= epoch for config in self.configs)

    def observe(self, now: int, uptime: Uptime) -> Observed:
        epoch, seconds = divmod(now, EPOCH_LENGTH)
        version = self.config_version(epoch)
        if version == 0:
            raise RefusedError("UnknownAsset", self.asset)
        if epoch <= self.latest:
            raise RefusedError("AlreadyObserved", self.asset, epoch)
        if seconds >= OBSERVATION_SECONDS:
            raise RefusedError("ObservationWindowClosed", epoch, seconds, OBSERVATION_SECONDS)
        if self.sources.supply == 0:
            raise RefusedError("SupplyIsZero", self.asset)
        uptime.require_up(now)
        price, age = self._price(now, self.configs[version - 1].heartbeat)
        rate = self._fit(self._rate(), 96)
        price = self._fit(price, 96)
        gap = epoch - self.latest
        supply, confirmed = self._held_supply(gap)
        continues = confirmed and self._continues(gap)
        elapsed = gap if continues else 1
        current = Observed(
            rate, price, now, elapsed, version, self._mean_total(now), self._fit(supply, 104), age, carried=False
        )
        self._record(epoch, current, continues)
        self._confirmed = confirmed
        self._cumulative = self.sources.cumulative(now)
        return current

    def observation(self, epoch: int) -> Observed:
        """What is held of ``epoch``: the newest 32 of the unbroken series, its baseline among them."""
        if epoch not in self.observed or epoch + RING <= self.latest:
            raise RefusedError("InputsUnavailable", self.asset, epoch)
        return self.observed[epoch]

    def window(self, epoch: int) -> tuple[tuple[int, ...], int, Observed]:
        """Inputs, config version and newest observation of the window that ends with ``epoch``."""
        newest = self.observation(epoch)
        if epoch < self.first + WINDOW:
            raise RefusedError("WindowIncomplete", self.asset, epoch, self.first)
        self.observation(epoch - WINDOW)
        versions = [self.observed[at].config_version for at in range(epoch - WINDOW, epoch + 1)]
        if len(set(versions)) > 1:
            raise RefusedError("WindowMixesConfigs", self.asset, epoch, min(versions), max(versions))
        inputs = tuple(value for at in range(epoch - WINDOW + 1, epoch + 1) for value in self.features[at])
        return inputs, versions[0], newest

    def _price(self, now: int, heartbeat: int) -> tuple[int, int]:
        answer, updated_at = self.sources.price, self.sources.price_at
        if answer is None:
            raise RefusedError()
        if answer <= 0:
            raise RefusedError("PriceNotPositive", self.asset, answer)
        if updated_at > now:
            raise RefusedError("PriceInFuture", self.asset, updated_at)
        longest = heartbeat * 110 // 100
        if now - updated_at > longest:
            raise RefusedError("PriceStale", self.asset, updated_at, longest)
        return min(answer * 10 ** (18 - self.sources.decimals), 2**256 - 1), now - updated_at

    def _rate(self) -> int:
        if self.sources.rate is None:
            raise RefusedError()
        if self.sources.rate == 0:
            raise RefusedError("RateIsZero", self.asset)
        return self.sources.rate

    def _fit(self, value: int, bits: int) -> int:
        if value >> bits:
            raise RefusedError("ValueTooLarge", self.asset, value, 2**bits - 1)
        return value

    def _mean_total(self, now: int) -> int:
        """Over the time since the previous observation, were there one."""
        if self.latest == 0:
            return self.sources.total
        return (self.sources.cumulative(now) - self._cumulative) // (now - self.observed[self.latest].observed_at)

    def _held_supply(self, gap: int) -> tuple[int, bool]:
        """What is stored, and whether two observations in a row have ever agreed: from then on supplies are held."""
        supply = self.sources.supply
        if self.latest == 0:
            return supply, False
        held = bounded_supply(self.observed[self.latest].supply, supply, gap)
        confirmed = self._confirmed or (gap == 1 and held == supply)
        return (held if confirmed else supply), confirmed

    def _continues(self, gap: int) -> bool:
        """A series in being bridges two missed epochs, a baseline none."""
        return gap <= (MOST_CARRIED + 1 if self.latest >= self.first else 1)

    def _record(self, epoch: int, current: Observed, continues: bool) -> None:
        if continues:
            previous = self.observed[self.latest]
            for missed in range(self.latest + 1, epoch):
                self.observed[missed] = previous._replace(elapsed=1, carried=True)
                factors = self.configs[previous.config_version - 1].factors
                self.features[missed] = features(previous, previous, factors)
            self.features[epoch] = features(previous, current, self.configs[current.config_version - 1].factors)
        else:
            self.observed.clear()
            self.first = epoch + 1
        self.observed[epoch] = current
        self.latest = epoch
