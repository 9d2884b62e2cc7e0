from pathlib import Path

from neurons.validator.api.app import described_app
from neurons.validator.api.reference import codes_table, routes_table
from neurons.validator.api.refusals import STATUS, ApiCode

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "api.md").read_text("utf-8")


def test_page_has_the_tables_of_the_code() -> None:
    assert routes_table(described_app().openapi()) in PAGE, "python -m neurons.validator.api.reference"
    assert codes_table() in PAGE, "python -m neurons.validator.api.reference"


def test_every_code_has_a_status_and_a_fault() -> None:
    assert set(STATUS) == set(ApiCode)


def test_every_route_but_health_says_how_to_enter() -> None:
    for path, operations in described_app().openapi()["paths"].items():
        for operation in operations.values():
            assert bool(operation["security"]) == (path != "/healthz")
