from pathlib import Path

import numpy as np
import onnx
import pytest

from staking_model.export import SCORES_OUTPUT, TAG_INPUT, build_onnx, onnx_bytes, read_weights
from staking_model.features import INPUTS
from staking_model.network import Weights, WeightsError, forward, quantized, random_weights
from staking_model.reference import Reference

PLAIN = {"MatMul", "Add", "Sub", "Mul", "Sigmoid", "Slice", "Concat", "ReduceSum"}


@pytest.mark.parametrize("hidden", [1, 8, 16])
def test_onnx_bytes_run_in_onnxruntime_equals_network(hidden: int, tmp_path: Path) -> None:
    weights = quantized(random_weights(hidden, seed=2))
    path = tmp_path / "network.onnx"
    path.write_bytes(onnx_bytes(weights, tag_limbs=8))
    reference = Reference(path)
    for inputs in np.random.default_rng(2).integers(-4096, 4097, (10, INPUTS)):
        expected = forward(weights, inputs[None] / 4096)[0]
        np.testing.assert_allclose(reference.scores(inputs.tolist(), 12), expected, atol=1e-5)


def test_onnx_bytes_same_weights_gives_same_bytes() -> None:
    first, second = (onnx_bytes(random_weights(8, seed=2), tag_limbs=8) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("tag_limbs", [0, 1, 13])
def test_build_onnx_tag_limbs_decides_second_input(tag_limbs: int) -> None:
    model = build_onnx(random_weights(2, seed=1), tag_limbs=tag_limbs)
    shapes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {
        "features": [1, INPUTS],
        SCORES_OUTPUT: [1, 2],
        **({TAG_INPUT: [1, tag_limbs]} if tag_limbs else {}),
    }


def test_build_onnx_uses_plain_operators_and_few_products() -> None:
    model = build_onnx(random_weights(8, seed=1), tag_limbs=8)
    operators = [node.op_type for node in model.graph.node]
    assert set(operators) <= PLAIN
    assert operators.count("Mul") == 2 * 8 + 1
    assert operators.count("MatMul") == 8 + 1


def test_read_weights_written_network_gives_them_back(tmp_path: Path) -> None:
    weights = quantized(random_weights(8, seed=4))
    path = tmp_path / "network.onnx"
    path.write_bytes(onnx_bytes(weights, tag_limbs=3))
    assert onnx_bytes(read_weights(path), tag_limbs=3) == path.read_bytes()


def test_read_weights_missing_file_raises(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot read"):
        read_weights(tmp_path / "none.onnx")


def test_read_weights_other_file_raises(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"not an onnx file")
    with pytest.raises(WeightsError, match="is not an ONNX file"):
        read_weights(path)


def test_read_weights_other_network_raises(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(onnx.ModelProto().SerializeToString())
    with pytest.raises(WeightsError, match="holds no weights"):
        read_weights(path)


def test_onnx_bytes_weights_beyond_lookup_raises() -> None:
    weights = random_weights(2, seed=1)
    beyond = Weights(weights.gates * 100, weights.gate_bias, weights.head, weights.head_bias)
    with pytest.raises(WeightsError, match="argument can reach"):
        onnx_bytes(beyond, tag_limbs=8)


def test_reference_wrong_count_raises() -> None:
    with pytest.raises(WeightsError, match="31 inputs"):
        Reference().scores([0] * 31, 11)


def test_reference_not_a_network_raises(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"junk")
    with pytest.raises(WeightsError, match="cannot open"):
        Reference(path)
