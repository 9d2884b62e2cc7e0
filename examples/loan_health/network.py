"""The scorer as an ONNX network: one hidden layer of ReLUs, a clipped logit, a sigmoid."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

LARGEST_LOGIT: Final = 7.9
"""Keeps the sigmoid's argument inside a table of 2^13 rows at scale 9, whatever the inputs."""
INPUT, OUTPUT = "features", "risk"


def build_onnx(weights: list[NDArray[np.float64]], biases: list[NDArray[np.float64]]) -> onnx.ModelProto:
    """The network; the same weights always give the same bytes.

    Args:
        weights: of the hidden layer, [features, hidden], and of the output, [hidden, 1].
        biases: of both, [hidden] and [1].
    """
    constants = {
        "hidden_weights": weights[0],
        "hidden_bias": biases[0],
        "output_weights": weights[1],
        "output_bias": biases[1],
        "lowest": np.full((1, 1), -LARGEST_LOGIT),
        "highest": np.full((1, 1), LARGEST_LOGIT),
    }
    nodes = [
        helper.make_node("Gemm", [INPUT, "hidden_weights", "hidden_bias"], ["sums"], name="hidden"),
        helper.make_node("Relu", ["sums"], ["bent"], name="bend"),
        helper.make_node("Gemm", ["bent", "output_weights", "output_bias"], ["logit"], name="output"),
        # lowest + relu(x - lowest) - relu(x - highest): a clip of operators that the integer reference knows
        helper.make_node("Sub", ["logit", "lowest"], ["above_lowest"], name="above_lowest"),
        helper.make_node("Sub", ["logit", "highest"], ["above_highest"], name="above_highest"),
        helper.make_node("Relu", ["above_lowest"], ["kept"], name="keep"),
        helper.make_node("Relu", ["above_highest"], ["excess"], name="cut"),
        helper.make_node("Sub", ["kept", "excess"], ["within"], name="within"),
        helper.make_node("Add", ["within", "lowest"], ["clipped"], name="clip"),
        helper.make_node("Sigmoid", ["clipped"], [OUTPUT], name="squash"),
    ]
    graph = helper.make_graph(
        nodes,
        "loan_health",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, len(weights[0])])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="veristake"
    )
    onnx.checker.check_model(model, full_check=True)
    return model
