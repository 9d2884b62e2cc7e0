"""Makes of a fetched entry a circuit of the validator's own: same network, own settings, own SRS, key derived anew."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from neurons.validator.entries.claims import EntryClaims
from neurons.validator.entries.faults import EntryFault, EntryRefusedError
from verifier_gen.circuit import Circuit, CircuitPaths
from verifier_gen.derivation import OtherInstancesError, derive_key
from verifier_gen.files import place_srs
from verifier_gen.limited import SCRATCH, LimitedProcess, ProcessEndedError
from verifier_gen.manifest import CircuitManifest, sha256_file


async def derive_entry(
    folder: Path, claims: EntryClaims, circuit_id: str, model: Circuit, process: LimitedProcess
) -> None:
    """Replace an entry's manifest and settings by the validator's own, and put key, compiled circuit and SRS beside.

    Args:
        folder: with the entry's network, on the disk of its parent folder.
        claims: read from it.
        circuit_id: sha256 of the verifying key that was entered.
        model: the competition's own circuit, whose SRS is used.
        process: runs EZKL, which may hang or die of a hostile network.

    Raises:
        EntryRefusedError: no key can be derived, or another one.
        OSError: the folder cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder.parent) as name:
        made, entry = CircuitPaths(Path(name)), CircuitPaths(folder)
        await asyncio.to_thread(shutil.copyfile, entry.onnx, made.onnx)
        await _derive(made, claims, model, process)
        manifest = await asyncio.to_thread(_own_manifest, made, claims, model.manifest)
        if manifest.circuit_id != circuit_id:
            raise EntryRefusedError(
                EntryFault.FOREIGN_KEY, f"entered is circuit {circuit_id}, its network gives {manifest.circuit_id}"
            )
        for path in (made.settings, made.compiled, made.verifying_key):
            path.replace(folder / path.name)
        entry.srs.unlink(missing_ok=True)
        await asyncio.to_thread(place_srs, model.paths.srs, entry.srs)
        entry.manifest.write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")


async def _derive(made: CircuitPaths, claims: EntryClaims, model: Circuit, process: LimitedProcess) -> None:
    srs = model.paths.srs.resolve()
    try:
        await process.run(derive_key, made.directory, claims.recipe, claims.layout, srs)
    except OtherInstancesError as error:
        raise EntryRefusedError(EntryFault.WRONG_LAYOUT, error.message) from error
    except ProcessEndedError as error:
        raise EntryRefusedError(EntryFault.LIMIT_EXCEEDED, error.message) from error
    except Exception as error:
        # whatever a hostile network sets off in EZKL is the entry's own
        raise EntryRefusedError(EntryFault.NOT_COMPILED, f"{type(error).__name__}: {error}"[:500]) from error


def _own_manifest(made: CircuitPaths, claims: EntryClaims, asked: CircuitManifest) -> CircuitManifest:
    """The competition's own manifest with what is the entry's: nothing that a miner wrote but the proofs' length."""
    key = sha256_file(made.verifying_key)
    fields: dict[str, Any] = {
        "name": f"entry-{key[2:14]}",
        "circuit_id": key,
        "verifying_key_hash": key,
        "logrows": claims.recipe.logrows,
        "proof_bytes": claims.proof_bytes,
        "onnx_hash": sha256_file(made.onnx),
        "settings_hash": sha256_file(made.settings),
        "compiled_hash": sha256_file(made.compiled),
        "param_scale_bits": claims.recipe.param_scale,
        "given_onnx_hash": None,
        "prover": None,
        "chain": None,
        "correctness": None,
    }
    return asked.model_copy(update=fields)
