"""Gives any network the request tag: a public input that the proof binds and that changes no result."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from verifier_gen.graph.check import TAG_INPUT
from verifier_gen.graph.emitter import Emitter, used_names
from verifier_gen.graph.errors import NetworkError


def tag_limbs(model: onnx.ModelProto) -> int:
    """Limbs of the tag that a network has already; 0 without one."""
    for value in model.graph.input:
        if value.name == TAG_INPUT:
            return int(np.prod([size.dim_value for size in value.type.tensor_type.shape.dim]))
    return 0


def add_tag(model: onnx.ModelProto, limbs: int) -> onnx.ModelProto:
    """The network with a second input ``tag``, [1, limbs], whose sum times zero is added to the first output.

    So the limbs are instances once, and a proof with another tag does not verify.

    Args:
        model: without tag, opset 13 or later; not changed.
        limbs: of the request tag, at least one.

    Raises:
        NetworkError: the name is taken, or the output is an input.
    """
    tagged = onnx.ModelProto()
    tagged.CopyFrom(model)
    graph = tagged.graph
    taken = used_names(graph)
    output = graph.output[0]
    if TAG_INPUT in taken or all(output.name not in node.output for node in graph.node):
        reason = f"the name {TAG_INPUT} is taken" if TAG_INPUT in taken else f"output {output.name} is no node's"
        raise NetworkError(f"the request tag cannot be added: {reason}", remedy="Rename it in the export")
    emitter = Emitter(taken, TAG_INPUT)
    bare = f"{output.name}/bare"
    for node in graph.node:
        _rename(node.input, output.name, bare)
        _rename(node.output, output.name, bare)
    ones = [1] * len(output.type.tensor_type.shape.dim)
    total = emitter.add("ReduceSum", TAG_INPUT, emitter.constant("axis", [1]), hint="sum", keepdims=1)
    zero = emitter.constant("zero", np.zeros((1, 1), dtype=np.float32))
    nothing = emitter.reshape(emitter.add("Mul", total, zero, hint="nothing"), ones, hint="shaped")
    emitter.add("Add", bare, nothing, hint="added", output=output.name)
    graph.node.extend(emitter.nodes)
    graph.initializer.extend(emitter.constants)
    graph.input.append(helper.make_tensor_value_info(TAG_INPUT, TensorProto.FLOAT, [1, limbs]))
    return tagged


def _rename(names: object, old: str, new: str) -> None:
    for i, name in enumerate(names):  # type: ignore[arg-type, var-annotated]  # protobuf's repeated field is untyped
        if name == old:
            names[i] = new  # type: ignore[index]  # as above
