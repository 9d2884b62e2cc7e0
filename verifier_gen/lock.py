"""What a shipped recipe compiles to, committed beside it: a build elsewhere is compared before any key is made.

Keys and Solidity depend on the SRS as well: with one SRS they are the same from build to build.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from pydantic import ValidationError

from statements.errors import CircuitError
from statements.quantities import Hash32
from statements.traveller import Traveller
from verifier_gen import ezkl_library
from verifier_gen.circuit import EZKL_VERSION, CircuitPaths
from verifier_gen.files import pin_settings, place_network
from verifier_gen.isolated import run_isolated
from verifier_gen.manifest import sha256_file
from verifier_gen.recipe import CircuitRecipe


class CircuitLock(Traveller):
    """Digests of a recipe's settings and compiled form.

    Attributes:
        name: of the recipe.
        ezkl_version: that compiled it.
        onnx_hash: sha256 of the network as compiled.
        settings_hash: sha256 of EZKL's settings, pinned.
        compiled_digest: order-free digest of the compiled circuit.
    """

    name: str
    ezkl_version: str
    onnx_hash: Hash32
    settings_hash: Hash32
    compiled_digest: Hash32


def order_free_digest(path: Path) -> str:
    """sha256 over how often each byte value comes in a file, 0x-hex.

    EZKL writes the hash maps of its compiled form in the order of a randomly seeded hash: the bytes are the same from
    build to build, their order is not.
    """
    content = path.read_bytes()
    counts = [content.count(value) for value in range(256)]
    return "0x" + hashlib.sha256(repr(counts).encode()).hexdigest()


def compute_lock(recipe: CircuitRecipe) -> CircuitLock:
    """Compile a recipe's network and take digests; no SRS and no key is needed.

    Raises:
        CircuitError: EZKL refuses the network.
    """
    with tempfile.TemporaryDirectory(prefix="veristake-lock-") as folder:
        paths = CircuitPaths(Path(folder))
        place_network(recipe, paths.onnx)
        run_isolated(ezkl_library.write_settings, paths.onnx, paths.settings, recipe)
        pin_settings(paths.settings)
        run_isolated(ezkl_library.compile_circuit, paths.onnx, paths.compiled, paths.settings)
        return CircuitLock(
            name=recipe.name,
            ezkl_version=EZKL_VERSION,
            onnx_hash=sha256_file(paths.onnx),
            settings_hash=sha256_file(paths.settings),
            compiled_digest=order_free_digest(paths.compiled),
        )


def lock_path(recipe_path: Path) -> Path:
    """Where the lock of a recipe file stands."""
    return recipe_path.with_suffix(".lock.json")


def read_lock(recipe_path: Path) -> CircuitLock:
    """The lock beside a recipe file.

    Raises:
        CircuitError: there is none, or it is malformed.
    """
    path = lock_path(recipe_path)
    try:
        return CircuitLock.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise CircuitError(
            f"{path.name} is missing or malformed", remedy=f"Write it: veristake circuit lock {recipe_path.stem}"
        ) from error


def differences(expected: CircuitLock, found: CircuitLock) -> list[str]:
    """Fields that differ, each with both values."""
    first, second = expected.model_dump(), found.model_dump()
    return [f"{field}: locked {first[field]}, now {second[field]}" for field in first if first[field] != second[field]]
