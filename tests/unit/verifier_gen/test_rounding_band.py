"""The rounding band against every valid prover of small circuits, and against attacks on larger ones."""

import itertools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.verifier_gen.reference_networks import Graph, coupled_cell, recurrent_network, write_settings
from verifier_gen.reference import Program, ReferenceCircuitError, evaluate, load_program
from verifier_gen.reference.adversary import widest_gap
from verifier_gen.reference.bounds import step_bounds
from verifier_gen.reference.evaluate import evaluate_steps
from verifier_gen.reference.program import IntArray, Quotient
from verifier_gen.reference.samples import sample_inputs
from verifier_gen.rounding_band import input_ranges, program_band, rounding_band

SCALE = 3


def exhaustive_gap(program: Program) -> int:
    """Largest difference of the only output between any two provers, over all inputs in [-1, 1]."""
    one = 1 << SCALE
    size = program.input_sizes[0]
    inputs = np.array(list(itertools.product(range(-one, one + 1), repeat=size)), dtype=np.int64)
    quotients = [i for i, step in enumerate(program.steps) if isinstance(step.operation, Quotient)]
    widths = {i: int(np.prod(program.steps[i].shape)) for i in quotients}
    low, high = np.full(len(inputs), 1 << 40), np.full(len(inputs), -(1 << 40))
    for choice in itertools.product((0, 1), repeat=sum(widths.values())):
        ends = np.cumsum([0, *widths.values()])
        chosen = {
            i: np.array(choice[a:b]).reshape(program.steps[i].shape)
            for i, a, b in zip(quotients, ends, ends[1:], strict=False)
        }

        def rounding(
            position: int, dividends: IntArray, divisor: int, chosen: dict[int, IntArray] = chosen
        ) -> IntArray:
            return np.asarray(dividends // divisor + chosen[position] * (dividends % divisor != 0))

        outputs = evaluate(program, [inputs], rounding)[0][:, 0]
        low, high = np.minimum(low, outputs), np.maximum(high, outputs)
    return int((high - low).max())


def chain(folder: Path, seed: int) -> Program:
    generator = np.random.default_rng(seed)
    graph = Graph(x=[1, 2])
    first = graph.add("MatMul", "x", graph.constant(generator.uniform(-2, 2, (2, 2))))
    second = graph.add("Sigmoid", first) if seed % 2 else graph.add("Relu", first)
    third = graph.add("Mul", second, graph.columns("x", 0, 2))
    output = graph.add("MatMul", third, graph.constant(generator.uniform(-2, 2, (2, 1))))
    network = graph.save(folder / "network.onnx", output)
    return load_program(network, write_settings(folder / "settings.json", [[1, 2], [1, 1]], scale=SCALE))


def mix(folder: Path, seed: int) -> Program:
    generator = np.random.default_rng(seed)
    graph = Graph(x=[1, 2])
    gates = graph.add("Sigmoid", graph.add("MatMul", "x", graph.constant(generator.uniform(-2, 2, (2, 3)))))
    forget, before, candidate = (graph.columns(gates, i, i + 1) for i in range(3))
    cell = coupled_cell(graph, forget, before, candidate)
    network = graph.save(folder / "network.onnx", coupled_cell(graph, candidate, cell, forget))
    return load_program(network, write_settings(folder / "settings.json", [[1, 2], [1, 1]], scale=SCALE))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("build", [chain, mix])
def test_program_band_small_circuit_holds_every_prover(build: type, seed: int, tmp_path: Path) -> None:
    program = build(tmp_path, seed)
    gap = exhaustive_gap(program)
    assert 1 <= gap <= program_band(program)[0]


def test_program_band_one_rescaling_is_one_unit_exactly(tmp_path: Path) -> None:
    graph = Graph(x=[1, 2])
    network = graph.save(tmp_path / "n.onnx", graph.add("MatMul", "x", graph.constant([[0.7], [0.3]])))
    program = load_program(network, write_settings(tmp_path / "s.json", [[1, 2], [1, 1]], scale=SCALE))
    assert exhaustive_gap(program) == 1
    assert program_band(program) == (1,)


def test_program_band_exact_circuit_is_zero(tmp_path: Path) -> None:
    graph = Graph(x=[1, 2])
    doubled = graph.add("Add", "x", "x")
    network = graph.save(tmp_path / "n.onnx", graph.add("Sigmoid", graph.add("Relu", doubled)))
    settings = write_settings(tmp_path / "s.json", [[1, 2], [1, 2]], scale=SCALE)
    assert rounding_band(network, settings) == (0, 0)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    steps=st.integers(1, 4),
    strength=st.floats(0.1, 0.6),
    scale=st.integers(6, 12),
)
def test_rounding_band_random_recurrent_network_no_attack_exceeds_it(
    seed: int, steps: int, strength: float, scale: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        network = recurrent_network(Path(folder) / "n.onnx", seed, inputs=2, hidden=3, steps=steps, strength=strength)
        table = (-8 << scale, 8 << scale)
        written = write_settings(Path(folder) / "s.json", [[1, 2 * steps], [1, 2]], scale=scale, lookup_range=table)
        program = load_program(network, written)
    inputs = sample_inputs(program, input_ranges(program), 40, seed)
    gap, band = widest_gap(program, inputs, seed), program_band(program)
    assert all(0 < found <= units for found, units in zip(gap, band, strict=True))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_step_bounds_random_network_hold_every_value_of_honest_and_random_provers(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        network = recurrent_network(Path(folder) / "n.onnx", seed, inputs=2, hidden=2, steps=3, strength=0.5)
        table = (-8 << 8, 8 << 8)
        written = write_settings(Path(folder) / "s.json", [[1, 6], [1, 2]], scale=8, lookup_range=table)
        program = load_program(network, written)
    inputs = sample_inputs(program, input_ranges(program), 30, seed)
    bounds = step_bounds(program, input_ranges(program))
    generator = np.random.default_rng(seed)

    def wild(_position: int, dividends: IntArray, divisor: int) -> IntArray:
        up = generator.integers(0, 2, dividends.shape) * (dividends % divisor != 0)
        return np.asarray(dividends // divisor + up)

    honest, random = evaluate_steps(program, inputs), evaluate_steps(program, inputs, wild)
    for bound, first, second in zip(bounds, honest, random, strict=True):
        whole = bound.whole()
        for values in (first, second):
            assert (whole.low[..., 0] <= values).all()
            assert (values <= whole.high[..., 0]).all()
        assert (np.abs(first - second) <= whole.delta[..., 0]).all()


def test_program_band_values_beyond_64_bits_are_refused(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    value = "x"
    for _ in range(40):
        value = graph.add("MatMul", value, graph.constant([[100.0]]))
    network = graph.save(tmp_path / "n.onnx", value)
    program = load_program(network, write_settings(tmp_path / "s.json", [[1, 1], [1, 1]], scale=SCALE))
    with pytest.raises(ReferenceCircuitError, match="computes below 2"):
        program_band(program)
