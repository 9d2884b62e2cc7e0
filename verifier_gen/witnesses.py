"""What EZKL's circuit computes, for many inputs in one spawned process: the values that a proof shows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from statements.errors import CircuitError
from statements.quantities import from_field, to_field
from verifier_gen import ezkl_library
from verifier_gen.circuit import CircuitPaths

CircuitInputs: TypeAlias = tuple[tuple[int, ...], ...]
"""Signed integers, one tuple per input of the circuit, each at that input's scale."""


@dataclass(frozen=True)
class Witnessed:
    """What the circuit made of one input.

    Attributes:
        outputs: signed integers of all outputs, flat.
        lookups: smallest and largest lookup argument.
    """

    outputs: tuple[int, ...]
    lookups: tuple[int, int]


def _encoded(inputs: CircuitInputs) -> str:
    groups = [[to_field(x).to_bytes(32, "little").hex() for x in group] for group in inputs]
    return json.dumps({"input_data": groups})


def _signed(text: str) -> int:
    return from_field(int.from_bytes(bytes.fromhex(text), "little"))


def _witnessed(document: dict[str, Any]) -> Witnessed:
    outputs = tuple(_signed(text) for group in document["outputs"] for text in group)
    return Witnessed(outputs, (document["min_lookup_inputs"], document["max_lookup_inputs"]))


def run_witnesses(compiled: Path, samples: Sequence[CircuitInputs]) -> list[Witnessed]:
    """EZKL's outputs for each sample; calls EZKL, so run it isolated.

    Args:
        compiled: EZKL's compiled circuit.
        samples: inputs.
    """
    results = []
    with tempfile.TemporaryDirectory(prefix="veristake-witness-") as folder:
        data, witness = Path(folder) / "input.json", Path(folder) / "witness.json"
        for sample in samples:
            data.write_text(_encoded(sample), "utf-8")
            ezkl_library.write_witness(data, compiled, witness)
            results.append(_witnessed(json.loads(witness.read_text("utf-8"))))
    return results


@dataclass(frozen=True)
class ShownProof:
    """A proof, and what its public instances say.

    Attributes:
        instances: field elements in circuit order.
        proof: bytes.
        outputs: signed integers of all outputs as witnessed.
        verified: whether EZKL's verifier takes it.
    """

    instances: tuple[int, ...]
    proof: bytes
    outputs: tuple[int, ...]
    verified: bool


def prove_sample(paths: CircuitPaths, sample: CircuitInputs) -> ShownProof:
    """Prove one sample whatever the circuit's layout, and verify it; calls EZKL, so run it isolated.

    Raises:
        CircuitError: the proof holds no instances.
    """
    with tempfile.TemporaryDirectory(prefix="veristake-sample-") as folder:
        data, witness, proof = (Path(folder) / name for name in ("input.json", "witness.json", "proof.json"))
        data.write_text(_encoded(sample), "utf-8")
        ezkl_library.write_witness(data, paths.compiled, witness)
        ezkl_library.prove(witness, paths.compiled, paths.proving_key, proof, paths.srs)
        verified = ezkl_library.verify(proof, paths.settings, paths.verifying_key, paths.srs)
        witnessed = _witnessed(json.loads(witness.read_text("utf-8")))
        document = json.loads(proof.read_text("utf-8"))
    instances = tuple(
        int.from_bytes(bytes.fromhex(text), "little") for group in document["instances"] for text in group
    )
    if not instances:
        raise CircuitError("a proof of the circuit shows no instances", remedy="Make inputs or outputs public")
    return ShownProof(
        instances=instances,
        proof=bytes.fromhex(document["hex_proof"].removeprefix("0x")),
        outputs=witnessed.outputs,
        verified=verified,
    )
