from neurons.validator.api.states import FOLLOWS, OPEN, QueryState, may_follow


def test_every_state_is_in_the_table_and_ends_somewhere() -> None:
    assert set(FOLLOWS) == set(QueryState)
    assert {QueryState.RECEIVED, QueryState.ASKED} == OPEN
    for state in OPEN:
        assert any(following not in OPEN for following in FOLLOWS[state])


def test_an_ended_query_stays_and_none_is_answered_that_was_not_asked() -> None:
    for state in set(QueryState) - OPEN:
        assert not any(may_follow(state, following) for following in QueryState)
    assert not may_follow(QueryState.RECEIVED, QueryState.ANSWERED)
    assert not may_follow(QueryState.ASKED, QueryState.RECEIVED)
