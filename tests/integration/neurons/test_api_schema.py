"""schemathesis against a live API: requests as the document allows them and as it does not, and what comes back."""

from __future__ import annotations

from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks

from tests.integration.neurons.api_parts import Api, ApiBench, ProvingRunner
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

EXAMPLES = 12
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.ignored_auth,
]
"""All that are about one request, but for the acceptance of all that the document allows: which circuit there is, and
how many numbers it takes, no schema can say."""


def check_requests(api: Api, examples: int) -> int:
    """Send generated requests to every route; returns how many."""
    schema = schemathesis.openapi.from_url(f"{api.url}/openapi.json")
    sent = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and operation.path == "/healthz":
                continue  # it takes nothing that could be wrong

            @given(case=operation.as_strategy(mode))
            @settings(max_examples=examples, suppress_health_check=list(HealthCheck), deadline=None, database=None)
            def hold(case: Case) -> None:
                nonlocal sent
                sent += 1
                case.call_and_validate(headers={"Authorization": f"Bearer {api.key}"}, checks=CHECKS)

            hold()
    return sent


def test_api_answers_generated_requests_as_its_document_says(
    tiny_circuit: Circuit, pool: ProverPool, tmp_path: Path
) -> None:
    bench = ApiBench(tmp_path, f"sqlite:///{tmp_path}/validator.sqlite", ProvingRunner(tiny_circuit, pool))
    try:
        with bench.serving() as api:
            assert check_requests(api, EXAMPLES) > 7 * EXAMPLES
    finally:
        bench.store.close()
