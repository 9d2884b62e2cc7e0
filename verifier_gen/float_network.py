"""The network in floats; the only module of this package that imports onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from statements.errors import CircuitError
from verifier_gen.reference.program import IntArray


def float_outputs(onnx: Path, inputs: list[IntArray], scales: list[int]) -> NDArray[np.float64]:
    """Run a network in onnxruntime.

    Args:
        onnx: the network.
        inputs: one array [N, elements] per input, fixed point.
        scales: of each input; a value stands for itself / 2^scale.

    Returns:
        All outputs [N, elements], flat.

    Raises:
        CircuitError: onnxruntime cannot open or run the network.
    """
    try:
        session = onnxruntime.InferenceSession(onnx.read_bytes(), providers=["CPUExecutionProvider"])
        rows = []
        for row in range(inputs[0].shape[0]):
            feeds = {
                wanted.name: _fed(wanted, array[row], scale)
                for wanted, array, scale in zip(session.get_inputs(), inputs, scales, strict=True)
            }
            rows.append(np.concatenate([np.asarray(out, dtype=np.float64).ravel() for out in session.run(None, feeds)]))
    except Exception as error:  # onnxruntime's own exceptions share no public base
        raise CircuitError(f"onnxruntime cannot run {onnx}: {error}", remedy="Check the ONNX file") from error
    return np.stack(rows)


def _fed(wanted: onnxruntime.NodeArg, values: IntArray, scale_bits: int) -> NDArray[np.float32]:
    # EZKL sets every dimension without a size to one
    shape = [size if isinstance(size, int) and size > 0 else 1 for size in wanted.shape]
    return np.asarray(values / float(1 << scale_bits), dtype=np.float32).reshape(shape)
