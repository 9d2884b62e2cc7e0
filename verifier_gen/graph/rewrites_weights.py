"""Rewrites of weights and other constants."""

from __future__ import annotations

import numpy as np
import onnx

from verifier_gen.graph.emitter import Array
from verifier_gen.graph.errors import NetworkError
from verifier_gen.graph.rewrites_editor import GraphEditor


def rescale_late(editor: GraphEditor, bits: int) -> None:
    """X W + b as (x round(2^bits W)) 2^-bits + b, each part of a concatenated x with a product of its own.

    At param_scale 0 an integer weight adds nothing to a product's scale, so no product is rescaled; EZKL takes the
    multiplication by 2^-bits as a change of scale, for nothing; and the addition that follows is rescaled, once.

    Args:
        editor: the graph.
        bits: of a weight's fraction.

    Raises:
        NetworkError: a product has no bias after it, or there is none with constant weights.
    """
    count = 0
    for node in editor.nodes:
        product = _affine(editor, node)
        if product is None:
            if node.op_type == "MatMul" and node.input[1] in editor.values and not _feeds_affine(editor, node):
                raise NetworkError(
                    f"product {node.output[0]} has no bias, so its rescaling cannot be late",
                    remedy="Search without late_rescaling",
                )
            editor.keep(node)
            continue
        count += 1
        total = _integer_product(editor, product.input[0], editor.values[product.input[1]], bits)
        scaled = editor.add("Mul", total, editor.constant(np.array(2.0**-bits, dtype=np.float32)))
        editor.replace(node, editor.add("Add", scaled, node.input[1]))
    if count == 0:
        raise NetworkError("no product has constant weights", remedy="Search without late_rescaling")


def _affine(editor: GraphEditor, node: onnx.NodeProto) -> onnx.NodeProto | None:
    """The product of a node that adds a constant bias to it."""
    if node.op_type != "Add" or node.input[1] not in editor.values:
        return None
    product = editor.maker(node.input[0], "MatMul")
    return product if product is not None and product.input[1] in editor.values else None


def _feeds_affine(editor: GraphEditor, product: onnx.NodeProto) -> bool:
    readers = [node for node in editor.nodes if product.output[0] in node.input]
    return all(_affine(editor, node) is not None for node in readers)


def _integer_product(editor: GraphEditor, source: str, weights: Array, bits: int) -> str:
    whole = np.round(weights.astype(np.float64) * 2.0**bits).astype(np.float32)
    joined = editor.maker(source, "Concat")
    parts = list(joined.input) if joined is not None else [source]
    total, row = "", 0
    for part in parts:
        width = editor.shapes[part][1] if len(parts) > 1 else len(whole)
        product = editor.add("MatMul", part, editor.constant(whole[row : row + width]))
        total = editor.add("Add", total, product) if total else product
        row += width
    return total


def use_constants_once(editor: GraphEditor) -> None:
    """Give each use of a constant a copy that differs from all others by less than any circuit's unit.

    Equal constants are merged when EZKL reads a network, so one value of each copy, the smallest, is moved by a few
    2^-22 of itself (of 2^-10 at least).
    """
    copies = 0
    for node in editor.nodes:
        for i, name in enumerate(node.input):
            values = editor.values.get(name)
            if values is None or values.dtype != np.float32 or values.size == 1:
                continue
            copies += 1
            node.input[i] = editor.constant(_marked(values, copies))
        editor.keep(node)


def _marked(values: Array, mark: int) -> Array:
    marked = values.copy()
    smallest = np.unravel_index(np.argmin(np.abs(marked)), marked.shape)
    held = float(marked[smallest])
    marked[smallest] = held + mark * max(abs(held), 2.0**-10) * 2.0**-22
    return marked
