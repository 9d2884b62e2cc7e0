"""The files of a circuit, made one after the other in a folder that is not in place yet."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from statements.errors import CircuitError
from verifier_gen import ezkl_library
from verifier_gen.choices import Visibility
from verifier_gen.circuit import CircuitPaths
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.solidity import write_verifier
from verifier_gen.srs.provenance import ChosenSrs
from verifier_gen.visibility import check_visibility

Progress = Callable[[str], None]


def make_files(recipe: CircuitRecipe, paths: CircuitPaths, srs: ChosenSrs, progress: Progress) -> None:
    """Network, settings, compiled circuit, keys and Solidity verifier.

    Raises:
        CircuitError: the network cannot become a circuit, contradicts the recipe, or EZKL refuses.
    """
    check_visibility(recipe)
    place_network(recipe, paths.onnx)
    progress("settings and compiled circuit")
    run_isolated(ezkl_library.write_settings, paths.onnx, paths.settings, recipe)
    pin_settings(paths.settings)
    _check_shape(recipe, json.loads(paths.settings.read_text("utf-8")))
    run_isolated(ezkl_library.compile_circuit, paths.onnx, paths.compiled, paths.settings)
    place_srs(srs.path, paths.srs)
    progress("proving and verifying key")
    run_isolated(ezkl_library.setup, paths.compiled, paths.verifying_key, paths.proving_key, paths.srs)
    progress("Solidity verifier")
    write_verifier(paths, recipe.verifier_contract, recipe.chain_layout)


def place_srs(source: Path, target: Path) -> None:
    """Link an SRS, which is large, or copy it."""
    try:
        os.link(source, target)
    except OSError:
        # it may lie on another file system
        shutil.copyfile(source, target)


def place_network(recipe: CircuitRecipe, target: Path) -> None:
    """The recipe's network in the form that is compiled.

    Raises:
        NetworkError: it cannot become a circuit.
        CircuitError: it is to be prepared, and the extra for that is not installed.
    """
    if not recipe.prepare:
        shutil.copyfile(recipe.onnx, target)
        return
    try:
        # onnx is no dependency of those who prove and verify
        from verifier_gen.graph.prepare import prepare_file
    except ModuleNotFoundError as error:
        raise CircuitError(f"{error.name} is not installed", remedy="pip install 'veristake[build]'") from error
    run_isolated(prepare_file, recipe.onnx, target, recipe.tag_limbs)


def pin_settings(path: Path) -> None:
    """Drop the time of day and put sets in order, so that the same recipe gives the same circuit.

    EZKL writes its sets in the order of a randomly seeded hash, and lays out tables and range checks in that order.
    """
    settings = json.loads(path.read_text("utf-8"))
    settings["timestamp"] = 0
    for field in ("required_range_checks", "required_lookups"):
        settings[field].sort(key=json.dumps)
    if "einsum_params" in settings:
        settings["einsum_params"]["equations"].sort(key=lambda item: json.dumps(item, sort_keys=True))
    path.write_text(json.dumps(settings, sort_keys=True), "utf-8")


def _check_shape(recipe: CircuitRecipe, settings: dict[str, Any]) -> None:
    sizes = [math.prod(shape) for shape in settings["model_instance_shapes"]]
    # hidden inputs have no instances of their own
    inputs = [recipe.inputs, *([recipe.tag_limbs] if recipe.tag_limbs else [])]
    shown = inputs if recipe.input_visibility is Visibility.PUBLIC else []
    found = [*sizes[: len(shown)], sum(sizes[len(shown) :])]
    expected = [*shown, recipe.outputs]
    if found != expected:
        raise CircuitError(
            f"network {recipe.onnx.name} has instances {sizes}, recipe {recipe.name} says {expected}",
            remedy="Mend inputs, tag_limbs or outputs in the recipe, or export the network again",
        )
    scales = settings["model_output_scales"]
    if len(set(scales)) > 1:
        raise CircuitError(
            f"the outputs of {recipe.onnx.name} are at different scales {scales}",
            remedy="Give the network one output tensor, or let each end in the same operation",
        )
