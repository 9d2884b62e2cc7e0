"""Slices that move up: the same values, and constants cut as EZKL cuts them."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.verifier_gen.reference_networks import Graph, write_settings
from verifier_gen.reference import evaluate, load_program
from verifier_gen.reference.network import Network, read_network
from verifier_gen.reference.slices import with_slices_moved_up

SHAPES = {"x": (1, 4), "matmul0": (1, 6), "add1": (1, 6), "slice2": (1, 2), "slice3": (1, 4), "concat4": (1, 6)}


def gated(path: Path) -> Network:
    """Slices of a biased product, put together the other way round."""
    graph = Graph(x=[1, 4])
    product = graph.add("MatMul", "x", graph.constant(np.arange(24).reshape(4, 6) / 16))
    biased = graph.add("Add", product, graph.constant(np.full((1, 6), 0.3)))
    first, rest = graph.columns(biased, 0, 2), graph.columns(biased, 2, 6)
    return read_network(graph.save(path, graph.add("Concat", rest, first, axis=1)))


def test_with_slices_moved_up_product_and_bias_are_cut(tmp_path: Path) -> None:
    network = with_slices_moved_up(gated(tmp_path / "n.onnx"), SHAPES)
    operators = [node.operator for node in network.nodes]
    assert operators.count("MatMul") == 2
    assert operators.count("Add") == 2
    assert "Slice" not in operators
    products = [node for node in network.nodes if node.operator == "MatMul"]
    assert [network.constants[node.inputs[1]].shape for node in products] == [(4, 2), (4, 4)]


def test_with_slices_moved_up_value_that_is_read_whole_stays(tmp_path: Path) -> None:
    graph = Graph(x=[1, 4])
    doubled = graph.add("Add", "x", "x")
    part = graph.columns(doubled, 0, 2)
    network = read_network(graph.save(tmp_path / "n.onnx", graph.add("Concat", doubled, part, axis=1)))
    shapes = {"x": (1, 4), "add0": (1, 4), "slice1": (1, 2), "concat2": (1, 6)}
    assert with_slices_moved_up(network, shapes).nodes == network.nodes


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-16, 16), min_size=4, max_size=4))
def test_load_program_cut_product_equals_the_product_by_hand(values: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        gated(Path(folder) / "n.onnx")
        written = write_settings(Path(folder) / "s.json", [[1, 4], [1, 6]], scale=4)
        program = load_program(Path(folder) / "n.onnx", written)
    found = evaluate(program, [np.array([values])])[0][0]
    exact = np.array(values) @ np.arange(24).reshape(4, 6)
    rounded = np.sign(exact) * ((2 * np.abs(exact) + 16) // 32) + 5
    assert found.tolist() == np.concatenate([rounded[2:], rounded[:2]]).tolist()
