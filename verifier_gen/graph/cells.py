"""One step of an LSTM, GRU or RNN as plain operators.

Equations of the ONNX operator specification. One product a step (features and state side by side, so that there is one
rescaling and not two), and none with a state that is zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verifier_gen.graph.emitter import Array, Emitter
from verifier_gen.graph.recurrent import Direction, Kind, Recurrent


@dataclass(frozen=True)
class State:
    """Names of hidden state and cell, each [batch, hidden]; empty means zero."""

    hidden: str = ""
    cell: str = ""


class Cell:
    """Writes the steps of one direction of a layer.

    Args:
        emitter: takes the nodes.
        layer: the node that is unrolled.
        direction: which of its directions.
    """

    def __init__(self, emitter: Emitter, layer: Recurrent, direction: Direction) -> None:
        self._emit, self._layer, self._direction = emitter, layer, direction

    def step(self, features: str, before: State) -> State:
        """The state after one step; ``features`` is [batch, input]."""
        if self._layer.kind is Kind.LSTM:
            return self._lstm(features, before)
        if self._layer.kind is Kind.GRU:
            return self._gru(features, before)
        arguments = self._arguments(features, before.hidden, [0])
        return State(self._emit.add(self._direction.activations[0], arguments, hint="state"))

    def _lstm(self, features: str, before: State) -> State:
        """Gates i, o, f, c. Without a cell before, the forget gate is not computed."""
        emit, hidden = self._emit, self._layer.hidden
        gate, candidate, squash = self._direction.activations
        forgets = bool(before.cell) and not self._layer.coupled
        kinds = [0, 1, 2, 3] if forgets else [0, 1, 3]
        arguments = self._arguments(features, before.hidden, kinds)
        gates = emit.add(gate, self._gate(arguments, 0, len(kinds) - 1), hint="gates")
        candidates = emit.add(candidate, self._gate(arguments, len(kinds) - 1, len(kinds)), hint="candidate")
        taken = self._gate(gates, 0, 1)
        cell = emit.add("Mul", taken, candidates, hint="taken")
        if before.cell:
            if forgets:
                forget = self._gate(gates, 2, 3)
            else:
                one = emit.constant("one", np.ones((1, hidden), dtype=np.float32))
                forget = emit.add("Sub", one, taken, hint="forget")
            cell = emit.add("Add", emit.add("Mul", forget, before.cell, hint="kept"), cell, hint="cell")
        squashed = emit.add(squash, cell, hint="squashed")
        return State(emit.add("Mul", self._gate(gates, 1, 2), squashed, hint="state"), cell)

    def _gru(self, features: str, before: State) -> State:
        """Gates z, r, h. H = (1 - z) h + z H(t-1) is written h + z (H(t-1) - h): one product less."""
        emit = self._emit
        gate, squash = self._direction.activations
        late = self._layer.linear_before_reset
        state_bias = self._direction.state_bias[2 * self._layer.hidden :]
        # with a zero state the reset gate acts on the bias alone, and only when it comes after the product
        resets = bool(before.hidden) or (late and bool(np.any(state_bias)))
        kinds = [0, 1] if resets else [0]
        gates = emit.add(gate, self._arguments(features, before.hidden, kinds), hint="gates")
        if late:
            argument = self._product(features, self._direction.input_weights, [2], "candidate_product")
            argument = self._plus(argument, self._biases([2], state=False), "candidate_argument")
            if resets:
                product = self._late_product(before.hidden)
                reset = emit.add("Mul", self._gate(gates, 1, 2), product, hint="reset")
                argument = emit.add("Add", argument, reset, hint="candidate_sum")
        else:
            reset = emit.add("Mul", self._gate(gates, 1, 2), before.hidden, hint="reset") if before.hidden else ""
            argument = self._arguments(features, reset, [2])
        candidate = emit.add(squash, argument, hint="candidate")
        update = self._gate(gates, 0, 1) if resets else gates
        if not before.hidden:
            return State(emit.add("Sub", candidate, emit.add("Mul", update, candidate, hint="kept"), hint="state"))
        change = emit.add("Sub", before.hidden, candidate, hint="change")
        return State(emit.add("Add", candidate, emit.add("Mul", update, change, hint="kept"), hint="state"))

    def _late_product(self, state: str) -> str:
        """H R + Rb of the candidate; the bias alone while the state is zero."""
        bias = self._direction.state_bias[2 * self._layer.hidden :]
        if not state:
            return self._emit.constant("candidate_bias", bias[None])
        product = self._product(state, self._direction.state_weights, [2], "late_product")
        return self._plus(product, bias, "late_sum")

    def _arguments(self, features: str, state: str, kinds: list[int]) -> str:
        """X W + H R + Wb + Rb for some gates, [batch, gates x hidden]."""
        weights, joined = self._direction.input_weights, features
        if state:
            joined = self._emit.add("Concat", features, state, hint="joined", axis=1)
            weights = np.concatenate([weights, self._direction.state_weights], axis=1)
        product = self._product(joined, weights, kinds, "product")
        return self._plus(product, self._biases(kinds, state=True), "arguments")

    def _biases(self, kinds: list[int], *, state: bool) -> Array:
        total = self._direction.input_bias + self._direction.state_bias if state else self._direction.input_bias
        return self._rows(total, kinds)

    def _product(self, source: str, weights: Array, kinds: list[int], hint: str) -> str:
        chosen = np.ascontiguousarray(self._rows(weights, kinds).T)
        return self._emit.add("MatMul", source, self._emit.constant("weights", chosen), hint=hint)

    def _plus(self, source: str, bias: Array, hint: str) -> str:
        if not np.any(bias):
            return source
        return self._emit.add("Add", source, self._emit.constant("bias", bias[None]), hint=hint)

    def _rows(self, values: Array, kinds: list[int]) -> Array:
        hidden = self._layer.hidden
        return np.concatenate([values[kind * hidden : (kind + 1) * hidden] for kind in kinds])

    def _gate(self, source: str, start: int, stop: int) -> str:
        hidden = self._layer.hidden
        return self._emit.part(source, start * hidden, stop * hidden, axis=1, hint="gate")
