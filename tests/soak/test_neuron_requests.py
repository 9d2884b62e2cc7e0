"""500 queries while neurons are killed at random; the short version is in tests/integration/neuron_processes."""

from pathlib import Path

from tests.integration.neurons.parts import PROJECT, home_chain
from tests.soak.neuron_requests import work_through
from verifier_gen.build import ensure_circuit
from verifier_gen.recipe import RECIPES, load_recipe


def test_five_hundred_queries_with_random_kills_are_answered_and_scored_once(tmp_path: Path) -> None:
    circuit = ensure_circuit(load_recipe(RECIPES / "tiny.toml"), PROJECT / "build/circuits", PROJECT / "build/srs")
    with home_chain(circuit, tmp_path / "home") as home:
        outcome = work_through(home, circuit, tmp_path, requests=500, kills=40, seed=1)
    assert (outcome.lost, outcome.double_scored) == (0, 0)
    assert outcome.kills == 40
