"""Who and what is simulated: assets, their restakers, and the depeg episodes they may meet."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from staking_model.calibrated import Calibration, calibrated
from staking_model.episodes import Episode, PastShape, log_uniform
from staking_model.past_markets import RECORDS, SMOOTH_FEED, episode_hazard, network_waits, past_shapes
from statements.errors import ConfigurationError


@dataclass(frozen=True)
class Restaker:
    """A cohort of restakers under one role name.

    Attributes:
        name: role name.
        share: of the asset's first deposits, shares of one asset sum to 1.
        horizon: mean holding time in calm, epochs.
        nerves: how many times faster the cohort leaves at full stress, beyond 1.
        members: holders in it at the start.
    """

    name: str
    share: float
    horizon: float
    nerves: float
    members: int = 60


@dataclass(frozen=True)
class AssetProfile:
    """What drives one asset.

    Attributes:
        symbol: token symbol.
        rate: fair rate at the start, ETH per token.
        yearly_growth: of the fair rate.
        rate_update_epochs: epochs between two updates of the rate.
        mean_premium: to which the premium reverts.
        reversion: share of its distance to the mean that the premium covers per epoch in calm.
        noise: standard deviation of the premium's hourly shock at median volatility.
        volatility_spread: standard deviation of the logarithm of the volatility.
        price_of_waiting: discount for a wait of a year in the withdrawal queue.
        feed_epochs: over which the price feed shows a mean; 1 for the price itself.
        episode_hazard: probability per calm epoch that a depeg episode begins.
        episodes: those on record, about which new ones are drawn.
        scheduled: the one episode that the asset meets, instead of random ones; or None.
        supply_tokens: constant total supply, whole tokens.
        staked_share: of the supply deposited at the start.
        attraction: deposits over withdrawals in calm; above 1 the stake grows.
        queue_capacity: share of the staked supply at the start that the withdrawal queue pays out per epoch; 0 where
            redeeming takes no time.
        network_waits: (share, epochs), quantiles of the wait in the whole network's queue; empty for none.
        restakers: cohorts.
    """

    symbol: str
    rate: float
    yearly_growth: float
    rate_update_epochs: int
    mean_premium: float
    reversion: float
    noise: float
    volatility_spread: float
    price_of_waiting: float
    feed_epochs: int
    episode_hazard: float
    episodes: tuple[PastShape, ...]
    scheduled: Episode | None
    supply_tokens: int
    staked_share: float
    attraction: float
    queue_capacity: float
    network_waits: tuple[tuple[float, float], ...]
    restakers: tuple[Restaker, ...]

    @property
    def is_parity(self) -> bool:
        """Whether the asset is wrapped ETH: rate and price are 1 for ever."""
        return self.yearly_growth == 0 and self.noise == 0


DEMO_RESTAKERS: Final = (
    Restaker("restaker-patient", share=0.45, horizon=1440, nerves=8),
    Restaker("restaker-yield", share=0.35, horizon=480, nerves=15),
    Restaker("restaker-nimble", share=0.20, horizon=160, nerves=20),
)
"""Cohorts of the demo's market, the same for each asset."""


QUEUE_CAPACITY: Final = (0.004, 0.02)
"""Share of the staked supply paid out per epoch, smallest and largest; calm withdrawals are about 0.002. Assumed."""


def demo_profile(symbol: str, epochs: int) -> AssetProfile:
    """Profile of one of the demo's assets.

    Their levels are chosen for show: a day must hold a depeg that history takes weeks for.

    Args:
        symbol: ezETH (meets a depeg that slides through the last third), weETH (calm) or wETH (rate and price 1).
        epochs: length of the market, from which the depeg is scheduled.

    Raises:
        ConfigurationError: no such profile.
    """
    profiles = {
        "ezETH": (1.012, 0.033, -0.0008, 0.00025),
        "weETH": (1.041, 0.031, -0.0005, 0.00005),
        "wETH": (1.0, 0.0, 0.0, 0.0),
    }
    if symbol not in profiles:
        raise ConfigurationError(
            f"no simulated asset {symbol!r}", remedy=f"Choose from {', '.join(profiles)} or replay a CSV file"
        )
    rate, growth, premium, noise = profiles[symbol]
    third = epochs // 3
    depeg = Episode(onset=max(epochs - third - 3, 0), rumour=3, slide=third + 6, half_life=24, severity=0.045)
    return AssetProfile(
        symbol=symbol,
        rate=rate,
        yearly_growth=growth,
        rate_update_epochs=1,
        mean_premium=premium,
        reversion=0.12,
        noise=noise,
        volatility_spread=0.0,
        price_of_waiting=0.15,
        feed_epochs=1,
        episode_hazard=0.0,
        episodes=(),
        scheduled=depeg if symbol == "ezETH" else None,
        supply_tokens=40_000,
        staked_share=0.3,
        attraction=1.1,
        queue_capacity=0.0 if symbol == "wETH" else 0.01,
        network_waits=(),
        restakers=DEMO_RESTAKERS,
    )


def random_profile(random: Random, number: int, calibration: Calibration | None = None) -> AssetProfile:
    """A profile for training: every seventh is a parity asset, the others vary in all that can vary.

    Premium, growth and the network's queue are drawn between the tokens that the calibration knows. Episodes are as
    many and like those of one of them, by chance: a market that knows deep ones knows many. Half of the feeds
    are smooth, as weETH's record is.

    Args:
        random: source of chance.
        number: of the token; 6, 13, ... are at parity.
        calibration: figures from real history; the committed ones when None.
    """
    known = calibration or calibrated()
    parity = number % 7 == 6
    like = random.choice(RECORDS)
    return AssetProfile(
        symbol=f"token-{number}",
        rate=1.0 if parity else random.uniform(1.0, 1.15),
        yearly_growth=0.0 if parity else random.uniform(*known.span("yearly_growth")),
        rate_update_epochs=random.choice((1, 1, 8, 24)),
        mean_premium=0.0 if parity else random.uniform(*known.span("mean_premium")),
        reversion=log_uniform(random, known.span("reversion")),
        noise=0.0 if parity else log_uniform(random, known.span("noise")),
        volatility_spread=0.0 if parity else random.uniform(*known.span("volatility_spread")),
        price_of_waiting=random.uniform(*known.span("price_of_waiting")),
        feed_epochs=random.choice((1, SMOOTH_FEED)),
        episode_hazard=0.0 if parity else episode_hazard(known, like),
        episodes=past_shapes(known, like),
        scheduled=None,
        supply_tokens=random.choice((10_000, 40_000, 200_000)),
        staked_share=random.uniform(0.1, 0.6),
        attraction=random.uniform(0.9, 1.25),
        queue_capacity=0.0 if parity else log_uniform(random, QUEUE_CAPACITY),
        network_waits=() if parity else network_waits(known),
        restakers=_random_restakers(random),
    )


def _random_restakers(random: Random) -> tuple[Restaker, ...]:
    shares = [role.share * random.uniform(0.7, 1.4) for role in DEMO_RESTAKERS]
    members = random.choice((30, 60, 120))
    return tuple(
        Restaker(
            name=role.name,
            share=share / sum(shares),
            horizon=role.horizon * random.uniform(0.8, 1.25),
            nerves=role.nerves * random.uniform(0.6, 1.6),
            members=members,
        )
        for role, share in zip(DEMO_RESTAKERS, shares, strict=True)
    )
