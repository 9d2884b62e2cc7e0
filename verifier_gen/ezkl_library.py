"""The one module that imports EZKL; everything else calls these.

EZKL may crash at exit after a failed call and hangs in forked children, so callers run these in a *spawned*
process (`verifier_gen.pool`, `verifier_gen.isolated`).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import ezkl as _untyped_ezkl

from verifier_gen.recipe import CircuitRecipe

# its type stubs call optional arguments required
ezkl: Any = _untyped_ezkl


def _run_arguments(recipe: CircuitRecipe) -> Any:
    arguments = ezkl.PyRunArgs()
    for field in ("input_visibility", "output_visibility", "param_visibility"):
        setattr(arguments, field, str(getattr(recipe, field)))
    for field in (
        "input_scale",
        "param_scale",
        "scale_rebase_multiplier",
        "logrows",
        "num_inner_cols",
        "decomp_base",
        "decomp_legs",
        "lookup_range",
        "rebase_frac_zero_constants",
        "disable_freivalds",
    ):
        setattr(arguments, field, getattr(recipe, field))
    return arguments


def write_settings(onnx: Path, settings: Path, recipe: CircuitRecipe) -> None:
    """Write EZKL's settings for a network."""
    if not ezkl.gen_settings(str(onnx), str(settings), _run_arguments(recipe)):
        raise RuntimeError("gen_settings answered false")


def compile_circuit(onnx: Path, compiled: Path, settings: Path) -> None:
    """Compile a network to a circuit."""
    if not ezkl.compile_circuit(str(onnx), str(compiled), str(settings)):
        raise RuntimeError("compile_circuit answered false")


def generate_srs(path: Path, logrows: int) -> None:
    """Make an SRS whose trapdoor this process has known: for development only."""
    ezkl.gen_srs(str(path), logrows)


def setup(compiled: Path, verifying_key: Path, proving_key: Path, srs: Path) -> None:
    """Make proving and verifying key."""
    if not ezkl.setup(str(compiled), str(verifying_key), str(proving_key), str(srs)):
        raise RuntimeError("setup answered false")


def write_witness(data: Path, compiled: Path, witness: Path) -> None:
    """Run the circuit on field elements."""
    ezkl.gen_witness(str(data), str(compiled), str(witness))


def prove(witness: Path, compiled: Path, proving_key: Path, proof: Path, srs: Path) -> None:
    """Prove a witness."""
    ezkl.prove(str(witness), str(compiled), str(proving_key), str(proof), str(srs))


def verify(proof: Path, settings: Path, verifying_key: Path, srs: Path) -> bool:
    """Verify a proof; EZKL raises RuntimeError on most bad ones."""
    return bool(ezkl.verify(str(proof), str(settings), str(verifying_key), str(srs)))


def write_solidity(verifying_key: Path, settings: Path, source: Path, srs: Path, reusable: bool = False) -> None:
    """Write the Solidity verifier.

    EZKL writes the file and then wants to download a compiler for the ABI, which we make ourselves: the download is
    sent nowhere, and its failure is expected.
    """
    os.environ.update(HTTPS_PROXY="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="")
    abi = source.with_suffix(".unused.abi")

    async def generate() -> None:
        await ezkl.create_evm_verifier(str(verifying_key), str(settings), str(source), str(abi), str(srs), reusable)

    try:
        asyncio.run(generate())
    except RuntimeError:
        if not source.is_file() or source.stat().st_size == 0:
            raise
    abi.unlink(missing_ok=True)


def write_vka(verifying_key: Path, settings: Path, vka: Path, srs: Path) -> None:
    """Write the verifying key artefact that a reusable verifier takes."""

    async def generate() -> None:
        await ezkl.create_evm_vka(str(verifying_key), str(settings), str(vka), str(srs))

    asyncio.run(generate())
