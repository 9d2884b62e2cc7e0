"""What a fetched entry says of itself, read as text alone: nothing here runs or compiles anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from neurons.artefacts.bundle import Bundle, BundleFile, FileName
from neurons.validator.entries.faults import EntryFault, EntryRefusedError
from statements.instances import InstanceLayout
from verifier_gen.choices import Visibility
from verifier_gen.circuit import EZKL_VERSION, Circuit, CircuitPaths
from verifier_gen.manifest import CircuitManifest
from verifier_gen.recipe import CircuitRecipe

M = TypeVar("M", bound=BaseModel)

NEEDED = (FileName.MANIFEST, FileName.ONNX, FileName.SETTINGS)
"""All that is taken from a miner. Keys, compiled circuit and SRS are the validator's own."""
LARGEST_TEXT_BYTES = 1024 * 1024
"""Of manifest and settings, which take a few KB."""
LARGEST_PROOF_BYTES = 1024 * 1024
"""More than any circuit's that has been measured (docs/circuits.md), and less than an answer may have."""


class _RunArguments(BaseModel):
    """The arguments in EZKL's settings that a recipe has too; others are this release's own, whatever is claimed."""

    model_config = ConfigDict(frozen=True)

    input_scale: int
    param_scale: int
    scale_rebase_multiplier: int
    logrows: int
    num_inner_cols: int
    decomp_base: int
    decomp_legs: int
    lookup_range: tuple[int, int]
    rebase_frac_zero_constants: bool
    disable_freivalds: bool


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    run_args: _RunArguments


@dataclass(frozen=True)
class EntryClaims:
    """What an entry claims to be, as far as that is possible.

    Attributes:
        recipe: with which EZKL shall give its verifying key.
        layout: that its instances shall have.
        proof_bytes: exact length of its proofs.
    """

    recipe: CircuitRecipe
    layout: InstanceLayout
    proof_bytes: int


def files_to_fetch(bundle: Bundle, circuit_id: str, largest_bytes: int) -> tuple[BundleFile, ...]:
    """The files of an entry that are fetched.

    Args:
        bundle: whose hash has been checked.
        circuit_id: that the miner has entered.
        largest_bytes: that they may have together.

    Raises:
        EntryRefusedError: it is of another circuit, lacks a file, or is too large.
    """
    if bundle.circuit_id != circuit_id:
        raise EntryRefusedError(EntryFault.WRONG_CIRCUIT, f"the bundle is of circuit {bundle.circuit_id}")
    files = tuple(file for file in bundle.files if file.name in NEEDED)
    if len(files) < len(NEEDED):
        raise EntryRefusedError(EntryFault.MALFORMED, f"the bundle lacks one of {', '.join(NEEDED)}")
    texts = [file for file in files if file.name is not FileName.ONNX]
    if sum(file.size for file in files) > largest_bytes or any(file.size > LARGEST_TEXT_BYTES for file in texts):
        sizes = ", ".join(f"{file.name} {file.size}" for file in files)
        raise EntryRefusedError(EntryFault.TOO_LARGE, f"{sizes} bytes; allowed are {largest_bytes}")
    return files


def read_claims(directory: Path, model: Circuit) -> EntryClaims:
    """Read the fetched files of an entry.

    Args:
        directory: with manifest and settings.
        model: the competition's own circuit, which says how an entry has to be laid out.

    Raises:
        EntryRefusedError: they are malformed, or no entry to this competition.
    """
    paths = CircuitPaths(directory)
    manifest = _read(paths.manifest, CircuitManifest)
    arguments = _read(paths.settings, _Settings).run_args
    asked = model.manifest
    if manifest.ezkl_version != EZKL_VERSION:
        raise EntryRefusedError(EntryFault.WRONG_VERSION, f"built by another EZKL than {EZKL_VERSION}")
    visible = (manifest.input_visibility, manifest.output_visibility, manifest.param_visibility)
    if visible != (Visibility.PUBLIC, Visibility.PUBLIC, Visibility.FIXED):
        raise EntryRefusedError(EntryFault.WRONG_VISIBILITY, f"inputs, outputs and weights are {', '.join(visible)}")
    if manifest.layout != asked.layout:
        raise EntryRefusedError(EntryFault.WRONG_LAYOUT, f"instances are {manifest.layout.model_dump_json()}")
    if arguments.logrows > asked.logrows:
        raise EntryRefusedError(EntryFault.TOO_MANY_ROWS, f"logrows {arguments.logrows}, allowed are {asked.logrows}")
    if not 0 < manifest.proof_bytes <= LARGEST_PROOF_BYTES:
        raise EntryRefusedError(EntryFault.TOO_LARGE, f"proofs of {manifest.proof_bytes} bytes")
    return EntryClaims(_recipe(arguments, asked.layout), asked.layout, manifest.proof_bytes)


def _recipe(arguments: _RunArguments, layout: InstanceLayout) -> CircuitRecipe:
    fields = arguments.model_dump() | {
        "name": "entry",
        "model_name": "entry",
        "onnx": FileName.ONNX,
        "verifier_contract": "Entry",
        "inputs": layout.input_count,
        "outputs": layout.output_count,
        "tag_limbs": layout.tag_limbs,
        "tag_limb_bits": layout.tag_limb_bits,
    }
    try:
        return CircuitRecipe.model_validate(fields)
    except ValidationError as error:
        raise _malformed(FileName.SETTINGS, error) from error


def _read(path: Path, form: type[M]) -> M:
    try:
        return form.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise _malformed(path.name, error) from error


def _malformed(name: str, error: ValidationError) -> EntryRefusedError:
    return EntryRefusedError(EntryFault.MALFORMED, f"{name}: {error.errors()[0]['msg']}")
