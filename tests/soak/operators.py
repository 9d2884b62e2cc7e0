"""EZKL's answer to one case beside onnxruntime's."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from tests.soak.operator_cases import Case
from verifier_gen import ezkl_library
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.witnesses import run_witnesses

SCALE_BITS = 10
BOUND = 0.012
"""Twelve units of the scale: normalisations lose most, about nine."""


def error_of(case: Case, folder: Path) -> float:
    """Largest difference from onnxruntime on one input in [0.1, 0.9]."""
    path, settings, compiled = folder / "network.onnx", folder / "settings.json", folder / "circuit.ezkl"
    onnx.save(case.network(), path)
    integers = np.random.default_rng(1).integers(103, 921, case.shape)
    values = (integers / 2**SCALE_BITS).astype(np.float32)
    expected = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": values})[0]
    recipe = CircuitRecipe(
        name="case",
        model_name="case",
        onnx=path,
        verifier_contract="Case",
        inputs=integers.size,
        outputs=expected.size,
        tag_limbs=0,
        tag_limb_bits=1,
        input_scale=SCALE_BITS,
        param_scale=SCALE_BITS,
        logrows=18,
        num_inner_cols=1,
        decomp_base=16384,
        decomp_legs=2,
        lookup_range=(-40000, 40000),
    )
    outputs, scale_bits = run_isolated(_outputs, path, settings, compiled, recipe, tuple(integers.ravel().tolist()))
    assert len(outputs) == expected.size
    return float(np.abs(np.array(outputs) / 2.0**scale_bits - expected.astype(np.float64).ravel()).max())


def _outputs(
    onnx_path: Path, settings: Path, compiled: Path, recipe: CircuitRecipe, inputs: tuple[int, ...]
) -> tuple[tuple[int, ...], int]:

    ezkl_library.write_settings(onnx_path, settings, recipe)
    ezkl_library.compile_circuit(onnx_path, compiled, settings)
    (seen,) = run_witnesses(compiled, [(inputs,)])
    return seen.outputs, json.loads(settings.read_text("utf-8"))["model_output_scales"][0]
