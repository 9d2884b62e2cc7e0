"""Compiles networks with EZKL at arguments of the test's choice; call through ``run_isolated``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from verifier_gen.circuit import CircuitPaths
from verifier_gen.ezkl_library import ezkl

DEFAULTS: dict[str, Any] = {
    "input_visibility": "public",
    "output_visibility": "public",
    "param_visibility": "fixed",
    "disable_freivalds": True,
    "num_inner_cols": 1,
    "decomp_base": 4096,
    "decomp_legs": 2,
    "logrows": 14,
    "input_scale": 8,
    "param_scale": 8,
    "scale_rebase_multiplier": 1,
    "lookup_range": (-4000, 4000),
}


def compile_folders(folders: dict[Path, dict[str, Any]]) -> None:
    """Write settings and compiled circuit beside each folder's network, EZKL's arguments as given."""
    for folder, chosen in folders.items():
        arguments = ezkl.PyRunArgs()
        for name, value in (DEFAULTS | chosen).items():
            setattr(arguments, name, value)
        paths = CircuitPaths(folder)
        assert ezkl.gen_settings(str(paths.onnx), str(paths.settings), arguments)
        compile_with(paths.onnx, paths)


def compile_with(onnx: Path, paths: CircuitPaths) -> None:
    """Compile a network, which need not be the folder's own, at the folder's settings."""
    assert ezkl.compile_circuit(str(onnx), str(paths.compiled), str(paths.settings))
