"""Rewrites of gates and their activations."""

from __future__ import annotations

import numpy as np
import onnx

from verifier_gen.graph.emitter import Array
from verifier_gen.graph.rewrites_editor import GraphEditor

_UNARY = ("Sigmoid", "Tanh", "Relu")


def plain_products(editor: GraphEditor) -> None:
    """Gemm with constant weights as MatMul and Add, the form that the other rewrites look for."""
    for node in editor.nodes:
        attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        known = node.op_type == "Gemm" and all(name in editor.values for name in node.input[1:])
        if not known or attributes.get("transA", 0):
            editor.keep(node)
            continue
        weights = editor.values[node.input[1]] * np.float32(attributes.get("alpha", 1.0))
        product = editor.add(
            "MatMul", node.input[0], editor.constant(weights.T if attributes.get("transB", 0) else weights)
        )
        if len(node.input) > 2:
            bias = editor.values[node.input[2]] * np.float32(attributes.get("beta", 1.0))
            product = editor.add("Add", product, editor.constant(np.atleast_2d(bias)))
        editor.replace(node, product)


def separate_gates(editor: GraphEditor) -> None:
    """Columns of an affine map become maps of their own, through any activation in between."""
    for node in editor.nodes:
        bounds = _columns(editor, node)
        name = _part(editor, node.input[0], *bounds) if bounds else None
        if name is None:
            editor.keep(node)
        else:
            editor.replace(node, name)


def _columns(editor: GraphEditor, node: onnx.NodeProto) -> tuple[int, int] | None:
    """Start and stop of a slice of a matrix's columns."""
    if node.op_type != "Slice" or len(node.input) < 4 or not all(x in editor.values for x in node.input[1:]):
        return None
    start, stop, axis, *step = (editor.values[x].ravel().tolist() for x in node.input[1:])
    if len(start) != 1 or axis[0] not in (1, -1) or (step and step[0] != [1]):
        return None
    shape = editor.shapes.get(node.input[0], ())
    return (int(start[0]), min(int(stop[0]), shape[1])) if len(shape) == 2 and start[0] >= 0 < stop[0] else None


def _part(editor: GraphEditor, name: str, start: int, stop: int) -> str | None:
    """Columns ``start`` to ``stop`` of a tensor computed on their own; None where that is no affine map."""
    node = editor.maker(name, "Slice", "Add", "MatMul", *_UNARY)
    if node is None:
        return None
    if node.op_type == "Slice":
        bounds = _columns(editor, node)
        return _part(editor, node.input[0], start + bounds[0], start + bounds[0] + stop - start) if bounds else None
    if node.op_type == "MatMul":
        weights = editor.values.get(node.input[1])
        if weights is None:
            return None
        return editor.add("MatMul", node.input[0], editor.constant(weights[:, start:stop]))
    if node.op_type == "Add":
        bias = editor.values.get(node.input[1])
        if bias is None or bias.ndim != 2 or bias.shape[0] != 1:
            return None
        part = _part(editor, node.input[0], start, stop)
        return editor.add("Add", part, editor.constant(bias[:, start:stop])) if part else None
    part = _part(editor, node.input[0], start, stop)
    return editor.add(node.op_type, part) if part else None


def use_one_table(editor: GraphEditor) -> None:
    """Tanh x as 2 sigmoid(2x) - 1; 2x goes into weights and bias where they are used for nothing else."""
    for node in editor.nodes:
        if node.op_type != "Tanh":
            editor.keep(node)
            continue
        argument = _doubled(editor, node.input[0])
        half = editor.add("Sigmoid", argument)
        one = editor.constant(np.ones(editor.shapes[node.input[0]], dtype=np.float32))
        editor.replace(node, editor.add("Sub", editor.add("Add", half, half), one))


def _doubled(editor: GraphEditor, name: str) -> str:
    add = editor.maker(name, "Add")
    product = editor.maker(add.input[0], "MatMul") if add is not None else None
    if add is None or product is None or not editor.used_once(name) or not editor.used_once(add.input[0]):
        return editor.add("Add", name, name)
    weights, bias = (editor.values.get(x) for x in (product.input[1], add.input[1]))
    if weights is None or bias is None:
        return editor.add("Add", name, name)
    doubled = editor.add("MatMul", product.input[0], editor.constant(weights * 2))
    return editor.add("Add", doubled, editor.constant(bias * 2))


def sum_products(editor: GraphEditor) -> None:
    """A b + (d - k) c as the scalar products of rows (a, c) and (b, d), for a, c of the same activation.

    EZKL's reader undoes a concatenation right before a product, so both sides have an element-wise operator between.
    """
    for node in editor.nodes:
        found = _two_products(editor, node)
        if found is None:
            editor.keep(node)
            continue
        (a, b), (c, _), (kept, constant), units = found
        activation = editor.makers[a]
        left = editor.add(
            activation.op_type, editor.add("Concat", activation.input[0], editor.makers[c].input[0], axis=0)
        )
        shift: Array = np.concatenate([np.zeros((1, units)), np.broadcast_to(constant, (1, units))])
        right = editor.add("Sub", editor.add("Concat", b, kept, axis=0), editor.constant(shift.astype(np.float32)))
        flat = editor.add("Einsum", left, right, equation="ba,ba->a")
        editor.replace(node, editor.add("Reshape", flat, editor.constant(np.array([1, units]))))


_Pair = tuple[str, str]


def _two_products(editor: GraphEditor, node: onnx.NodeProto) -> tuple[_Pair, _Pair, tuple[str, Array], int] | None:
    """(a, b), (c, d - k), (d, k) and the units of a node that adds two such products."""
    if node.op_type != "Add" or len(editor.shapes.get(node.output[0], ())) != 2:
        return None
    products = [editor.maker(name, "Mul") for name in node.input]
    if any(product is None or not editor.used_once(product.output[0]) for product in products):
        return None
    rows, units = editor.shapes[node.output[0]]
    pairs = [(x.input[0], x.input[1]) for x in products if x is not None]
    if rows != 1 or any(editor.shapes.get(name) != (1, units) for pair in pairs for name in pair):
        return None
    for first, second in (pairs, pairs[::-1]):
        shifted = editor.maker(second[1], "Sub")
        gates = [editor.maker(name, *_UNARY) for name in (first[0], second[0])]
        if shifted is None or gates[0] is None or gates[1] is None or gates[0].op_type != gates[1].op_type:
            continue
        constant = editor.values.get(shifted.input[1])
        if constant is not None:
            return first, second, (shifted.input[0], constant), units
    return None
