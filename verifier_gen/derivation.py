"""A circuit's verifying key, derived anew from its network: what a key proves is known only to whoever derived it.

A verifying key alone does not say what it verifies: the outputs of its circuit may be free. The same network,
arguments, SRS and release of EZKL give the same key, byte for byte: a foreign key is one that they do not give.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from statements.errors import CircuitError
from statements.instances import InstanceLayout
from verifier_gen import ezkl_library
from verifier_gen.circuit import CircuitPaths
from verifier_gen.files import pin_settings
from verifier_gen.recipe import CircuitRecipe


class OtherInstancesError(CircuitError):
    """A network's instances are not those that were asked for."""


def derive_key(directory: Path, recipe: CircuitRecipe, layout: InstanceLayout, srs: Path) -> None:
    """Settings, compiled circuit and verifying key of the network in a folder; calls EZKL, so run it isolated.

    Args:
        directory: holds ``network.onnx``; the three files are written beside it.
        recipe: the arguments, visibilities among them; its ``onnx`` is not looked at.
        layout: that its instances must have.
        srs: of at least ``recipe.logrows``.

    Raises:
        OtherInstancesError: inputs, tag and outputs have other sizes or scales.
        RuntimeError: EZKL refuses the network, the arguments or the SRS.
    """
    paths = CircuitPaths(directory)
    ezkl_library.write_settings(paths.onnx, paths.settings, recipe)
    pin_settings(paths.settings)
    check_instances(json.loads(paths.settings.read_text("utf-8")), layout)
    ezkl_library.compile_circuit(paths.onnx, paths.compiled, paths.settings)
    ezkl_library.setup(paths.compiled, paths.verifying_key, paths.proving_key, srs)
    # only provers need it, and it is large
    paths.proving_key.unlink()


def check_instances(settings: dict[str, Any], layout: InstanceLayout) -> None:
    """Refuse a circuit whose instances are laid out or scaled in another way.

    Args:
        settings: that EZKL has written for the network.
        layout: that is asked for.

    Raises:
        OtherInstancesError: they are.
    """
    found = (
        [math.prod(shape) for shape in settings["model_instance_shapes"]],
        set(settings["model_input_scales"]),
        set(settings["model_output_scales"]),
    )
    tag = [layout.tag_limbs] if layout.tag_limbs else []
    expected = (
        [layout.input_count, *tag, layout.output_count],
        {layout.input_scale_bits},
        {layout.output_scale_bits},
    )
    if found != expected:
        raise OtherInstancesError(
            f"instances of sizes {found[0]}, inputs at scales {sorted(found[1])}, outputs at {sorted(found[2])}; "
            f"asked for were {expected[0]}, {layout.input_scale_bits} and {layout.output_scale_bits}",
            remedy="Build the circuit with the layout that is asked for",
        )
