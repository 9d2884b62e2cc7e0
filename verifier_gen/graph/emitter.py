"""Collects the nodes and constants of a graph that is being written, under names of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Array = NDArray[Any]


class Emitter:
    """Nodes and constants to be added to a graph.

    Args:
        taken: names that the graph uses already.
        prefix: begins every new name, so that a reader sees where it came from.
    """

    def __init__(self, taken: Iterable[str], prefix: str) -> None:
        self._taken, self._prefix = set(taken), prefix
        self._held: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def _fresh(self, hint: str) -> str:
        name, count = f"{self._prefix}/{hint}", 1
        while name in self._taken:
            name, count = f"{self._prefix}/{hint}_{count}", count + 1
        self._taken.add(name)
        return name

    def constant(self, hint: str, values: Array | list[int]) -> str:
        """Name of a constant; equal ones share a tensor. Lists of integers become int64."""
        array = np.asarray(values, dtype=np.int64) if isinstance(values, list) else np.ascontiguousarray(values)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._held:
            self._held[key] = self._fresh(hint)
            self.constants.append(numpy_helper.from_array(array, self._held[key]))
        return self._held[key]

    def add(self, operator: str, *inputs: str, hint: str, output: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output, ``output`` if given."""
        name = self._fresh(hint)
        self.nodes.append(helper.make_node(operator, list(inputs), [output or name], name=name, **attributes))
        return output or name

    def part(self, source: str, start: int, stop: int, *, axis: int, hint: str) -> str:
        """``source[start:stop]`` along an axis."""
        bounds = [self.constant("index", [i]) for i in (start, stop, axis)]
        return self.add("Slice", source, *bounds, hint=hint)

    def reshape(self, source: str, shape: list[int], *, hint: str, output: str = "") -> str:
        """``source`` with another shape."""
        return self.add("Reshape", source, self.constant("shape", shape), hint=hint, output=output)


def used_names(graph: onnx.GraphProto) -> set[str]:
    """Every name of a graph."""
    names = {node.name for node in graph.node} | {tensor.name for tensor in graph.initializer}
    names |= {value.name for value in (*graph.input, *graph.output)}
    for node in graph.node:
        names |= {*node.input, *node.output}
    return names
