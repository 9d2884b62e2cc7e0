"""The part of the weights that goes to who leads a competition: nothing is lost, nobody absent is paid."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.network import Neuron, Role
from neurons.validator.awards import WHOLE_BPS, Lead, Prize, with_awards
from neurons.validator.weights import normalised
from tests.unit.neurons.test_weights import NEURONS

GONE = Neuron(uid=9, hotkey="gone", role=Role.MINER)
VALIDATOR = Neuron(uid=8, hotkey="validator", role=Role.VALIDATOR, endpoint="http://127.0.0.1:1")
ALL = (*NEURONS, GONE, VALIDATOR)
HOTKEYS = st.sampled_from(["miner0", "miner1", "miner3", "gone", "validator", "unregistered", None])
SCORES = st.dictionaries(st.sampled_from(["miner0", "miner1", "miner2", "gone"]), st.floats(0, 1))


@st.composite
def prize_lists(draw: st.DrawFn) -> list[Prize]:
    cuts = sorted(draw(st.lists(st.integers(0, WHOLE_BPS), max_size=4)))
    parts = [high - low for low, high in zip([0, *cuts], cuts, strict=False)]
    return [prize(draw(HOTKEYS), part, draw(st.booleans())) for part in parts]


def prize(hotkey: str | None, weight_bps: int, measured: bool = True) -> Prize:
    return Prize(competition="staking", weight_bps=weight_bps, hotkey=hotkey, measured=measured)


@given(SCORES, prize_lists())
def test_with_awards_shares_stay_above_zero_and_of_sum_one(scores: dict[str, float], prizes: list[Prize]) -> None:
    shares = normalised(scores, ALL)
    weights, awards = with_awards(shares, prizes, ALL)
    assert all(weight > 0 for weight in weights.values())
    assert bool(weights) == bool(shares)
    assert not weights or math.isclose(sum(weights.values()), 1)
    assert set(weights) <= set(shares) | {award.uid for award in awards if award.uid is not None}
    assert [(award.hotkey, award.weight_bps) for award in awards] == [(p.hotkey, p.weight_bps) for p in prizes]


@given(SCORES, prize_lists())
def test_with_awards_each_gets_its_prizes_and_its_part_of_the_rest(
    scores: dict[str, float], prizes: list[Prize]
) -> None:
    shares = normalised(scores, ALL)
    weights, awards = with_awards(shares, prizes, ALL)
    rest = 1 - sum(award.weight_bps for award in awards if award.reason is Lead.PAID) / WHOLE_BPS
    for neuron in ALL:
        own = sum(award.weight_bps for award in awards if award.uid == neuron.uid) / WHOLE_BPS
        expected = shares.get(neuron.uid, 0.0) * rest + own
        assert weights.get(neuron.uid, 0.0) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        (prize("miner1", 500), Lead.PAID),
        (prize(None, 500), Lead.NO_LEADER),
        (prize("miner1", 500, measured=False), Lead.NOT_MEASURED),
        (prize("unregistered", 500), Lead.NOT_REGISTERED),
        (prize("gone", 500), Lead.NOT_REGISTERED),
        (prize("validator", 500), Lead.NOT_REGISTERED),
    ],
)
def test_with_awards_who_is_not_there_gets_nothing_and_the_part_goes_back(offered: Prize, reason: Lead) -> None:
    weights, [award] = with_awards({0: 1.0}, [offered], ALL)
    assert award.reason is reason
    assert weights == ({0: 0.95, 1: 0.05} if reason is Lead.PAID else {0: 1.0})
    assert f"5 % of the weights to {'uid 1' if award.uid else 'nobody'}" in award.line()


def test_with_awards_without_scores_there_is_nothing_to_take_a_part_of() -> None:
    weights, [award] = with_awards({}, [prize("miner1", WHOLE_BPS)], ALL)
    assert (weights, award.reason, award.uid) == ({}, Lead.NO_SCORES, None)


def test_with_awards_whole_weight_leaves_nothing_for_scores() -> None:
    weights, _ = with_awards({0: 0.5, 2: 0.5}, [prize("miner1", WHOLE_BPS)], ALL)
    assert weights == {1: 1.0}
