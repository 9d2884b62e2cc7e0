"""Reads an ONNX file."""

from __future__ import annotations

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships without stubs
from onnx import external_data_helper

from verifier_gen.graph.errors import NetworkError

_EXPORT = "Export the network as ONNX"


def load_network(path: Path) -> onnx.ModelProto:
    """The network in a file, its weights included.

    Raises:
        NetworkError: the file is missing, is not ONNX, is malformed, or lacks its external data.
    """
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise NetworkError(f"network {path} cannot be read: {error.strerror}", remedy=_EXPORT) from error
    except DecodeError as error:
        raise NetworkError(f"network {path} is not an ONNX file", remedy=_EXPORT) from error
    if not model.graph.node or not model.opset_import:
        # protobuf takes many a file for an empty message
        raise NetworkError(f"network {path} is not an ONNX file, or holds no node", remedy=_EXPORT)
    _load_external(model, path)
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise NetworkError(f"network {path} is malformed: {first}", remedy=_EXPORT) from error
    return model


def _load_external(model: onnx.ModelProto, path: Path) -> None:
    outside = [tensor for tensor in model.graph.initializer if external_data_helper.uses_external_data(tensor)]
    if not outside:
        return
    try:
        external_data_helper.load_external_data_for_model(model, str(path.parent))
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        named = {entry.value for tensor in outside for entry in tensor.external_data if entry.key == "location"}
        raise NetworkError(
            f"network {path} keeps weights in {', '.join(sorted(named))}, which cannot be read",
            remedy=f"Put the file beside {path.name}, or export the weights into it",
        ) from error
    for tensor in outside:
        tensor.data_location = onnx.TensorProto.DEFAULT
        del tensor.external_data[:]
