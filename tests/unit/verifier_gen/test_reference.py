"""The integer reference against arithmetic done by hand; against EZKL itself: tests/integration/test_correctness.py."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.verifier_gen.reference_networks import Graph, write_settings
from verifier_gen.reference import Program, ReferenceCircuitError, evaluate, load_program
from verifier_gen.reference.evaluate import nearest
from verifier_gen.reference.tables import half_away, table_values


def run(program: Program, *inputs: list[int]) -> list[int]:
    outputs = evaluate(program, [np.array([row], dtype=np.int64) for row in inputs])
    return [int(x) for array in outputs for x in array[0]]


def load(folder: Path, graph: Graph, output: str, shapes: list[list[int]], multiplier: int = 1) -> Program:
    network = graph.save(folder / "network.onnx", output)
    return load_program(network, write_settings(folder / "settings.json", shapes, scale=4, multiplier=multiplier))


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**5))
def test_nearest_any_quotient_is_rounded_half_away_from_zero(dividend: int, divisor: int) -> None:
    found = int(nearest(0, np.array([dividend]), divisor)[0])
    assert abs(2 * dividend - 2 * found * divisor) <= divisor
    if abs(2 * dividend - 2 * found * divisor) == divisor:
        assert abs(found) * divisor > abs(dividend)


def test_half_away_halves_leave_zero() -> None:
    assert half_away(np.array([0.5, -0.5, 1.5, 2.5, -2.5, 0.49])).tolist() == [1, -1, 2, 3, -3, 0]


def test_table_values_sigmoid_is_rounded_at_its_scale() -> None:
    assert table_values("sigmoid", 4, np.array([-16, 0, 16, 160])).tolist() == [4, 8, 12, 16]


def test_table_values_unknown_function_is_refused() -> None:
    with pytest.raises(ReferenceCircuitError, match="erf"):
        table_values("erf", 4, np.array([0]))


def test_load_program_product_is_rescaled_and_sum_is_not(tmp_path: Path) -> None:
    graph = Graph(x=[1, 2])
    product = graph.add("MatMul", "x", graph.constant([[0.5], [0.25]]))
    output = graph.add("Add", product, graph.constant([[1.0]]))
    program = load(tmp_path, graph, output, [[1, 2], [1, 1]])
    # (3 * 8 + 1 * 4) / 16 = 1.75 -> 2, plus 16
    assert run(program, [3, 1]) == [18]


def test_load_program_product_of_concatenation_is_rescaled_part_by_part(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1], y=[1, 1])
    joined = graph.add("Concat", "x", "y", axis=1)
    output = graph.add("MatMul", joined, graph.constant([[0.5], [0.5]]))
    program = load(tmp_path, graph, output, [[1, 1], [1, 1], [1, 1]])
    # 8 / 16 rounds to 1 twice; of the whole, 16 / 16 would be 1
    assert run(program, [1], [1]) == [2]


def test_load_program_constants_are_quantised_half_away_from_zero(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    output = graph.add("Add", "x", graph.constant([[-0.03125]]))
    assert run(load(tmp_path, graph, output, [[1, 1], [1, 1]]), [0]) == [-1]


def test_load_program_bias_used_once_takes_the_finer_scale_at_once(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    bias = graph.constant([[0.35]])
    product = graph.add("MatMul", "x", graph.constant([[1.0]]))
    program = load(tmp_path, graph, graph.add("Add", product, bias), [[1, 1], [1, 1]], multiplier=2)
    # 0.35 at 2^8 is 90; at 2^4 it would be 6, raised to 96
    assert program.output_scale_bits == (8,)
    assert run(program, [0]) == [90]


def test_load_program_bias_used_twice_is_raised_from_the_coarse_scale(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    bias = graph.constant([[0.35]])
    first = graph.add("Add", graph.add("MatMul", "x", graph.constant([[1.0]])), bias)
    output = graph.add("Add", first, bias)
    assert run(load(tmp_path, graph, output, [[1, 1], [1, 1]], multiplier=2), [0]) == [192]


def test_load_program_factor_of_a_power_of_two_renames_the_scale(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    output = graph.add("Mul", "x", graph.constant([[0.25]]))
    program = load(tmp_path, graph, output, [[1, 1], [1, 1]])
    assert program.output_scale_bits == (6,)
    assert run(program, [5]) == [5]


def test_load_program_zero_times_tag_leaves_no_trace(tmp_path: Path) -> None:
    graph = Graph(x=[1, 2], tag=[1, 3])
    total = graph.add("ReduceSum", "tag", graph.constant([1], np.int64), keepdims=1)
    nothing = graph.add("Mul", total, graph.constant([[0.0]]))
    program = load(tmp_path, graph, graph.add("Add", "x", nothing), [[1, 2], [1, 3], [1, 2]])
    assert run(program, [7, -9], [1, 2, 3]) == [7, -9]


def test_load_program_shape_operators_move_elements(tmp_path: Path) -> None:
    graph = Graph(x=[2, 3])
    turned = graph.add("Transpose", "x", perm=[1, 0])
    flat = graph.add("Reshape", turned, graph.constant([1, -1], np.int64))
    halves = graph.add("Split", flat, outputs=2, axis=1)
    output = graph.add("Concat", f"{halves}_1", f"{halves}_0", axis=1)
    assert run(load(tmp_path, graph, output, [[2, 3], [1, 6]]), [1, 2, 3, 4, 5, 6]) == [5, 3, 6, 1, 4, 2]


def test_load_program_unknown_operator_is_named_with_its_node(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    output = graph.add("HardSwish", "x")
    with pytest.raises(ReferenceCircuitError, match=r"HardSwish \(node hardswish0\): the correctness gate cannot"):
        load(tmp_path, graph, output, [[1, 1], [1, 1]])


def test_load_program_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(b"\xff\xff not onnx")
    settings = write_settings(tmp_path / "settings.json", [[1, 1]], scale=4)
    with pytest.raises(ReferenceCircuitError, match="not an ONNX file"):
        load_program(tmp_path / "network.onnx", settings)


def test_load_program_settings_without_scales_are_refused(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    network = graph.save(tmp_path / "network.onnx", graph.add("Relu", "x"))
    (tmp_path / "settings.json").write_text('{"run_args": {}}', "utf-8")
    with pytest.raises(ReferenceCircuitError, match="does not hold EZKL's settings"):
        load_program(network, tmp_path / "settings.json")


def test_evaluate_argument_beyond_the_table_is_refused(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    network = graph.save(tmp_path / "network.onnx", graph.add("Sigmoid", "x"))
    settings = write_settings(tmp_path / "settings.json", [[1, 1], [1, 1]], scale=4, lookup_range=(-8, 8))
    with pytest.raises(ReferenceCircuitError, match="arguments 9 to 9, its table covers -8 to 8"):
        run(load_program(network, settings), [9])


def test_evaluate_wrong_number_of_inputs_is_refused(tmp_path: Path) -> None:
    graph = Graph(x=[1, 2])
    program = load(tmp_path, graph, graph.add("Relu", "x"), [[1, 2], [1, 2]])
    with pytest.raises(ReferenceCircuitError, match="sizes"):
        run(program, [1, 2, 3])


def test_evaluate_product_beyond_64_bits_is_refused(tmp_path: Path) -> None:
    graph = Graph(x=[1, 1])
    program = load(tmp_path, graph, graph.add("Mul", "x", "x"), [[1, 1], [1, 1]])
    with pytest.raises(ReferenceCircuitError, match="may leave 64 bits"):
        run(program, [1 << 31])
