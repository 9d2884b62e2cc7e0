"""Points against a small model, over random histories."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HOUR = 3600
TOUCHES = st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 10**9)), min_size=1, max_size=6)


@given(first=st.integers(1, 10**24), touches=TOUCHES)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    # each example deposits for a user of its own history; the fixtures only give contracts
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_calculate_points_random_touches_match_the_model(first, touches, owner, project, chain, restaker):
    token = owner.deploy(project.MockLiquidRestakingToken, "Mock ezETH", "ezETH", 10**18)
    deposit = owner.deploy(project.OmronDeposit, owner, [token])
    token.mint(restaker, 10**30, sender=owner)
    token.approve(deposit, 10**30, sender=restaker)

    now = chain.blocks[deposit.deposit(token, first, sender=restaker).block_number].timestamp
    units, unit_seconds, floored_at_each_touch = first, 0, 0
    for seconds, amount in touches:
        chain.pending_timestamp = now = now + seconds
        deposit.deposit(token, amount, sender=restaker)
        unit_seconds += seconds * units
        floored_at_each_touch += seconds * units // HOUR
        units += amount

    points = deposit.calculatePoints(restaker)
    assert points == deposit.getUserInfo(restaker).pointBalance == unit_seconds // HOUR
    # never less than the deployed contract, and less than one point more a touch
    assert 0 <= points - floored_at_each_touch < len(touches)
