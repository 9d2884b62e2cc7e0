"""What an ONNX `LSTM`, `GRU` or `RNN` node says: its weights by direction, or why it cannot be unrolled.

Shapes, gate orders and defaults are those of the ONNX operator specification (opset 22; unchanged since 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper

from verifier_gen.graph.emitter import Array
from verifier_gen.graph.errors import NetworkError


class Kind(StrEnum):
    """Recurrent operators of ONNX."""

    LSTM = "LSTM"
    GRU = "GRU"
    RNN = "RNN"


_DEFAULT_ACTIVATIONS: Final = {
    Kind.LSTM: ("Sigmoid", "Tanh", "Tanh"),
    Kind.GRU: ("Sigmoid", "Tanh"),
    Kind.RNN: ("Tanh",),
}
_GATES: Final = {Kind.LSTM: 4, Kind.GRU: 3, Kind.RNN: 1}
_ACTIVATIONS: Final = ("Sigmoid", "Tanh", "Relu")
_OPERATIONS: Final = {name.lower(): name for name in _ACTIVATIONS}
_ATTRIBUTES: Final = {
    "activations",
    "activation_alpha",
    "activation_beta",
    "clip",
    "direction",
    "hidden_size",
    "input_forget",
    "layout",
    "linear_before_reset",
    "output_sequence",
}


@dataclass(frozen=True)
class Direction:
    """One direction of a layer.

    Attributes:
        reverse: whether it reads the sequence from its end.
        activations: ONNX operators, in the order of the operator's own attribute.
        input_weights: W, [gates x hidden, input].
        state_weights: R, [gates x hidden, hidden].
        input_bias: Wb, [gates x hidden].
        state_bias: Rb, [gates x hidden].
    """

    reverse: bool
    activations: tuple[str, ...]
    input_weights: Array
    state_weights: Array
    input_bias: Array
    state_bias: Array


@dataclass(frozen=True)
class Recurrent:
    """A recurrent node.

    Attributes:
        kind: which operator.
        name: of the node, for messages.
        steps: length of the sequence.
        batch: rows that are computed side by side.
        input_size: features per step.
        hidden: units.
        directions: one, or forward and reverse.
        coupled: LSTM: the forget gate is one minus the input gate.
        linear_before_reset: GRU: the reset gate multiplies the product and not the state.
        initial_hidden: name of the first state, [directions, batch, hidden]; empty where it is zero.
        initial_cell: likewise of an LSTM's cell.
    """

    kind: Kind
    name: str
    steps: int
    batch: int
    input_size: int
    hidden: int
    directions: tuple[Direction, ...]
    coupled: bool
    linear_before_reset: bool
    initial_hidden: str
    initial_cell: str


def read_recurrent(
    node: onnx.NodeProto, values: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]
) -> Recurrent:
    """Understand a recurrent node.

    Args:
        node: an LSTM, GRU or RNN.
        values: constants of the graph.
        shapes: static shapes of its tensors.

    Raises:
        NetworkError: it uses what cannot be unrolled; the message names the node and the feature.
    """
    kind, name = Kind(node.op_type), node.name or node.output[0]
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    inputs = [*node.input, *[""] * (8 - len(node.input))]
    _refuse_features(name, kind, attributes, inputs, values)
    if inputs[0] not in shapes or len(shapes[inputs[0]]) != 3:
        raise NetworkError(
            f"node {name} ({kind}) reads {inputs[0]}, whose shape is not [steps, batch, features] in numbers",
            remedy="Export the network with fixed sequence length and batch size",
        )
    steps, batch, input_size = shapes[inputs[0]]
    _refuse_lengths(name, kind, inputs[4], values, steps)
    states = [_state(given, values) for given in inputs[5:7]]
    directions = _directions(name, kind, attributes, inputs, values)
    hidden = directions[0].state_weights.shape[1]
    return Recurrent(
        kind=kind,
        name=name,
        steps=steps,
        batch=batch,
        input_size=input_size,
        hidden=hidden,
        directions=directions,
        coupled=bool(attributes.get("input_forget", 0)),
        linear_before_reset=bool(attributes.get("linear_before_reset", 0)),
        initial_hidden=states[0],
        initial_cell=states[1] if kind is Kind.LSTM else "",
    )


def _refuse_features(
    name: str, kind: Kind, attributes: Mapping[str, Any], inputs: list[str], values: Mapping[str, Array]
) -> None:
    unknown = sorted(set(attributes) - _ATTRIBUTES)
    peepholes = kind is Kind.LSTM and inputs[7] and (inputs[7] not in values or bool(np.any(values[inputs[7]])))
    refused = {
        "clip": "clip" in attributes,
        "peepholes (input P)": bool(peepholes),
        "layout = 1 (batch first; onnxruntime does not run it either)": attributes.get("layout", 0) != 0,
        f"attribute {', '.join(unknown)}": bool(unknown),
    }
    for feature, present in refused.items():
        if present:
            raise NetworkError(
                f"node {name} ({kind}) uses {feature}, which is not unrolled", remedy="Export the layer without it"
            )


def _refuse_lengths(name: str, kind: Kind, given: str, values: Mapping[str, Array], steps: int) -> None:
    if given and (given not in values or not np.all(values[given] == steps)):
        raise NetworkError(
            f"node {name} ({kind}) uses sequence_lens {given}: sequences of different lengths",
            remedy=f"Export it without, for sequences of exactly {steps} steps",
        )


def _state(given: str, values: Mapping[str, Array]) -> str:
    """A first state that is zero costs nothing when it is left out."""
    return "" if given in values and not np.any(values[given]) else given


def _directions(
    name: str, kind: Kind, attributes: Mapping[str, Any], inputs: list[str], values: Mapping[str, Array]
) -> tuple[Direction, ...]:
    for given in inputs[1:4]:
        if given and given not in values:
            raise NetworkError(
                f"node {name} ({kind}) has weights {given} that are computed, not constant",
                remedy="Export the trained network with its weights as initializers",
            )
    weights, recurrent = values[inputs[1]], values[inputs[2]]
    gates, hidden = _GATES[kind], recurrent.shape[2]
    bias = values[inputs[3]] if inputs[3] else np.zeros((len(weights), 2 * gates * hidden), dtype=weights.dtype)
    word = attributes.get("direction", b"forward").decode()
    reverse = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}.get(word)
    if reverse is None or len(weights) != len(reverse) or weights.shape[1] != gates * hidden:
        raise NetworkError(
            f"node {name} ({kind}) has direction {word!r}, {hidden} units and weights of shape {weights.shape}",
            remedy="Export the network again: its weights do not fit its attributes",
        )
    activations = _activations(name, kind, attributes, len(reverse))
    return tuple(
        Direction(backwards, activations[i], weights[i], recurrent[i], *np.split(bias[i], 2))
        for i, backwards in enumerate(reverse)
    )


def _activations(name: str, kind: Kind, attributes: Mapping[str, Any], count: int) -> list[tuple[str, ...]]:
    default = _DEFAULT_ACTIVATIONS[kind]
    given = [text.decode() for text in attributes.get("activations", [])] or list(default) * count
    unknown = [text for text in given if text.lower() not in _OPERATIONS]
    if unknown or len(given) != len(default) * count:
        raise NetworkError(
            f"node {name} ({kind}) uses activations {', '.join(given)}",
            remedy=f"Give {len(default) * count} of {', '.join(_ACTIVATIONS)}",
        )
    proper = [_OPERATIONS[text.lower()] for text in given]
    return [tuple(proper[i * len(default) : (i + 1) * len(default)]) for i in range(count)]
