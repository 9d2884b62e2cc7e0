"""The search's decisions: candidates, keys, Pareto set, objective, the results file, limits."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statements.errors import CircuitError, ConfigurationError
from verifier_gen.graph.rewrites_kinds import Rewrite
from verifier_gen.recipe import RECIPES, CircuitRecipe, load_recipe
from verifier_gen.search.candidate import Candidate, result_key
from verifier_gen.search.cost import Weights, objective, pareto, predicted
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.search.report import markdown_table, summary
from verifier_gen.search.results import Cost, Counted, Proven, Result, ResultsFile
from verifier_gen.search.runner import is_admissible, pareto_results
from verifier_gen.search.space import candidates, own_candidate
from verifier_gen.search.target import TEST_SCALE_BITS, circuit_inputs, random_tests

CANDIDATE = Candidate(input_scale=12, param_scale=12, decomp_base=16_384, decomp_legs=2)
COUNTED = Counted(rows=20_000, logrows=15, tables=3, instances=42, lookup_range=(-9, 9), max_error=0.001, mismatches=0)
COSTS = st.builds(
    Cost,
    cpu_s=st.integers(1, 4).map(float),
    memory_mb=st.integers(1, 4).map(float),
    gas=st.integers(1, 4).map(float),
    proof_bytes=st.just(1.0),
)


@pytest.fixture
def staking() -> CircuitRecipe:
    return load_recipe(RECIPES / "staking.toml")


def test_candidates_staking_are_sixty_or_more_and_begin_with_the_recipe(staking: CircuitRecipe) -> None:
    found = candidates(staking, frozenset({"Sigmoid"}))
    assert len(found) == len(set(found)) >= 60
    assert found[0] == own_candidate(staking)


def test_candidates_all_late_ones_have_integer_weights_that_the_decomposition_holds(staking: CircuitRecipe) -> None:
    late = [c for c in candidates(staking, frozenset({"Tanh"})) if Rewrite.LATE_RESCALING in c.rewrites]
    assert late
    for candidate in late:
        assert candidate.param_scale == 0
        assert 2**candidate.weight_bits < candidate.decomp_base**candidate.decomp_legs


def test_candidates_without_tanh_have_no_rewrite_of_it(staking: CircuitRecipe) -> None:
    assert not any(Rewrite.ONE_TABLE in c.rewrites for c in candidates(staking, frozenset({"Sigmoid"})))


@pytest.mark.parametrize(
    "changed", [{"rewrites": (Rewrite.SINGLE_USE,)}, {"input_scale": 11}, {"split_tables": True}, {"lookup_margin": 0}]
)
def test_result_key_any_change_gives_another(changed: dict[str, object]) -> None:
    other = CANDIDATE.model_copy(update=changed)
    assert result_key(CANDIDATE, "a", "b") != result_key(other, "a", "b")
    assert result_key(CANDIDATE, "a", "b") != result_key(CANDIDATE, "c", "b") != result_key(CANDIDATE, "c", "d")


def point(cost: Cost, error: float) -> tuple[float, ...]:
    return cost.cpu_s, cost.memory_mb, cost.gas, error


def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


@given(st.lists(st.tuples(COSTS, st.integers(1, 4).map(float)), min_size=1, max_size=12))
def test_pareto_exactly_those_that_nothing_beats(points: list[tuple[Cost, float]]) -> None:
    costs, errors = [cost for cost, _ in points], [error for _, error in points]
    chosen = set(pareto(costs, errors))
    assert chosen
    for i, own in enumerate(points):
        beaten = any(beats(point(*other), point(*own)) for other in points)
        assert (i in chosen) is not beaten


@given(COSTS)
def test_objective_of_the_reference_is_the_sum_of_weights(cost: Cost) -> None:
    weights = Weights(1, 2, 3, 4)
    assert objective(cost, cost, weights) == pytest.approx(sum(weights))


def test_predicted_more_columns_rows_and_instances_cost_more() -> None:
    less = predicted(CANDIDATE, COUNTED)
    wider = predicted(CANDIDATE.model_copy(update={"num_inner_cols": 2}), COUNTED)
    higher = predicted(CANDIDATE, COUNTED.model_copy(update={"logrows": 16}))
    longer = predicted(CANDIDATE, COUNTED.model_copy(update={"instances": 80}))
    assert wider.gas > less.gas
    assert wider.proof_bytes > less.proof_bytes
    assert higher.cpu_s > 1.8 * less.cpu_s - 1
    assert (higher.gas, longer.gas - less.gas) == (less.gas, 38 * 913)


def result(key: str, **fields: object) -> Result:
    return Result.model_validate({"key": key, "candidate": CANDIDATE, "counted": COUNTED} | fields)


def test_is_admissible_wrong_outputs_faults_and_mismatches_are_not() -> None:
    assert is_admissible(result("a"), 0.001)
    assert not is_admissible(result("a"), 0.0009)
    assert not is_admissible(result("a", fault="EZKL refused"), 0.01)
    assert not is_admissible(result("a", counted=COUNTED.model_copy(update={"mismatches": 1})), 0.01)
    assert is_admissible(result("a", counted=COUNTED.model_copy(update={"mismatches": None})), 0.01)


def test_markdown_table_shows_proven_ones_and_the_pareto_set() -> None:
    cost = Cost(cpu_s=9, memory_mb=300, gas=450_000, proof_bytes=2272)
    proven = Proven(cost=cost, gas_measured=True, wall_s=5, setup_s=6, verifier_bytes=11_000, error=0.001)
    results = [result("a", proven=proven), result("b"), result("c", counted=None, fault="refused")]
    table = markdown_table(results, 0.01)
    assert "450,000" in table
    assert "| m" in table
    assert len(pareto_results(results, 0.01)) >= 1
    assert summary(results, 0.01).startswith("3 candidates: 2 counted, 1 refused by EZKL, 0 outside")


def test_results_file_put_survives_reading_again(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    ResultsFile(path).put(result("a"))
    ResultsFile(path).put(result("a", fault="later"))
    again = ResultsFile(path).get("a")
    assert again is not None
    assert again.fault == "later"
    assert ResultsFile(path).get("b") is None


def test_results_file_half_a_line_at_the_end_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    ResultsFile(path).put(result("a"))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"key": "b", "cand')
    held = ResultsFile(path)
    assert held.get("a") is not None
    held.put(result("c"))
    assert ResultsFile(path).get("c") is not None


def test_results_file_line_that_is_no_result_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"key": 1}\n', "utf-8")
    with pytest.raises(ConfigurationError, match="line 1: not a result"):
        ResultsFile(path)


@given(st.integers(1, 8), st.integers(1, 30))
def test_random_tests_lie_in_range_and_begin_with_its_ends(inputs: int, count: int) -> None:
    rows = random_tests(inputs, -0.5, 2, count)
    assert len(rows) == count
    assert rows[0] == [-0.5] * inputs
    assert all(len(row) == inputs and all(-0.5 <= value <= 2 for value in row) for row in rows)


def test_circuit_inputs_are_rounded_to_the_scale_with_a_full_tag(staking: CircuitRecipe) -> None:
    row = [round(0.3 * 2**TEST_SCALE_BITS)] * staking.inputs
    values, tag = circuit_inputs(row, staking, 12)
    assert values == (round(0.3 * 2**12),) * staking.inputs
    assert tag == ((1 << staking.tag_limb_bits) - 1,) * staking.tag_limbs


def test_run_limited_gives_what_the_call_returns() -> None:
    assert run_limited(Limits(), divmod, 7, 2) == (3, 1)


def test_run_limited_too_slow_is_ended() -> None:
    with pytest.raises(CircuitError, match="sleep took more than 1 s"):
        run_limited(Limits(seconds=1), time.sleep, 600)


def test_run_limited_too_large_is_refused() -> None:
    with pytest.raises(CircuitError, match="wanted more than 512 MiB"):
        run_limited(Limits(memory_bytes=512 << 20), bytearray, 1 << 30)


def test_run_limited_death_is_an_error() -> None:
    with pytest.raises(CircuitError, match="died"):
        run_limited(Limits(), os._exit, 3)
