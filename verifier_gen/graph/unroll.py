"""Recurrent operators to plain products, step by step.

EZKL gives silently wrong outputs for ONNX's `LSTM` under some settings, and the unrolled graph has fewer rows: nothing
is multiplied by a zero state, and the gates of a step share one product.
"""

from __future__ import annotations

import onnx

from verifier_gen.graph.cells import Cell, State
from verifier_gen.graph.emitter import Emitter, used_names
from verifier_gen.graph.fold import constants, fold_constants, static_shapes, without_unused
from verifier_gen.graph.recurrent import Direction, Kind, Recurrent, read_recurrent


def unroll_recurrent(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network without `LSTM`, `GRU` and `RNN` nodes; what is constant is computed.

    Args:
        model: opset 13 or later, shapes in numbers; not changed.

    Raises:
        NetworkError: a recurrent node uses peepholes, clip, sequence lengths or something else that is not unrolled.
    """
    unrolled = fold_constants(model)
    graph = unrolled.graph
    values = constants(graph)
    taken = used_names(graph)
    while any(node.op_type in set(Kind) for node in graph.node):
        # one at a time, because the shapes that a second layer reads come from the first
        shapes = static_shapes(unrolled)
        position = next(i for i, node in enumerate(graph.node) if node.op_type in set(Kind))
        node = graph.node[position]
        emitter = Emitter(taken, node.name or node.output[0])
        _unroll_layer(emitter, node, read_recurrent(node, values, shapes))
        nodes = [*graph.node[:position], *emitter.nodes, *graph.node[position + 1 :]]
        del graph.node[:], graph.value_info[:]
        graph.node.extend(nodes)
        graph.initializer.extend(emitter.constants)
        taken = used_names(graph)
    return without_unused(unrolled)


def _unroll_layer(emitter: Emitter, node: onnx.NodeProto, layer: Recurrent) -> None:
    """Write all steps of a node, and its outputs Y, Y_h and Y_c under the names that others read."""
    rows = emitter.reshape(node.input[0], [layer.steps * layer.batch, layer.input_size], hint="rows")
    states: list[list[State]] = []
    for i, direction in enumerate(layer.directions):
        first = State(
            _initial(emitter, layer, layer.initial_hidden, i), _initial(emitter, layer, layer.initial_cell, i)
        )
        states.append(_unroll_direction(emitter, layer, direction, rows, first))
    count = len(layer.directions)
    outputs = [*node.output, "", "", ""]
    if outputs[0]:
        in_order = [states[i][step].hidden for step in range(layer.steps) for i in range(count)]
        _collect(emitter, in_order, [layer.steps, count, layer.batch, layer.hidden], outputs[0])
    last = [run[0] if direction.reverse else run[-1] for run, direction in zip(states, layer.directions, strict=True)]
    shape = [count, layer.batch, layer.hidden]
    if outputs[1]:
        _collect(emitter, [state.hidden for state in last], shape, outputs[1])
    if outputs[2]:
        _collect(emitter, [state.cell for state in last], shape, outputs[2])


def _unroll_direction(emitter: Emitter, layer: Recurrent, direction: Direction, rows: str, first: State) -> list[State]:
    """States of one direction, in the order of the sequence."""
    cell, state = Cell(emitter, layer, direction), first
    states = [State()] * layer.steps
    for step in reversed(range(layer.steps)) if direction.reverse else range(layer.steps):
        start = step * layer.batch
        features = emitter.part(rows, start, start + layer.batch, axis=0, hint="step") if layer.steps > 1 else rows
        state = cell.step(features, state)
        states[step] = state
    return states


def _initial(emitter: Emitter, layer: Recurrent, given: str, direction: int) -> str:
    """The first state of one direction, [batch, hidden]; empty where it is zero."""
    if not given:
        return ""
    part = given
    if len(layer.directions) > 1:
        part = emitter.part(given, direction, direction + 1, axis=0, hint="initial")
    return emitter.reshape(part, [layer.batch, layer.hidden], hint="initial_rows")


def _collect(emitter: Emitter, parts: list[str], shape: list[int], output: str) -> None:
    joined = emitter.add("Concat", *parts, hint="states", axis=0) if len(parts) > 1 else parts[0]
    emitter.reshape(joined, shape, hint="output", output=output)
