"""A live API through thousands of generated requests; the short form is in tests/integration/neurons."""

from pathlib import Path

from tests.integration.conftest import tiny_circuit
from tests.integration.neurons.api_parts import ApiBench, ProvingRunner
from tests.integration.neurons.test_api_schema import check_requests
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

EXAMPLES = 600
__all__ = ["tiny_circuit"]


def test_api_answers_many_generated_requests_as_its_document_says(tiny_circuit: Circuit, tmp_path: Path) -> None:
    pool = ProverPool(1)
    bench = ApiBench(tmp_path, f"sqlite:///{tmp_path}/validator.sqlite", ProvingRunner(tiny_circuit, pool))
    try:
        with bench.serving() as api:
            check_requests(api, EXAMPLES)
    finally:
        bench.store.close()
        pool.close()
