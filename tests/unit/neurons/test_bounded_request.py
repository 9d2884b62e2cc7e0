"""Requests of strangers are refused at their first defect: what all of them are takes seconds to find."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from neurons.bounded_request import BoundedRequest
from neurons.messages import MAXIMUM_INPUTS, CompetitionRequest, InputRequest, ObservationRequest
from neurons.validator.api.messages import QueryRequest
from tests.unit.neurons.parts import CIRCUIT_ID, make_subject

_PROOF = {"nonce": "0x" + "00" * 32, "circuit_id": CIRCUIT_ID, "deadline_seconds": 5}
_REQUESTS: list[tuple[type[BoundedRequest], dict[str, Any]]] = [
    (ObservationRequest, {**_PROOF, "subject": make_subject().model_dump()}),
    (InputRequest, {**_PROOF, "inputs": [1]}),
    (CompetitionRequest, {"competition_id": "staking", "nonce": "0x" + "00" * 32}),
    (QueryRequest, {"circuit_id": CIRCUIT_ID, "values": [0.5]}),
]


def errors(model: type[BoundedRequest], fields: dict[str, Any]) -> int:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(fields)
    return caught.value.error_count()


@pytest.mark.parametrize(("model", "fields"), _REQUESTS)
def test_request_with_thousands_of_fields_is_refused_at_once(
    model: type[BoundedRequest], fields: dict[str, Any]
) -> None:
    model.model_validate(fields)
    many = {f"field{number}": 1 for number in range(1000)}
    assert errors(model, fields | many) == 1
    assert errors(model, fields | {"version": 2, "subject": many}) == 1


@pytest.mark.parametrize(
    ("model", "field"), [(InputRequest, "inputs"), (QueryRequest, "inputs"), (QueryRequest, "values")]
)
@pytest.mark.parametrize("number", [[], {}, None])
def test_request_with_thousands_of_wrong_numbers_is_refused_at_the_first(
    model: type[BoundedRequest], field: str, number: Any
) -> None:
    fields = dict(next(fields for each, fields in _REQUESTS if each is model))
    fields.pop("values", None)
    assert errors(model, fields | {field: [number] * 1000}) <= 2  # the number, and that it is too short without it
    assert errors(model, fields | {field: [0] * (MAXIMUM_INPUTS + 1)}) == 1
