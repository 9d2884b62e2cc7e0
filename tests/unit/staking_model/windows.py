"""Observations for tests: at random within the types' bounds, and by hand."""

from hypothesis import strategies as st

from staking_model.features import OBSERVATIONS, FeatureParameters
from statements.observation import Observation

WEI = 10**18


def observation(
    epoch: int,
    *,
    rate: int = WEI,
    price: int = WEI,
    total: int = 0,
    supply: int = WEI,
    elapsed: int = 1,
    config_version: int = 1,
) -> Observation:
    return Observation(
        epoch=epoch,
        rate=rate,
        price=price,
        observed_at=epoch * 3600,
        elapsed=elapsed,
        config_version=config_version,
        mean_total=total,
        supply=supply,
        price_age=0,
    )


def calm_window() -> tuple[Observation, ...]:
    return tuple(observation(epoch) for epoch in range(100, 100 + OBSERVATIONS))


@st.composite
def observation_windows(draw: st.DrawFn) -> tuple[Observation, ...]:
    """Nine observations from anywhere within the types, extremes included, or around plausible values."""
    wide = st.one_of(st.integers(1, (1 << 96) - 1), st.just(1), st.just((1 << 96) - 1))
    near = st.integers(WEI * 9 // 10, WEI * 11 // 10)
    amounts = st.one_of(st.integers(0, (1 << 104) - 1), st.integers(10**21, 11 * 10**20))
    prices = draw(st.sampled_from([wide, near]))
    first = draw(st.integers(0, 1 << 28))
    return tuple(
        observation(
            first + number,
            rate=draw(prices),
            price=draw(prices),
            total=draw(amounts),
            supply=max(draw(amounts), 1),
            elapsed=draw(st.integers(1, 255)),
        )
        for number in range(OBSERVATIONS)
    )


FACTORS = st.integers(1, (1 << 32) - 1) | st.integers(1, 100_000)
PARAMETERS = st.builds(
    FeatureParameters,
    premium_factor=FACTORS,
    premium_change_factor=FACTORS,
    flow_factor=FACTORS,
    rate_growth_factor=FACTORS,
    input_scale_bits=st.integers(1, 14),
)
