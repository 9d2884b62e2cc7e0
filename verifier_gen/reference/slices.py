"""Slices move up through the operators they cut, as in the graph that EZKL gets.

tract's declutter (core/src/optim/slice.rs): where everything that reads the result of an addition, subtraction,
product or matrix product is a slice of it along one axis, the operator is done once for each piece, on slices of its
inputs. The values are the same, but constants are cut with it, and EZKL quantises a constant by how often it is used.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from verifier_gen.reference.network import Constant, Network, NetworkNode
from verifier_gen.reference.program import Shape

_CUT_OPERATORS = ("Add", "Sub", "Mul", "MatMul")


@dataclass(frozen=True)
class Cut:
    """Elements [start, stop) of ``axis``, under the name ``result``."""

    axis: int
    start: int
    stop: int
    result: str


class _Rewriter:
    """A network being rewritten, with the shapes of its values."""

    def __init__(self, network: Network, shapes: Mapping[str, Shape]) -> None:
        self.constants: dict[str, Constant] = dict(network.constants)
        self.shapes = {name: tuple(array.shape) for name, array in network.constants.items()} | dict(shapes)
        self.outputs = set(network.outputs)

    def sliced(self, source: str, axis: int, start: int, stop: int, result: str) -> list[NetworkNode]:
        """``result`` becomes a piece of ``source``; no node is needed for a constant."""
        shape = self.shapes[source]
        self.shapes[result] = (*shape[:axis], stop - start, *shape[axis + 1 :])
        if source in self.constants:
            self.constants[result] = np.take(self.constants[source], range(start, stop), axis=axis)
            return []
        bounds = []
        for number in (start, stop, axis):
            name = f"slice bound {number}"
            self.constants[name] = np.array([number], dtype=np.int64)
            bounds.append(name)
        return [NetworkNode("Slice", result, (source, *bounds), (result,), {})]

    def cuts(self, node: NetworkNode) -> list[Cut] | None:
        """What a slice or split takes from its first input; None where it is neither."""
        if node.operator == "Slice" and all(name in self.constants for name in node.inputs[1:]):
            lists = [[int(x) for x in self.constants[name].reshape(-1)] for name in node.inputs[1:]]
            if len(lists) < 3 or len(lists[2]) != 1 or (len(lists) > 3 and lists[3] != [1]):
                return None
            shape = self.shapes[node.inputs[0]]
            axis = lists[2][0] % len(shape)
            start, stop, _ = slice(lists[0][0], lists[1][0]).indices(shape[axis])
            return [Cut(axis, start, stop, node.outputs[0])]
        if node.operator == "Split":
            axis = int(node.attributes.get("axis", 0)) % len(self.shapes[node.inputs[0]])
            ends = np.cumsum([self.shapes[name][axis] for name in node.outputs])
            return [
                Cut(axis, int(end) - self.shapes[name][axis], int(end), name)
                for name, end in zip(node.outputs, ends, strict=True)
            ]
        return None

    def pieces(self, node: NetworkNode, readers: list[NetworkNode]) -> list[Cut] | None:
        """The cuts that all readers of a node make along one axis, or None."""
        if node.operator not in _CUT_OPERATORS or not readers or node.outputs[0] in self.outputs:
            return None
        found: list[Cut] = []
        for reader in readers:
            cuts = self.cuts(reader)
            if cuts is None or reader.inputs.count(node.outputs[0]) != 1:
                return None
            found += cuts
        size = self.shapes[node.outputs[0]][found[0].axis]
        whole = all((cut.start, cut.stop) == (0, size) for cut in found)
        return None if whole or len({cut.axis for cut in found}) != 1 else found

    def split(self, node: NetworkNode, cuts: list[Cut]) -> list[NetworkNode]:
        """The operator once for each piece, and each cut's result put together from pieces."""
        result, axis = node.outputs[0], cuts[0].axis
        size = self.shapes[result][axis]
        edges = sorted({0, size, *(edge for cut in cuts for edge in (cut.start, cut.stop))})
        nodes, names = [], {}
        for start, stop in itertools.pairwise(edges):
            inputs = []
            for position, source in enumerate(node.inputs):
                along = self._axis_of_input(node, position, axis)
                if along is None or self.shapes[source][along] == 1:
                    inputs.append(source)
                    continue
                name = f"{source} of {result} [{start}:{stop}]"
                nodes += self.sliced(source, along, start, stop, name)
                inputs.append(name)
            names[start] = f"{result} [{start}:{stop}]"
            shape = self.shapes[result]
            self.shapes[names[start]] = (*shape[:axis], stop - start, *shape[axis + 1 :])
            nodes.append(replace(node, inputs=tuple(inputs), outputs=(names[start],)))
        for cut in cuts:
            parts = tuple(names[edge] for edge in edges if cut.start <= edge < cut.stop)
            operator, attributes = ("Identity", {}) if len(parts) == 1 else ("Concat", {"axis": axis})
            nodes.append(NetworkNode(operator, cut.result, parts, (cut.result,), attributes))
        return nodes

    def _axis_of_input(self, node: NetworkNode, position: int, axis: int) -> int | None:
        """The axis of an input that becomes ``axis`` of the result; None where the input has none."""
        rank, own = len(self.shapes[node.outputs[0]]), len(self.shapes[node.inputs[position]])
        if node.operator == "MatMul" and axis >= rank - 2:
            # rows come from the left factor, columns from the right
            return own - rank + axis if (axis == rank - 2) == (position == 0) else None
        aligned = axis - (rank - own)
        return aligned if aligned >= 0 else None


def with_slices_moved_up(network: Network, shapes: Mapping[str, Shape]) -> Network:
    """The network as tract leaves it, as far as slices go.

    Args:
        network: as read.
        shapes: of all its values.
    """
    rewriter, nodes = _Rewriter(network, shapes), list(network.nodes)
    while True:
        readers: dict[str, list[NetworkNode]] = defaultdict(list)
        for node in nodes:
            for name in set(node.inputs):
                readers[name].append(node)
        for place, node in enumerate(nodes):
            cuts = rewriter.pieces(node, readers[node.outputs[0]])
            if cuts is not None:
                replaced = {cut.result for cut in cuts}
                others = [other for other in nodes[place + 1 :] if not replaced & set(other.outputs)]
                nodes = nodes[:place] + rewriter.split(node, cuts) + others
                break
        else:
            return replace(network, constants=rewriter.constants, nodes=tuple(nodes))
