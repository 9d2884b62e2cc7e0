"""ONNX and EZKL's settings to a program of integer steps."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from verifier_gen.reference.build import Known, StepList, Value
from verifier_gen.reference.fixed_point import FixedPoint, read_fixed_point
from verifier_gen.reference.network import Network, NetworkNode, read_network
from verifier_gen.reference.operators import OPERATORS
from verifier_gen.reference.program import Feed, Program, ReferenceCircuitError
from verifier_gen.reference.slices import with_slices_moved_up


def load_program(onnx: Path, settings: Path) -> Program:
    """The integers that EZKL's circuit of a network computes.

    Args:
        onnx: the network.
        settings: EZKL's settings for it.

    Raises:
        ReferenceCircuitError: a file cannot be read, or an operator has no reference.
    """
    network, fixed_point = read_network(onnx), read_fixed_point(settings)
    plain, named = _steps(network, fixed_point, Counter())
    network = with_slices_moved_up(network, {name: plain.shape(value) for name, value in named.items()})
    # constants are quantised by how often they are used, which only a pass of its own tells
    counted = _steps(network, fixed_point, Counter())[0].counted
    steps, values = _steps(network, fixed_point, counted)
    outputs = [steps.wired(values[name]) for name in network.outputs]
    return Program(
        steps=tuple(steps.steps),
        inputs=tuple(i for i, step in enumerate(steps.steps) if isinstance(step.operation, Feed)),
        outputs=tuple(outputs),
        lookup_range=fixed_point.lookup_range,
        range_limit=fixed_point.range_limit,
    )


def _steps(network: Network, fixed_point: FixedPoint, uses: Counter[bytes]) -> tuple[StepList, dict[str, Value]]:
    steps = StepList(fixed_point, uses)
    values: dict[str, Value] = {name: Known(np.asarray(array)) for name, array in network.constants.items()}
    for position, source in enumerate(network.inputs):
        scale_bits = 0 if source.is_integer else fixed_point.input_scale
        # EZKL's settings have shapes of instances only, which hidden inputs are not
        shape = source.shape if source.shape is not None else fixed_point.shapes[position]
        values[source.name] = steps.bare(Feed(position), [], shape, scale_bits)
    for node in network.nodes:
        steps.node = node.name
        for name, value in zip(node.outputs, _applied(steps, node, values), strict=False):
            values[name] = value
    return steps, values


def _applied(steps: StepList, node: NetworkNode, values: dict[str, Value]) -> list[Value]:
    operator = OPERATORS.get(node.operator)
    if operator is None:
        raise ReferenceCircuitError(
            f"no reference for operator {node.operator} (node {node.name}): the correctness gate cannot pass",
            remedy="Rewrite the node with operators listed in docs/correctness.md",
        )
    inputs = [values[name] if name else None for name in node.inputs]
    return operator(steps, node, inputs)
