"""The correctness gate with real EZKL: right circuits pass exactly, each wrong one fails."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from statements.errors import CircuitError
from tests.integration.ezkl_circuits import compile_folders, compile_with
from tests.unit.verifier_gen.reference_networks import Graph, recurrent_network
from verifier_gen.circuit import Circuit, CircuitPaths
from verifier_gen.correctness import CorrectnessReport, check_circuit
from verifier_gen.graph.unroll import unroll_recurrent
from verifier_gen.isolated import run_isolated
from verifier_gen.reference import ReferenceCircuitError

GENERATOR = np.random.default_rng(7)


def weights(*shape: int) -> np.ndarray[Any, Any]:
    return GENERATOR.normal(0, 0.5, shape)


def perceptron(path: Path) -> Path:
    """Gemm with and without transposition, ReLU, sigmoid, a subtraction and a constant factor."""
    graph = Graph(x=[1, 6])
    first = graph.add("Gemm", "x", graph.constant(weights(8, 6)), graph.constant(weights(8)), transB=1)
    second = graph.add("Gemm", graph.add("Relu", first), graph.constant(weights(8, 3)), graph.constant(weights(3)))
    scaled = graph.add("Mul", second, graph.constant([[0.7, 0.7, 0.7]]))
    return graph.save(path, graph.add("Sub", graph.constant([[1.0, 1.0, 1.0]]), graph.add("Sigmoid", scaled)))


def moves(path: Path) -> Path:
    """Operators that move elements, sums, negation, tanh, a factor that is a power of two."""
    graph = Graph(x=[2, 3], y=[3, 2])
    turned = graph.add("Transpose", "y", perm=[1, 0])
    tall = graph.add("Concat", "x", turned, axis=0)
    graph.add("Split", tall, outputs=2, axis=0)
    difference = graph.add("Add", "split2_0", graph.add("Neg", "split2_1"))
    total = graph.add("ReduceSum", graph.add("Tanh", difference), graph.constant([1], np.int64), keepdims=0)
    flat = graph.add("Flatten", graph.add("Unsqueeze", total, graph.constant([0], np.int64)))
    return graph.save(path, graph.add("Mul", flat, graph.constant([[0.25]])))


def einsums(path: Path) -> Path:
    """Einsum over two variables and over a constant."""
    graph = Graph(x=[2, 3], y=[2, 3])
    rows = graph.add("Einsum", "x", "y", equation="ab,ab->a")
    mixed = graph.add("Einsum", graph.add("Relu", "y"), graph.constant(weights(3, 4)), equation="ab,bc->ca")
    total = graph.add("Add", graph.add("Reshape", rows, graph.constant([1, 2], np.int64)), mixed)
    return graph.save(path, total)


def others(path: Path) -> Path:
    """Exponential, division by a constant, constants as nodes, gathered and repeated elements."""
    graph = Graph(x=[2, 3])
    grown = graph.add("Exp", graph.add("Identity", "x"))
    shrunk = graph.add("Div", grown, graph.constant([[3.0, 5.0, 7.0]]))
    chosen = graph.add("Gather", shrunk, graph.constant([2, 0], np.int64), axis=1)
    held = graph.add("Constant", value=numpy_helper.from_array(np.float32([[0.3], [-0.7]])))
    column = graph.add("ReduceSum", graph.add("Mul", chosen, held), graph.constant([1], np.int64), keepdims=1)
    return graph.save(path, graph.add("Expand", column, graph.constant([2, 3], np.int64)))


def pieces(path: Path) -> Path:
    """Straight pieces: maxima, clipping, absolute value, leaky ReLU; means and powers."""
    graph = Graph(x=[1, 6], y=[1, 6])
    product = graph.add("Mul", "x", "y")
    larger = graph.add("Max", "x", "y")
    smaller = graph.add("Min", product, graph.constant([0.3]))
    clipped = graph.add("Clip", graph.add("Add", "x", "y"), graph.constant(-0.4), graph.constant(0.7))
    leaky = graph.add("LeakyRelu", graph.add("Sub", "x", "y"), alpha=0.1)
    total = graph.add("Sum", larger, smaller, clipped)
    signless = graph.add("Abs", graph.add("Sub", leaky, total))
    power = graph.add("Pow", signless, graph.constant([2.0]))
    thirds = graph.add("Reshape", power, graph.constant([2, 3], np.int64))
    mean = graph.add("ReduceMean", thirds, axes=[1], keepdims=1)
    return graph.save(path, graph.add("ReduceMean", mean, axes=[0], keepdims=0))


def recurrent(path: Path) -> Path:
    """Coupled gates: slices, concatenation before a product, products of variables."""
    return recurrent_network(path, 5, inputs=3, hidden=3, steps=3, strength=0.4)


def lstm_operator(path: Path) -> Path:
    """ONNX's own LSTM."""
    hidden, features, steps = 3, 2, 4
    random = np.random.default_rng(3)
    graph = Graph(x=[1, steps, features])
    turned = graph.add("Transpose", "x", perm=[1, 0, 2])
    parts = [random.normal(0, 0.6, shape) for shape in ((1, 4 * hidden, features), (1, 4 * hidden, hidden))]
    bias = graph.constant(random.normal(0, 0.3, (1, 8 * hidden)))
    names = [graph.constant(part) for part in parts]
    node = helper.make_node("LSTM", [turned, *names, bias], ["", "last"], name="lstm", hidden_size=hidden)
    graph.nodes.append(node)
    squeezed = graph.add("Squeeze", "last", graph.constant([0], np.int64))
    return graph.save(path, graph.add("MatMul", squeezed, graph.constant(random.normal(0, 1, (hidden, 1)))))


def unrolled(path: Path) -> Path:
    """The same LSTM as plain products."""
    onnx.save(unroll_recurrent(onnx.load(lstm_operator(path))), path)
    return path


TWICE_AS_FINE = {
    "scale_rebase_multiplier": 2,
    "input_scale": 6,
    "param_scale": 6,
    "lookup_range": (-16000, 16000),
    "logrows": 15,
}

CASES: dict[str, tuple[Callable[[Path], Path], dict[str, Any]]] = {
    "perceptron": (perceptron, {}),
    "perceptron_multiplier_2": (perceptron, {"scale_rebase_multiplier": 2, "input_scale": 5, "param_scale": 5}),
    "perceptron_two_scales": (perceptron, {"input_scale": 7, "param_scale": 9}),
    "moves": (moves, {}),
    "pieces": (pieces, {}),
    "einsums": (einsums, {}),
    "others": (others, {}),
    "pieces_two_scales": (pieces, {"input_scale": 7, "param_scale": 9}),
    "recurrent": (recurrent, {}),
    "recurrent_multiplier_2": (recurrent, {"scale_rebase_multiplier": 2, "input_scale": 5, "param_scale": 5}),
    "unrolled": (unrolled, {}),
    "unrolled_multiplier_2": (unrolled, TWICE_AS_FINE),
    "unrolled_whole_constants_unscaled": (unrolled, {"rebase_frac_zero_constants": True}),
    "operator_multiplier_2": (lstm_operator, TWICE_AS_FINE),
}


@pytest.fixture(scope="module")
def circuits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("circuits")
    folders = {}
    for name, (make, arguments) in CASES.items():
        folder = root / name
        folder.mkdir()
        make(CircuitPaths(folder).onnx)
        folders[folder] = arguments
    run_isolated(compile_folders, folders)
    return root


@pytest.fixture
def copied(circuits: Path, tmp_path: Path) -> CircuitPaths:
    """A circuit to corrupt."""
    shutil.copytree(circuits / "recurrent", tmp_path / "circuit")
    return CircuitPaths(tmp_path / "circuit")


def check(paths: CircuitPaths, **chosen: Any) -> CorrectnessReport:
    return check_circuit(paths, **({"proofs": 0, "float_bound": 0.2, "samples": 40} | chosen))


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("operator")])
def test_check_circuit_right_circuit_equals_the_reference_exactly(name: str, circuits: Path) -> None:
    report = check(CircuitPaths(circuits / name)).require()
    assert report.samples == 40
    assert report.mismatches == 0


def test_check_circuit_tiny_circuit_is_proven_as_well(tiny_circuit: Circuit) -> None:
    report = check_circuit(tiny_circuit.paths).require()
    assert report.samples == 200
    assert report.proofs == 2
    assert report.rounding_band == (1, 1)
    assert json.loads(report.to_json())["passed"] is True


def change_weight(source: Path, target: Path) -> Path:
    """The same network with one weight of its head changed by 1/128."""
    model = onnx.load(source)
    tensor = [t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT][-1]
    values = numpy_helper.to_array(tensor).copy()
    values[0, 0] += 1 / 128
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    onnx.save(model, target)
    return target


def test_check_circuit_one_weight_changed_fails(copied: CircuitPaths, tmp_path: Path) -> None:
    run_isolated(compile_with, change_weight(copied.onnx, tmp_path / "other.onnx"), copied)
    report = check(copied)
    assert report.mismatches > 0
    with pytest.raises(CircuitError, match="integer reference differ on"):
        report.require()


def rewrite_settings(paths: CircuitPaths, **arguments: Any) -> None:
    settings = json.loads(paths.settings.read_text("utf-8"))
    settings["run_args"] |= arguments
    paths.settings.write_text(json.dumps(settings), "utf-8")


def test_check_circuit_compiled_at_another_weight_scale_fails(copied: CircuitPaths) -> None:
    before = copied.settings.read_text("utf-8")
    rewrite_settings(copied, param_scale=7)
    run_isolated(compile_with, copied.onnx, copied)
    copied.settings.write_text(before, "utf-8")
    assert not check(copied).passed


def test_check_circuit_lookup_table_too_short_fails(copied: CircuitPaths) -> None:
    rewrite_settings(copied, lookup_range=[-100, 100])
    with pytest.raises(CircuitError, match="table covers -100 to 100"):
        check(copied)


def test_check_circuit_operator_with_multiplier_two_fails(circuits: Path) -> None:
    # the trap: EZKL compiles it, and it computes something else without a word
    paths = CircuitPaths(circuits / "operator_multiplier_2")
    report = check(paths, onnx=circuits / "unrolled_multiplier_2" / "network.onnx", float_bound=0.05)
    assert report.mismatches > 20
    assert any("network in floats" in fault for fault in report.faults)


def test_check_circuit_operator_without_reference_cannot_pass(circuits: Path) -> None:
    with pytest.raises(ReferenceCircuitError, match="no reference for operator LSTM"):
        check(CircuitPaths(circuits / "operator_multiplier_2"))


def test_check_circuit_float_bound_exceeded_fails(circuits: Path) -> None:
    report = check(CircuitPaths(circuits / "recurrent"), float_bound=1e-9)
    assert report.mismatches == 0
    assert report.faults[0].startswith("outputs differ from the network in floats by up to 0.0")
