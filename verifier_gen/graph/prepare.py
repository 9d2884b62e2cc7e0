"""A given network to the form that is compiled: checked, folded, unrolled, tagged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import version_converter

from verifier_gen.graph.check import TAG_INPUT, check_header, check_operators, check_tensors
from verifier_gen.graph.defaults import write_defaults
from verifier_gen.graph.errors import NetworkError
from verifier_gen.graph.network import load_network
from verifier_gen.graph.tag import add_tag, tag_limbs
from verifier_gen.graph.unroll import unroll_recurrent

OPSET = 13
"""The oldest that is prepared as it is; older ones are converted."""


@dataclass(frozen=True)
class Prepared:
    """What a prepared network takes and gives.

    Attributes:
        inputs: values of its input, the tag not counted.
        outputs: values of all its outputs.
        tag_limbs: limbs of its tag.
    """

    inputs: int
    outputs: int
    tag_limbs: int


def prepare(model: onnx.ModelProto, limbs: int) -> onnx.ModelProto:
    """The network in the form that is compiled, with a request tag of ``limbs`` limbs.

    Args:
        model: as exported; not changed.
        limbs: of the request tag; 0 for none. A network that brings a tag keeps it.

    Raises:
        NetworkError: it cannot become a circuit; the message names the node.
    """
    check_header(model)
    check_tensors(model)
    modern = _modern(model)
    plain = write_defaults(unroll_recurrent(modern))
    if not plain.graph.node:
        raise NetworkError("the outputs do not depend on the input", remedy="Export the whole network")
    check_operators(plain)
    held = tag_limbs(plain)
    if held and held != limbs:
        raise NetworkError(
            f"the network brings a tag of {held} limbs, {limbs} are wanted",
            remedy=f"Ask for {held} limbs, or export it without tag",
        )
    return add_tag(plain, limbs) if limbs and not held else plain


def prepare_file(source: Path, target: Path, limbs: int) -> Prepared:
    """Prepare the network in ``source`` and write it to ``target``; the same network gives the same bytes.

    Raises:
        NetworkError: it cannot become a circuit.
    """
    prepared = prepare(load_network(source), limbs)
    target.write_bytes(prepared.SerializeToString(deterministic=True))
    graph = prepared.graph
    inputs = [value for value in graph.input if value.name != TAG_INPUT]
    return Prepared(sum(map(_size, inputs)), sum(map(_size, graph.output)), tag_limbs(prepared))


def _size(value: onnx.ValueInfoProto) -> int:
    return math.prod(size.dim_value for size in value.type.tensor_type.shape.dim)


def _modern(model: onnx.ModelProto) -> onnx.ModelProto:
    version = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
    if version >= OPSET:
        return model
    try:
        return version_converter.convert_version(model, OPSET)
    except Exception as error:  # the converter's exceptions share no base
        first = str(error).strip().splitlines()[0]
        raise NetworkError(
            f"opset {version} cannot be converted to {OPSET}: {first}", remedy="Export the network at opset 17"
        ) from error
