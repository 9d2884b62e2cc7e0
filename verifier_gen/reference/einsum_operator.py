"""ONNX Einsum: products over a common index space, summed; EZKL rescales the sums once."""

from __future__ import annotations

import numpy as np

from verifier_gen.reference.build import Known, StepList, Value, Wire
from verifier_gen.reference.network import NetworkNode
from verifier_gen.reference.program import Arrange, Multiply, ReferenceCircuitError, Total


def einsum(steps: StepList, node: NetworkNode, inputs: list[Value | None]) -> list[Value]:
    """Two factors, each index at most once in each, the result's indices given."""
    left, right, result = _terms(node)
    factors = [value for value in inputs if value is not None]
    if len(factors) != 2 or all(isinstance(value, Known) for value in factors):
        raise _refused(node)
    for value, term in zip(factors, (left, right), strict=True):
        joined = steps.joined.get(value.step) if isinstance(value, Wire) else None
        if joined is not None and term[joined.axis] not in result:
            raise ReferenceCircuitError(
                f"no reference for Einsum over a concatenation (node {node.name}): the correctness gate cannot pass",
                remedy="Put an element-wise operator between, or write the product with MatMul",
            )
    letters = result + "".join(sorted(set(left + right) - set(result)))
    wires = [_aligned(steps, value, term, letters) for value, term in zip(factors, (left, right), strict=True)]
    shapes = [steps.shape(wire) for wire in wires]
    shape = np.broadcast_shapes(*shapes)
    bits = sum(steps.scale(wire) for wire in wires)
    product = steps.bare(Multiply(), [steps.wired(wire) for wire in wires], shape, bits)
    kept = shape[: len(result)]
    if len(letters) == len(result):
        return [steps.rebased(Arrange(_places(kept)), [product.step], kept, bits)]
    axes = tuple(range(len(result), len(letters)))
    total = steps.bare(Total(axes), [product.step], (*kept, *(1 for _ in axes)), bits)
    return [steps.rebased(Arrange(_places(kept)), [total.step], kept, bits)]


def _places(shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.arange(int(np.prod(shape, dtype=int)), dtype=np.int64).reshape(shape)


def _terms(node: NetworkNode) -> tuple[str, str, str]:
    equation = node.attributes.get("equation", b"")
    text = (equation.decode() if isinstance(equation, bytes) else str(equation)).replace(" ", "")
    terms, arrow, result = text.partition("->")
    parts = terms.split(",")
    plain = all(part.isalpha() and len(set(part)) == len(part) for part in parts) and (result + "a").isalpha()
    if not arrow or len(parts) != 2 or not plain or not set(result) <= set(terms):
        raise _refused(node)
    return parts[0], parts[1], result


def _refused(node: NetworkNode) -> ReferenceCircuitError:
    return ReferenceCircuitError(
        f"no reference for this Einsum (node {node.name}): the correctness gate cannot pass",
        remedy="Give it two factors, at least one variable, an arrow, and no index twice in a factor",
    )


def _aligned(steps: StepList, value: Value, term: str, letters: str) -> Value:
    """The value with one axis for each letter, of length one where it has none."""
    order = sorted(range(len(term)), key=lambda axis: letters.index(term[axis]))
    shape = steps.shape(value)
    wide = tuple(shape[term.index(letter)] if letter in term else 1 for letter in letters)
    steps.count(value)
    if isinstance(value, Known):
        return Known(np.transpose(value.values, order).reshape(wide))
    return steps.arranged([value], np.ascontiguousarray(np.transpose(_places(shape), order).reshape(wide)))
