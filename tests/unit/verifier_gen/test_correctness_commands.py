"""``veristake circuit band`` on a folder that holds network and settings only."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from statements.errors import CircuitError
from tests.unit.verifier_gen.reference_networks import Graph, write_settings
from verifier_gen.circuit import CircuitPaths
from verifier_gen.commands import circuit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    paths = CircuitPaths(tmp_path)
    graph = Graph(x=[1, 2])
    graph.save(paths.onnx, graph.add("MatMul", "x", graph.constant([[0.7, 0.1], [0.3, 0.2]])))
    write_settings(paths.settings, [[1, 2], [1, 2]], scale=8)
    return tmp_path


def test_band_json_gives_units_and_shares(folder: Path) -> None:
    result = CliRunner().invoke(circuit, ["band", str(folder), "--json"], catch_exceptions=False)
    assert json.loads(result.output) == {"units": [1, 1], "output_scale_bits": 8, "shares": [1 / 256, 1 / 256]}


def test_band_other_weights_are_tried_at_the_same_settings(folder: Path, tmp_path: Path) -> None:
    graph = Graph(x=[1, 2])
    product = graph.add("Mul", graph.add("Mul", "x", "x"), "x")
    other = graph.save(tmp_path / "other.onnx", product)
    result = CliRunner().invoke(circuit, ["band", str(folder), "--onnx", str(other)], catch_exceptions=False)
    assert "output 1: 2 (0.78 % of [0, 1])" in result.output


def test_band_operator_without_reference_is_refused(folder: Path, tmp_path: Path) -> None:
    graph = Graph(x=[1, 2])
    other = graph.save(tmp_path / "other.onnx", graph.add("Softmax", "x"))
    with pytest.raises(CircuitError, match="no reference for operator Softmax"):
        CliRunner().invoke(circuit, ["band", str(folder), "--onnx", str(other)], catch_exceptions=False)
