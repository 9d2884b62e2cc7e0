"""Build a circuit from its recipe: settings, compiled circuit, keys, Solidity verifier, one tried proof, manifest."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from statements.errors import CircuitError
from statements.instances import InstanceLayout
from statements.subject import model_id
from verifier_gen import ezkl_library
from verifier_gen.circuit import EZKL_VERSION, Circuit, CircuitPaths, open_circuit, read_manifest
from verifier_gen.isolated import run_isolated
from verifier_gen.manifest import CircuitManifest, sha256_file
from verifier_gen.prover import Proof, prove, verify
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.solidity import write_verifier
from verifier_gen.srs.provenance import ChosenSrs, choose_srs, read_provenance

Progress = Callable[[str], None]

BUILDER_REVISION = 2
"""Raised whenever this file makes another circuit from the same recipe, so that older builds are not taken for it."""


def recipe_hash(recipe: CircuitRecipe) -> str:
    """sha256 over the recipe's fields and the network's content, 0x-hex: what decides whether to build again."""
    fields = recipe.model_dump(mode="json", exclude={"onnx"})
    text = json.dumps(fields, sort_keys=True) + sha256_file(recipe.onnx) + f"{EZKL_VERSION}/{BUILDER_REVISION}"
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def ensure_circuit(
    recipe: CircuitRecipe,
    circuits: Path,
    srs_cache: Path,
    progress: Progress = lambda _: None,
    ceremony_srs: Path | None = None,
) -> Circuit:
    """The built circuit, from an earlier build when nothing that decides it has changed.

    Args:
        recipe: what to build.
        circuits: folder of circuits; this one goes to ``circuits/<recipe.name>``.
        srs_cache: folder of SRS files.
        progress: told of each step.
        ceremony_srs: imported SRS to build with; None takes what is built, or a development SRS.

    Raises:
        CircuitError: the network is missing, EZKL refuses it, or the SRS does not fit.
    """
    if not recipe.onnx.is_file():
        raise CircuitError(f"network {recipe.onnx} is missing", remedy="Train it: veristake model train")
    directory = circuits / recipe.name
    if not directory.exists():
        return build_circuit(recipe, circuits, srs_cache, progress, ceremony_srs)
    try:
        manifest = read_manifest(directory)
        same_srs = ceremony_srs is None or manifest.srs_hash == read_provenance(ceremony_srs).srs_hash
        if same_srs and manifest.recipe_hash == recipe_hash(recipe):
            return open_circuit(directory, with_proving_key=True)
    except CircuitError as error:
        progress(f"building anew: {error.message}")
    return build_circuit(recipe, circuits, srs_cache, progress, ceremony_srs)


def build_circuit(
    recipe: CircuitRecipe, circuits: Path, srs_cache: Path, progress: Progress, ceremony_srs: Path | None = None
) -> Circuit:
    """Build into a folder beside and move it into place when it is whole.

    Raises:
        CircuitError: EZKL refuses, or the tried proof does not verify.
    """
    try:
        circuits.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CircuitError(
            f"circuits cannot be built in {circuits}: {error.strerror}", remedy="Name a folder that can be written"
        ) from error
    with tempfile.TemporaryDirectory(prefix=f".{recipe.name}-", dir=circuits) as folder:
        paths = CircuitPaths(Path(folder) / recipe.name)
        paths.directory.mkdir()
        progress(f"{'ceremony' if ceremony_srs else 'development'} SRS for k={recipe.logrows}")
        srs = choose_srs(recipe.logrows, srs_cache, ceremony_srs)
        _make_files(recipe, paths, srs, progress)
        manifest = _manifest(recipe, paths, srs)
        progress("proving once")
        manifest = run_isolated(_tried, Circuit(paths, manifest))
        paths.manifest.write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")
        target = circuits / recipe.name
        if target.exists():
            shutil.rmtree(target)
        paths.directory.rename(target)
    return open_circuit(target, with_proving_key=True)


def _make_files(recipe: CircuitRecipe, paths: CircuitPaths, srs: ChosenSrs, progress: Progress) -> None:
    shutil.copyfile(recipe.onnx, paths.onnx)
    progress("settings and compiled circuit")
    run_isolated(ezkl_library.write_settings, paths.onnx, paths.settings, recipe)
    _pin_settings(paths.settings)
    _check_shape(recipe, json.loads(paths.settings.read_text("utf-8")))
    run_isolated(ezkl_library.compile_circuit, paths.onnx, paths.compiled, paths.settings)
    try:
        os.link(srs.path, paths.srs)
    except OSError:
        # the cache may lie on another file system
        shutil.copyfile(srs.path, paths.srs)
    progress("proving and verifying key")
    run_isolated(ezkl_library.setup, paths.compiled, paths.verifying_key, paths.proving_key, paths.srs)
    progress("Solidity verifier")
    write_verifier(paths, recipe.verifier_contract)


def _pin_settings(path: Path) -> None:
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
    expected = [recipe.inputs, recipe.tag_limbs, recipe.outputs]
    if sizes != expected:
        raise CircuitError(
            f"network {recipe.onnx.name} has instances {sizes}, recipe {recipe.name} says {expected}",
            remedy="Mend inputs, tag_limbs or outputs in the recipe, or export the network again",
        )


def _manifest(recipe: CircuitRecipe, paths: CircuitPaths, srs: ChosenSrs) -> CircuitManifest:
    settings = json.loads(paths.settings.read_text("utf-8"))
    verifying_key_hash = sha256_file(paths.verifying_key)
    return CircuitManifest(
        name=recipe.name,
        model_name=recipe.model_name,
        model_id=model_id(recipe.model_name),
        circuit_id=verifying_key_hash,
        layout=InstanceLayout(
            input_count=recipe.inputs,
            tag_limbs=recipe.tag_limbs,
            tag_limb_bits=recipe.tag_limb_bits,
            output_count=recipe.outputs,
            input_scale_bits=settings["model_input_scales"][0],
            output_scale_bits=settings["model_output_scales"][0],
        ),
        maximum_duration=recipe.maximum_duration,
        dev_srs=srs.is_dev,
        srs_source=srs.source,
        logrows=settings["run_args"]["logrows"],
        rows=settings["num_rows"],
        proof_bytes=0,
        verifier_contract=recipe.verifier_contract,
        recipe_hash=recipe_hash(recipe),
        onnx_hash=sha256_file(paths.onnx),
        settings_hash=sha256_file(paths.settings),
        compiled_hash=sha256_file(paths.compiled),
        verifying_key_hash=verifying_key_hash,
        proving_key_hash=sha256_file(paths.proving_key),
        srs_hash=sha256_file(paths.srs),
        verifier_source_hash=sha256_file(paths.verifier_source),
        ezkl_version=EZKL_VERSION,
    )


def _tried(circuit: Circuit) -> CircuitManifest:
    """The manifest with the length of a proof that was made and verified."""
    layout = circuit.manifest.layout
    proof: Proof = prove(circuit, [0] * layout.input_count, (1 << layout.tag_bits) - 1)
    manifest = circuit.manifest.model_copy(update={"proof_bytes": len(proof.proof)})
    if not verify(Circuit(circuit.paths, manifest), proof.instances, proof.proof):
        raise CircuitError("the circuit's own first proof does not verify", remedy="See docs/circuits.md")
    return manifest
