"""A graph while it is rewritten: who makes a tensor, who reads it, new nodes in their place."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from verifier_gen.graph.emitter import Array, used_names
from verifier_gen.graph.fold import constants, static_shapes


class GraphEditor:
    """Replaces nodes of a graph, which stays in topological order.

    Args:
        model: changed in place by :meth:`finish`.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self._model = model
        self._taken = used_names(model.graph)
        self._written: list[onnx.NodeProto] = []
        self._renamed: dict[str, str] = {}
        self.nodes = list(model.graph.node)
        self.values = constants(model.graph)
        self.shapes = static_shapes(model)
        self.makers = {name: node for node in self.nodes for name in node.output}
        self.uses = Counter(name for node in self.nodes for name in node.input)
        self.uses.update(value.name for value in model.graph.output)

    def constant(self, values: Array) -> str:
        """Name of a new constant."""
        name = self._fresh("constant")
        self.values[name] = np.ascontiguousarray(values)
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Write a new node at this place and return the name of its output."""
        name = self._fresh(operator.lower())
        node = helper.make_node(operator, [self._current(x) for x in inputs], [name], name=name, **attributes)
        self._written.append(node)
        self.makers[name] = node
        return name

    def keep(self, node: onnx.NodeProto) -> None:
        """Write a node of the given graph as it is."""
        # a copy, because other rewrites look up what the given node reads
        kept = onnx.NodeProto()
        kept.CopyFrom(node)
        for i, name in enumerate(node.input):
            kept.input[i] = self._current(name)
        self._written.append(kept)

    def replace(self, node: onnx.NodeProto, name: str) -> None:
        """Have everyone who reads the node's output read ``name`` instead."""
        self._renamed[node.output[0]] = name

    def maker(self, name: str, *operators: str) -> onnx.NodeProto | None:
        """The node that makes a tensor, if it is one of ``operators``."""
        node = self.makers.get(name)
        return node if node is not None and node.op_type in operators else None

    def used_once(self, name: str) -> bool:
        """Whether one node of the given graph reads the tensor."""
        return self.uses[name] == 1

    def finish(self) -> onnx.ModelProto:
        """Put what was written into the model."""
        graph = self._model.graph
        for value in graph.output:
            if value.name in self._renamed:
                # an output keeps its name
                self._written.append(helper.make_node("Identity", [self._current(value.name)], [value.name]))
        del graph.node[:], graph.initializer[:], graph.value_info[:]
        graph.node.extend(self._written)
        graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in self.values.items())
        return self._model

    def _current(self, name: str) -> str:
        while name in self._renamed:
            name = self._renamed[name]
        return name

    def _fresh(self, hint: str) -> str:
        count = 0
        while (name := f"rewritten/{hint}_{count}") in self._taken:
            count += 1
        self._taken.add(name)
        return name
