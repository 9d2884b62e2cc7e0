from prometheus_client import CollectorRegistry, generate_latest

from neurons.validator.api.app import described_app
from neurons.validator.api.metrics import ROUTES, ApiMeters
from neurons.validator.api.states import QueryState


def test_routes_are_those_of_the_application() -> None:
    assert set(ROUTES) == set(described_app().openapi()["paths"]) | {"/openapi.json"}


def test_answered_labels_stay_closed_whatever_is_asked() -> None:
    registry = CollectorRegistry()
    meters = ApiMeters(registry, lambda: {QueryState.ASKED: 3})
    for route, status in (("/v1/queries", 200), ("/anything/at/all", 418), ("/v1/miners", 999)):
        meters.answered(route, status)
    meters.ended(QueryState.ANSWERED, 1.5)
    text = generate_latest(registry).decode()
    assert 'api_answers_total{route="/v1/queries",status="200"} 1.0' in text
    assert 'api_answers_total{route="other",status="other"} 1.0' in text
    assert "anything" not in text
    assert 'api_queries{state="asked"} 3.0' in text
    assert 'api_query_seconds_count{state="answered"} 1.0' in text
