"""The short version of tests/soak/test_neuron_requests.py."""

from pathlib import Path

from tests.integration.neurons.parts import Home
from tests.soak.neuron_requests import work_through
from verifier_gen.circuit import Circuit


def test_queries_with_random_kills_are_answered_and_scored_once(
    home: Home, tiny_circuit: Circuit, tmp_path: Path
) -> None:
    outcome = work_through(home, tiny_circuit, tmp_path, requests=12, kills=2, seed=3)
    assert (outcome.requests, outcome.lost, outcome.double_scored, outcome.kills) == (12, 0, 0, 2)
