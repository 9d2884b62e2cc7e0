"""Graph rewrites that save rows of a circuit and leave the network what it is.

Why each saves rows was read off EZKL 23.0.5's layout; docs/search.md has the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import onnx

from verifier_gen.graph.fold import without_unused
from verifier_gen.graph.rewrites_editor import GraphEditor
from verifier_gen.graph.rewrites_gates import plain_products, separate_gates, sum_products, use_one_table
from verifier_gen.graph.rewrites_kinds import Rewrite
from verifier_gen.graph.rewrites_weights import rescale_late, use_constants_once

WEIGHT_BITS = 15
"""Late rescaling makes integers at 2^15 of weights, unless told otherwise."""

_APPLY: dict[Rewrite, Callable[[GraphEditor, int], None]] = {
    Rewrite.SEPARATE_GATES: lambda editor, _: separate_gates(editor),
    Rewrite.ONE_TABLE: lambda editor, _: use_one_table(editor),
    Rewrite.SUMMED_PRODUCTS: lambda editor, _: sum_products(editor),
    Rewrite.LATE_RESCALING: rescale_late,
    Rewrite.SINGLE_USE: lambda editor, _: use_constants_once(editor),
}


def rewrite(model: onnx.ModelProto, chosen: Collection[Rewrite], *, weight_bits: int = WEIGHT_BITS) -> onnx.ModelProto:
    """The same network with some rewrites applied.

    Args:
        model: prepared: recurrent operators unrolled, constants folded; not changed.
        chosen: rewrites; their order does not matter.
        weight_bits: of a weight's fraction, for late rescaling; 2^weight_bits must lie below base^legs.

    Raises:
        NetworkError: a rewrite does not fit the network.
    """
    rewritten = onnx.ModelProto()
    rewritten.CopyFrom(model)
    editor = GraphEditor(rewritten)
    plain_products(editor)
    for kind in Rewrite:
        if kind in chosen:
            editor = GraphEditor(without_unused(editor.finish()))
            _APPLY[kind](editor, weight_bits)
    return without_unused(editor.finish())
