"""A network of one node for each ONNX operator that EZKL is tried with."""

from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_CHANCE = np.random.default_rng(0)


class Case(NamedTuple):
    """One network: nodes from ``x`` to ``y``."""

    nodes: list[onnx.NodeProto]
    constants: dict[str, Any]
    shape: tuple[int, ...]

    def network(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "case",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(self.shape))],
            [helper.make_empty_tensor_value_info("y")],
            [numpy_helper.from_array(np.asarray(values), name) for name, values in self.constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model)


def _f(*shape: int) -> Any:
    return _CHANCE.uniform(-1, 1, shape).astype(np.float32)


def _i(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def _one(operator: str, constants: Any = None, shape: tuple[int, ...] = (1, 4), **attributes: Any) -> Case:
    held = constants or {}
    return Case([helper.make_node(operator, ["x", *held], ["y"], name=operator, **attributes)], held, shape)


def _logic(operator: str) -> Case:
    nodes = [helper.make_node("Greater", ["x", "c"], ["a"]), helper.make_node("Less", ["x", "d"], ["b"])]
    inputs = ["a"] if operator == "Not" else ["a", "b"]
    nodes.append(helper.make_node(operator, inputs, ["answer"], name=operator))
    nodes.append(helper.make_node("Cast", ["answer"], ["y"], to=TensorProto.FLOAT))
    return Case(nodes, {"c": _f(1, 4), "d": _f(1, 4)}, (1, 4))


def _comparison(operator: str) -> Case:
    nodes = [
        helper.make_node(operator, ["x", "c"], ["answer"], name=operator),
        helper.make_node("Cast", ["answer"], ["y"], to=TensorProto.FLOAT),
    ]
    return Case(nodes, {"c": _f(1, 4)}, (1, 4))


_ELEMENTWISE = """
Relu Sigmoid Tanh Abs Neg Sqrt Exp Log Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Atanh Floor Ceil Round Sign
Reciprocal HardSigmoid HardSwish Softplus Softsign Elu Selu ThresholdedRelu Celu Softmax LogSoftmax Hardmax LeakyRelu
Flatten Identity ArgMax ArgMin ReduceSum
"""
_REDUCTIONS = "ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp"
_IMAGE = {"kernel_shape": [2, 2], "strides": [2, 2], "shape": (1, 1, 4, 4)}

CASES: dict[str, Case] = {name: _one(name, axis=1) if name in ("ArgMax", "ArgMin") else _one(name)
                          for name in _ELEMENTWISE.split()}  # fmt: skip
CASES |= {name: _one(name, axes=[1]) for name in _REDUCTIONS.split()}
CASES |= {name: _comparison(name) for name in ("Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal")}
CASES |= {name: _logic(name) for name in ("And", "Or", "Xor", "Not")}
CASES |= {
    name: _one(name, {"c": np.abs(_f(1, 4)) + 0.5}) for name in ("Add", "Sub", "Mul", "Div", "Sum", "Mean", "PRelu")
}
CASES |= {name: _one(name, {"c": np.float32(0.5)}) for name in ("Max", "Min")}
CASES |= {
    "Pow": _one("Pow", {"c": np.array([2.0], dtype=np.float32)}),
    "Cast": _one("Cast", to=TensorProto.FLOAT),
    "MatMul": _one("MatMul", {"c": _f(4, 3)}),
    "Gemm": _one("Gemm", {"c": _f(3, 4), "b": _f(3)}, transB=1, alpha=0.5),
    "Einsum": _one("Einsum", {"c": _f(4, 3)}, equation="ij,jk->ik"),
    "Conv": _one("Conv", {"c": _f(2, 1, 2, 2)}, (1, 1, 4, 4), strides=[1, 1]),
    "ConvTranspose": _one("ConvTranspose", {"c": _f(1, 2, 2, 2)}, (1, 1, 3, 3), strides=[1, 1]),
    "MaxPool": _one("MaxPool", **_IMAGE),
    "AveragePool": _one("AveragePool", **_IMAGE),
    "GlobalAveragePool": _one("GlobalAveragePool", shape=(1, 2, 4, 4)),
    "GlobalMaxPool": _one("GlobalMaxPool", shape=(1, 2, 4, 4)),
    "BatchNormalization": _one(
        "BatchNormalization", {"s": _f(4), "b": _f(4), "m": _f(4), "v": np.abs(_f(4)) + np.float32(0.5)}
    ),
    "InstanceNormalization": _one("InstanceNormalization", {"s": _f(2), "b": _f(2)}, (1, 2, 4)),
    "LayerNormalization": _one("LayerNormalization", {"s": _f(4), "b": _f(4)}),
    "Reshape": _one("Reshape", {"c": _i(2, 2)}),
    "Transpose": _one("Transpose", perm=[1, 0]),
    "Squeeze": _one("Squeeze", {"c": _i(0)}),
    "Unsqueeze": _one("Unsqueeze", {"c": _i(0)}),
    "Slice": _one("Slice", {"a": _i(3), "b": _i(-9), "d": _i(1), "e": _i(-1)}),
    "Split": Case(
        [helper.make_node("Split", ["x"], ["a", "b"], axis=1), helper.make_node("Mul", ["a", "b"], ["y"])], {}, (1, 4)
    ),
    "Concat": _one("Concat", {"c": _f(1, 2)}, axis=1),
    "Gather": _one("Gather", {"c": _i(0, 2)}, axis=1),
    "GatherElements": _one("GatherElements", {"c": np.array([[0, 2]])}, axis=1),
    "GatherND": _one("GatherND", {"c": np.array([[0, 1]])}),
    "Expand": _one("Expand", {"c": _i(3, 4)}),
    "Tile": _one("Tile", {"c": _i(2, 1)}),
    "Pad": _one("Pad", {"c": _i(0, 1, 0, 1)}),
    "Clip": _one("Clip", {"a": np.float32(0.3), "b": np.float32(0.6)}),
    "TopK": Case([helper.make_node("TopK", ["x", "c"], ["y", "i"], axis=1)], {"c": _i(2)}, (1, 4)),
    "CumSum": _one("CumSum", {"c": np.array(1)}),
    "DepthToSpace": _one("DepthToSpace", shape=(1, 4, 2, 2), blocksize=2),
    "SpaceToDepth": _one("SpaceToDepth", shape=(1, 1, 4, 4), blocksize=2),
    "Resize": Case(
        [helper.make_node("Resize", ["x", "", "c"], ["y"])],
        {"c": np.array([1, 1, 2, 2], dtype=np.float32)},
        (1, 1, 2, 2),
    ),
    "Where": Case(
        [helper.make_node("Greater", ["x", "c"], ["b"]), helper.make_node("Where", ["b", "x", "c"], ["y"])],
        {"c": _f(1, 4)},
        (1, 4),
    ),
    "Constant": Case(
        [
            helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(_f(1, 4))),
            helper.make_node("Add", ["x", "c"], ["y"]),
        ],
        {},
        (1, 4),
    ),
}
WRONG = {"Trilu": _one("Trilu", shape=(3, 3))}
"""What EZKL computes wrong without a word."""
