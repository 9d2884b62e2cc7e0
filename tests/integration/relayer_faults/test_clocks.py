"""The relayer's clock is ahead of the chain's, behind it, or set back: what concerns the chain goes by the chain's."""

import pytest

from relayer.policy_settings import ChainPolicy
from relayer.settings import TurnSettings
from relayer.turns import Turn, wait_for_turn
from tests.integration.relayer_faults.conftest import MakeRig
from tests.integration.relayer_faults.test_spending import BUDGET, level, level_steps
from tests.integration.test_relayer_kills import publish

SKEWS = (-7200.0, 300.0)
BACK = 7200.0


@pytest.mark.parametrize("skew", SKEWS)
def test_deadline_follows_the_chain(make_rig: MakeRig, skew: float) -> None:
    rig = make_rig(bump_seconds=1e9)
    rig.now = rig.chain.now + skew
    rig.queue(expires_at=rig.chain.now + 120)
    rig.queue(expires_at=rig.chain.now)
    rig.finish()
    assert rig.states() == ["finalized", "expired"]
    rig.queue(expires_at=rig.chain.now + 120)
    rig.step()
    rig.chain.ask("anvil_dropTransaction", rig.jobs()[2].transaction)
    rig.chain.pass_time(120)
    rig.finish()
    assert rig.states()[2] == "expired"
    assert rig.tally() == [1, 0, 0]


@pytest.mark.parametrize("skew", SKEWS)
def test_budget_of_an_hour_lasts_an_hour_of_the_chain(make_rig: MakeRig, skew: float) -> None:
    rig = make_rig(policy=ChainPolicy(budget_per_hour_wei=BUDGET))
    rig.now = rig.chain.now
    rig.queue(2)
    level(rig)
    rig.step()
    assert rig.states() == ["sent", "queued"]
    # somebody sets the clock: no money comes from that
    rig.now += skew
    level_steps(rig, 4)
    assert rig.states()[1] == "queued"
    assert "budget_per_hour_wei" in str(rig.jobs()[1].error)
    rig.chain.pass_time(3600)
    rig.finish()
    assert rig.tally() == [1, 1]


@pytest.mark.parametrize("skew", SKEWS)
def test_heartbeat_is_the_same_by_any_clock(make_rig: MakeRig, skew: float) -> None:
    rig = make_rig()
    rig.now = rig.chain.now + skew
    publish(rig, 1)
    publish(rig, 2, seconds=1800.0)
    publish(rig, 3, seconds=1900.0)
    assert rig.states() == ["queued", "superseded", "queued"]


def test_clock_set_back_a_postponed_job_is_tried_within_the_minute(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.fund(0)
    rig.now = rig.chain.now
    rig.queue()
    rig.step()
    rig.fund(10**20)
    rig.now -= BACK
    rig.step()
    assert rig.states() == ["sent"]


def test_clock_set_back_a_waiting_transaction_is_bumped(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=60.0, maximum_fee_per_gas_wei=10**13)
    (job,) = rig.queue()
    rig.step()
    rig.now -= BACK
    rig.step()
    assert len(rig.attempts(job)) == 2


def test_clock_set_back_a_dropped_transaction_is_sent_again(make_rig: MakeRig) -> None:
    rig = make_rig(bump_seconds=1e9)
    rig.queue()
    rig.step()
    for _ in range(2):
        rig.chain.ask("anvil_dropTransaction", rig.jobs()[0].transaction)
        rig.step()
        assert rig.chain.ask("eth_getTransactionByHash", rig.jobs()[0].transaction) is not None
        rig.now -= BACK


def test_clock_set_back_the_turn_of_another_does_not_last_longer(make_rig: MakeRig) -> None:
    rig = make_rig(turns=TurnSettings(index=0, relayers=2, seconds=100.0))
    while wait_for_turn(Turn(0, 2, 100.0), rig.queue_as(rig.target, mode=0)) == 0:
        pass
    rig.step()
    waiting = rig.states().index("queued")
    rig.now -= BACK
    rig.step(seconds=61.0)
    assert rig.states()[waiting] == "sent"
