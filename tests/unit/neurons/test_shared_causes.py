"""Whether most miners refuse alike: counted by miner, and only those that have proved something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.messages import RefusalCode
from neurons.validator.blame import Blame
from neurons.validator.questions import Kind
from neurons.validator.shared_causes import NODE_CODES, Service, shared_cause
from signed_http.refusal import Fault

DAY = 86_400.0


@pytest.mark.parametrize("code", sorted(RefusalCode))
@pytest.mark.parametrize("fault", [*Fault, None])
def test_shared_cause_is_the_validator_or_a_node_and_only_signed(fault: Fault | None, code: RefusalCode) -> None:
    found = shared_cause(fault, code)
    if fault is None:
        assert found is None
    elif code in NODE_CODES:
        assert found is Blame.NETWORK
    else:
        assert found is (Blame.VALIDATOR if fault is Fault.CALLER else None)


def hear(service: Service, serves: bool, *hotkeys: str, at: float = 0.0, kind: Kind = Kind.QUERY) -> None:
    for hotkey in hotkeys:
        service.heard("c", kind, hotkey, serves=serves, at=at)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_most_refuse_more_miners_refuse_than_serve(refusing: int, serving: int, unproven: int) -> None:
    service = Service()
    miners = [f"r{number}" for number in range(refusing)], [f"s{number}" for number in range(serving)]
    for _ in range(3):
        hear(service, False, *miners[0], *(f"u{number}" for number in range(unproven)))
    hear(service, True, *miners[1])
    assert service.most_refuse("c", Kind.QUERY, {*miners[0], *miners[1]}, 1.0) is (refusing > serving)


def test_most_refuse_latest_word_of_the_same_kind_and_of_two_days_counts() -> None:
    service, miners = Service(), {"a", "b", "c"}
    hear(service, True, "a", "b", "c")
    hear(service, False, "a", "b", "c", kind=Kind.BENCHMARK)
    assert not service.most_refuse("c", Kind.QUERY, miners, 1.0)
    assert not service.most_refuse("other", Kind.BENCHMARK, miners, 1.0)
    hear(service, False, "a", at=2 * DAY - 1)
    assert not service.most_refuse("c", Kind.QUERY, miners, 2 * DAY - 1)
    assert service.most_refuse("c", Kind.QUERY, miners, 2 * DAY)
    hear(service, True, "a", at=2 * DAY)
    assert not service.most_refuse("c", Kind.QUERY, miners, 2 * DAY)
