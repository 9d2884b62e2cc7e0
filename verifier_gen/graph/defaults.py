"""Writes out what ONNX lets a node leave away and EZKL does not."""

from __future__ import annotations

import onnx
from onnx import helper

from verifier_gen.graph.fold import static_shapes

_WITH_STRIDES = ("Conv", "ConvTranspose", "MaxPool", "AveragePool")


def write_defaults(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with ``strides`` on every convolution and pooling: EZKL refuses a node without."""
    shapes = static_shapes(model)
    for node in model.graph.node:
        if node.op_type in _WITH_STRIDES and all(attribute.name != "strides" for attribute in node.attribute):
            spatial = len(shapes[node.input[0]]) - 2
            node.attribute.append(helper.make_attribute("strides", [1] * spatial))
    return model
