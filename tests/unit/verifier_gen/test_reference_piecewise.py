"""Straight pieces in integers, against numpy."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.verifier_gen.reference_networks import Graph, write_settings
from verifier_gen.reference import ReferenceCircuitError, evaluate, load_program

LEFT = [-9, -1, 0, 1, 7, 16]
RIGHT = [4, -5, 0, 16, -16, 2]


def run(folder: Path, graph: Graph, output: str, *inputs: list[int]) -> list[int]:
    network = graph.save(folder / "n.onnx", output)
    shapes = [[1, len(row)] for row in inputs]
    program = load_program(network, write_settings(folder / "s.json", [*shapes, [1, 6]], scale=4))
    return [int(x) for x in evaluate(program, [np.array([row]) for row in inputs])[0][0]]


@pytest.mark.parametrize(("operator", "choose"), [("Max", max), ("Min", min)])
def test_extreme_of_two_inputs_is_chosen_elementwise(operator: str, choose: type, tmp_path: Path) -> None:
    graph = Graph(x=[1, 6], y=[1, 6])
    found = run(tmp_path, graph, graph.add(operator, "x", "y"), LEFT, RIGHT)
    assert found == [choose(a, b) for a, b in zip(LEFT, RIGHT, strict=True)]


def test_clip_both_bounds_hold(tmp_path: Path) -> None:
    graph = Graph(x=[1, 6])
    output = graph.add("Clip", "x", graph.constant(-0.25), graph.constant(0.5))
    assert run(tmp_path, graph, output, LEFT) == [-4, -1, 0, 1, 7, 8]


def test_abs_and_leaky_relu_of_negatives(tmp_path: Path) -> None:
    graph = Graph(x=[1, 6])
    assert run(tmp_path, graph, graph.add("Abs", "x"), LEFT) == [9, 1, 0, 1, 7, 16]
    graph = Graph(x=[1, 6])
    # a slope of 0.25 is 4 / 16: -9 gives -36 / 16 = -2.25
    assert run(tmp_path, graph, graph.add("LeakyRelu", "x", alpha=0.25), LEFT) == [-2, 0, 0, 1, 7, 16]


def test_pow_two_is_rescaled_once(tmp_path: Path) -> None:
    graph = Graph(x=[1, 6])
    assert run(tmp_path, graph, graph.add("Pow", "x", graph.constant([2.0])), LEFT) == [5, 0, 0, 0, 3, 16]


def test_pow_of_a_half_is_refused(tmp_path: Path) -> None:
    graph = Graph(x=[1, 6])
    with pytest.raises(ReferenceCircuitError, match="no reference for Pow"):
        run(tmp_path, graph, graph.add("Pow", "x", graph.constant([0.5])), LEFT)
