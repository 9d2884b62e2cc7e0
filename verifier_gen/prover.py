"""Prove and verify: integers in, instances and proof bytes out.

Plain blocking functions that call EZKL; `verifier_gen.pool` runs them in spawned processes.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statements.errors import CircuitError
from statements.instances import InstanceLayout, Instances
from statements.quantities import FIELD_MODULUS, to_field
from statements.request_tag import split_tag
from verifier_gen import ezkl_library
from verifier_gen.circuit import Circuit
from verifier_gen.visibility import exposed_layout, parameters_hash, shows


class InputOutOfRangeError(CircuitError):
    """The circuit has no witness for these inputs: a value leaves what its decompositions or tables hold."""


@dataclass(frozen=True)
class Proof:
    """A proof as it came from the prover.

    Attributes:
        instances: public field elements.
        proof: Halo2 proof bytes.
        seconds: wall time of witness and proof.
    """

    instances: Instances
    proof: bytes
    seconds: float


_NO_WITNESS = "generate witness"
"""In EZKL's words when a value is too large to be decomposed; reading a broken file fails in other words."""


def _little_endian(element: int) -> str:
    """A field element as EZKL's JSON has it: 32 bytes, little-endian, hex without 0x."""
    return element.to_bytes(32, "little").hex()


def _from_little_endian(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little")


def input_data(layout: InstanceLayout, inputs: Sequence[int], tag: int) -> dict[str, list[list[str]]]:
    """EZKL's input file: field elements, because floats lose bits and round their own way.

    Raises:
        CircuitError: the number of inputs or the tag does not fit the layout.
    """
    if len(inputs) != layout.input_count:
        raise CircuitError(
            f"{len(inputs)} inputs given, the circuit takes {layout.input_count}",
            remedy="Give the features of one whole window",
        )
    try:
        limbs = split_tag(tag, limbs=layout.tag_limbs, limb_bits=layout.tag_limb_bits)
        groups = [[to_field(x) for x in inputs], *([[to_field(x) for x in limbs]] if limbs else [])]
    except ValueError as error:
        raise CircuitError(str(error), remedy="Compute the tag with statements.request_tag") from error
    return {"input_data": [[_little_endian(x) for x in group] for group in groups]}


def prove(circuit: Circuit, inputs: Sequence[int], tag: int) -> Proof:
    """Prove one run of the circuit.

    Args:
        circuit: opened with its proving key.
        inputs: signed integers at 2^input_scale_bits in circuit order.
        tag: request tag.

    Raises:
        InputOutOfRangeError: the circuit has no witness for these inputs.
        CircuitError: the inputs do not fit the layout, EZKL altered them, or it failed.
    """
    layout, paths = circuit.manifest.layout, circuit.paths
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="veristake-prove-") as folder:
        data, witness, proof = (Path(folder) / name for name in ("input.json", "witness.json", "proof.json"))
        data.write_text(json.dumps(input_data(layout, inputs, tag)), "utf-8")
        try:
            _write_witness(data, paths.compiled, witness)
            content = json.loads(witness.read_text("utf-8"))
            _check_witness(content, layout, inputs, tag)
            _check_lookups(content, json.loads(paths.settings.read_text("utf-8")))
            ezkl_library.prove(witness, paths.compiled, paths.proving_key, proof, paths.srs)
        except RuntimeError as error:
            raise CircuitError(
                f"EZKL cannot prove these inputs: {error}", remedy="Build the circuit again: veristake circuit build"
            ) from error
        document = json.loads(proof.read_text("utf-8"))
    elements = tuple(_from_little_endian(x) for group in document["instances"] for x in group)
    if not shows(circuit.manifest, elements, inputs, tag):
        raise CircuitError(
            "the proof's instances do not show the inputs given", remedy="Use the EZKL version that the lock file pins"
        )
    return Proof(
        instances=Instances(layout=exposed_layout(circuit.manifest), elements=elements),
        proof=bytes.fromhex(document["hex_proof"].removeprefix("0x")),
        seconds=time.monotonic() - started,
    )


def _write_witness(data: Path, compiled: Path, witness: Path) -> None:
    try:
        ezkl_library.write_witness(data, compiled, witness)
    except RuntimeError as error:
        if _NO_WITNESS not in str(error):
            raise
        raise InputOutOfRangeError(
            f"EZKL cannot prove these inputs: {error}",
            remedy="A value left the circuit's ranges: check that features are clipped",
        ) from error


def _check_lookups(witness: dict[str, Any], settings: dict[str, Any]) -> None:
    """Refuse a witness that leaves the lookup tables: EZKL 23 makes it without a word and then hangs in `prove`."""
    lowest, highest = settings["run_args"]["lookup_range"]
    held = (witness["min_lookup_inputs"], witness["max_lookup_inputs"])
    if held[0] < lowest or held[1] > highest:
        raise InputOutOfRangeError(
            f"lookup inputs {held[0]} to {held[1]} leave the circuit's range {lowest} to {highest}",
            remedy="Widen lookup_range in the recipe, or bound the network's arguments",
        )


def _check_witness(witness: dict[str, Any], layout: InstanceLayout, inputs: Sequence[int], tag: int) -> None:
    """The witness must hold exactly the integers that the contract will rebuild."""
    given = [to_field(x) for x in inputs]
    given += split_tag(tag, limbs=layout.tag_limbs, limb_bits=layout.tag_limb_bits)
    held = [_from_little_endian(x) for group in witness["inputs"] for x in group]
    if held != given:
        position = next(i for i, (a, b) in enumerate(zip(held, given, strict=False)) if a != b)
        raise CircuitError(
            f"EZKL altered input {position}: {given[position]} became {held[position]}",
            remedy="Feed integers at the circuit's input scale, never floats",
        )


def proof_document(elements: Sequence[int], proof: bytes) -> dict[str, Any]:
    """A proof in the form of EZKL's proof files.

    Args:
        elements: public field elements, in circuit order.
        proof: Halo2 proof bytes.
    """
    return {
        "protocol": None,
        "instances": [[_little_endian(x) for x in elements]],
        "proof": list(proof),
        "hex_proof": "0x" + proof.hex(),
        "split": None,
        "pretty_public_inputs": None,
        "timestamp": None,
        "version": None,
    }


def verify(circuit: Circuit, instances: Instances, proof: bytes) -> bool:
    """Whether ``proof`` shows ``instances`` under this circuit; False for anything that is not a proof.

    EZKL itself ignores bytes after the proof, which the on-chain verifier refuses: the length is checked here.
    """
    manifest = circuit.manifest
    if len(proof) != manifest.proof_bytes or instances.layout != exposed_layout(manifest):
        return False
    if any(not 0 <= x < FIELD_MODULUS for x in instances.elements):
        return False
    if parameters_hash(manifest, instances.elements) != manifest.parameters_hash:
        # a proof with other weights
        return False
    with tempfile.TemporaryDirectory(prefix="veristake-verify-") as folder:
        path = Path(folder) / "proof.json"
        path.write_text(json.dumps(proof_document(instances.elements, proof)), "utf-8")
        try:
            return ezkl_library.verify(path, circuit.paths.settings, circuit.paths.verifying_key, circuit.paths.srs)
        except BaseException as error:
            # a panic of the library is no Exception, and cannot be sent from a worker to its parent
            if not isinstance(error, RuntimeError) and type(error).__name__ != "PanicException":
                raise
            return False
