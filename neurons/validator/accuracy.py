"""How near a proved run's outputs are to the float model's, run with onnxruntime on the validator's own file."""

from __future__ import annotations

import numpy as np

from neurons.validator.scoring_output import accuracy_of
from statements.errors import ConfigurationError
from statements.request_tag import split_tag
from verifier_gen.circuit import Circuit


def accuracy_of_run(circuit: Circuit, inputs: tuple[int, ...], tag: int, outputs: tuple[int, ...]) -> float:
    """The accuracy of verified outputs, in [0, 1].

    Args:
        circuit: with its network.
        inputs: signed fixed point in circuit order.
        tag: request tag, which the network takes as an input too.
        outputs: of the verified instances, at 2^output_scale_bits.

    Raises:
        ConfigurationError: onnxruntime is not installed.
        CircuitError: it cannot run the network.
    """
    reference = float_reference(circuit, inputs, tag)
    manifest = circuit.manifest
    one = 1 << manifest.layout.output_scale_bits
    measured = manifest.correctness
    # what the circuit itself may be off by is not the miner's
    tolerance = 1 / one
    if measured is not None:
        tolerance = measured.float_error + max(measured.rounding_band, default=0) / one
    return accuracy_of([output / one for output in outputs], reference, tolerance)


def float_reference(circuit: Circuit, inputs: tuple[int, ...], tag: int) -> list[float]:
    """The float model's outputs for fixed-point inputs.

    Raises:
        ConfigurationError: onnxruntime is not installed.
        CircuitError: it cannot run the network.
    """
    try:
        from verifier_gen.float_network import float_outputs
    except ImportError as error:
        raise ConfigurationError(
            "scoring.formula = 'output' needs onnxruntime", remedy="pip install 'veristake[validator]'"
        ) from error
    layout = circuit.manifest.layout
    arrays, scales = [np.asarray([inputs])], [layout.input_scale_bits]
    if layout.tag_limbs:
        limbs = split_tag(tag, limbs=layout.tag_limbs, limb_bits=layout.tag_limb_bits)
        arrays.append(np.asarray([limbs]))
        scales.append(layout.input_scale_bits)
    return [float(value) for value in float_outputs(circuit.paths.onnx, arrays, scales)[0]]
