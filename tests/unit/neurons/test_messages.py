from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from neurons.messages import (
    MAXIMUM_CIRCUITS,
    MAXIMUM_CLAIM_BYTES,
    MAXIMUM_COMPETITIONS,
    Capabilities,
    CircuitCapability,
    ObservationRequest,
    RefusalCode,
)
from neurons.refusing import RefusedError
from signed_http.refusal import Refusal
from statements.proven_inference import ProvenInference
from tests.unit.neurons.parts import CIRCUIT_ID, make_inference, make_subject


@given(st.binary(min_size=32, max_size=32))
def test_observation_request_survives_its_json_form(nonce: bytes) -> None:
    request = ObservationRequest(
        nonce="0x" + nonce.hex(), circuit_id=CIRCUIT_ID, subject=make_subject(), deadline_seconds=5
    )
    assert ObservationRequest.model_validate_json(request.to_json()) == request
    assert request.nonce_bytes == nonce


@pytest.mark.parametrize(
    "changes", [{"version": 2}, {"extra": 1}, {"nonce": "0x00"}, {"deadline_seconds": 0}, {"deadline_seconds": 1e9}]
)
def test_observation_request_unknown_form_is_refused(changes: dict[str, object]) -> None:
    fields = {"nonce": "0x" + "00" * 32, "circuit_id": CIRCUIT_ID, "subject": make_subject(), "deadline_seconds": 5}
    with pytest.raises(ValidationError):
        ObservationRequest.model_validate(fields | changes)


def test_holds_names_only_held_circuits() -> None:
    circuit = CircuitCapability(circuit_id=CIRCUIT_ID, model_name="model")
    capabilities = Capabilities(circuits=(circuit,), workers=1, queue_limit=0, queue_length=0)
    assert capabilities.holds(CIRCUIT_ID)
    assert not capabilities.holds("0x" + "00" * 32)


@pytest.mark.parametrize("number", ["Infinity", "1e999", "NaN", "86401"])
def test_proven_run_time_that_is_no_number_of_seconds_is_refused(number: str) -> None:
    content = json.loads(make_inference().to_json().replace('"prove_seconds":1.0', f'"prove_seconds":{number}'))
    assert content["prove_seconds"] != 1.0
    with pytest.raises(ValidationError):
        ProvenInference.model_validate(content)


@pytest.mark.parametrize("field", ["workers", "queue_limit", "queue_length", "expected_wait_seconds"])
def test_capabilities_figure_too_large_to_reckon_with_is_refused(field: str) -> None:
    fields = {"circuits": (), "workers": 1, "queue_limit": 1, "queue_length": 0, "expected_wait_seconds": 0.0}
    Capabilities.model_validate(fields)
    with pytest.raises(ValidationError):
        Capabilities.model_validate(fields | {field: 10**400})


@pytest.mark.parametrize("code", list(RefusalCode))
def test_response_every_code_has_status_and_fault(code: RefusalCode) -> None:
    response = RefusedError(code, "said").response()
    assert response.status_code >= 400
    assert Refusal.model_validate_json(bytes(response.body)).code == code


def largest_claim(circuits: int = MAXIMUM_CIRCUITS, competitions: int = MAXIMUM_COMPETITIONS) -> dict[str, object]:
    """Capabilities in JSON, each field as long as it may be."""
    held = [
        {"version": 1, "circuit_id": f"0x{number:064x}", "model_name": "m" * 100, "seconds_per_proof": 1 / 3}
        for number in range(circuits)
    ]
    entered = [f"{number:064}" for number in range(competitions)]
    counts = {"workers": 10**6, "queue_limit": 10**6, "queue_length": 10**6, "expected_wait_seconds": 1 / 3}
    return {"version": 1, "circuits": held, "competitions": entered} | counts


def test_capabilities_largest_that_are_taken_fit_into_what_is_read() -> None:
    content = json.dumps(largest_claim())
    assert len(Capabilities.model_validate_json(content).circuits) == MAXIMUM_CIRCUITS
    assert len(content) < MAXIMUM_CLAIM_BYTES


@pytest.mark.parametrize("more", [{"circuits": MAXIMUM_CIRCUITS + 1}, {"competitions": MAXIMUM_COMPETITIONS + 1}])
def test_capabilities_longer_lists_are_refused(more: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="too_long"):
        Capabilities.model_validate_json(json.dumps(largest_claim(**more)))
