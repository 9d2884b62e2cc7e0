"""Which ONNX operators EZKL 23.0.5 takes, tried one by one against onnxruntime (docs/circuits.md has the method)."""

from __future__ import annotations

from typing import Final

_NAMES: Final = """
    Abs Acos Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Cast Ceil Celu Clip
    Concat Constant Conv ConvTranspose Cos Cosh CumSum DepthToSpace Div Einsum Elu Equal Erf Exp Expand Flatten
    Floor Gather GatherElements GatherND Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid
    HardSwish Hardmax Identity InstanceNormalization LayerNormalization LeakyRelu Less LessOrEqual Log
    LogSoftmax MatMul Max MaxPool Mean Min Mul Neg Not Or PRelu Pad Pow Reciprocal ReduceL1 ReduceL2
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceSum ReduceSumSquare Relu Reshape Resize Round Selu
    Sigmoid Sign Sin Sinh Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh
    ThresholdedRelu Tile TopK Transpose Unsqueeze Where Xor
"""
SUPPORTED: Final = frozenset(_NAMES.split())
"""Operators whose circuit agreed with onnxruntime on random inputs."""

_AS_PLAIN_OPERATORS: Final = "Write it with plain operators before exporting"
_STATIC: Final = "Its result has no fixed shape or no fixed number of steps: unroll or mask it before exporting"

REMEDIES: Final = {
    "Gelu": "Write it as 0.5 x (1 + Erf(x / sqrt 2)): torch exports that below opset 20",
    "Mish": "Write it as x Tanh(Softplus(x)): torch exports that below opset 18",
    "ReduceProd": "Write the product with Mul",
    "Trilu": "EZKL computes it wrong: multiply by a constant mask",
    "NonZero": _STATIC,
    "Loop": _STATIC,
    "Scan": _STATIC,
    "If": "Export the branch that is wanted",
    "TreeEnsembleClassifier": "Convert the trees to tensor operators, or train a small network instead",
    "TreeEnsembleRegressor": "Convert the trees to tensor operators, or train a small network instead",
    "QuantizeLinear": "Give the float network: the circuit has its own fixed point",
    "DequantizeLinear": "Give the float network: the circuit has its own fixed point",
}
"""What to do instead of an operator that EZKL refuses, or computes wrong."""


def remedy(operator: str) -> str:
    """What to do about an operator that is not supported."""
    return REMEDIES.get(operator, _AS_PLAIN_OPERATORS)
