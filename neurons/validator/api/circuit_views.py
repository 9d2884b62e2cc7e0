"""What the API tells of circuits, and which of their files anybody may have."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from neurons.validator.api.messages import CircuitView, PublicFile, Shape
from neurons.validator.api.quantise import input_bound
from verifier_gen.choices import Visibility
from verifier_gen.circuit import Circuit
from verifier_gen.manifest import MANIFEST_NAME, sha256_file


def can_be_queried(circuit: Circuit) -> bool:
    """Whether a caller can rebuild all of a proof's instances: inputs are public and weights are in the key."""
    manifest = circuit.manifest
    return manifest.input_visibility is Visibility.PUBLIC and manifest.param_visibility is Visibility.FIXED


def public_files(circuit: Circuit) -> dict[str, Path]:
    """Files that verification needs, by name: neither the network nor the proving key."""
    paths = circuit.paths
    return {
        MANIFEST_NAME: paths.manifest,
        paths.settings.name: paths.settings,
        paths.verifying_key.name: paths.verifying_key,
        paths.srs.name: paths.srs,
    }


def circuit_view(circuit: Circuit, answered_seconds: Sequence[float]) -> CircuitView:
    """What a caller needs to know of a circuit.

    Args:
        circuit: opened, so that its files have been checked.
        answered_seconds: of its latest queries.
    """
    manifest, layout = circuit.manifest, circuit.manifest.layout
    bound = input_bound(layout)
    expected = manifest.prover.wall_seconds if manifest.prover is not None else None
    return CircuitView(
        circuit_id=manifest.circuit_id,
        model_name=manifest.model_name,
        model_id=manifest.model_id,
        inputs=Shape(count=layout.input_count, scale_bits=layout.input_scale_bits, minimum=-bound, maximum=bound),
        outputs=Shape(
            count=layout.output_count,
            scale_bits=layout.output_scale_bits,
            minimum=0,
            maximum=1 << layout.output_scale_bits,
        ),
        tag_bits=layout.tag_bits,
        files=_described(circuit),
        onnx_hash=manifest.onnx_hash,
        compiled_hash=manifest.compiled_hash,
        proof_bytes=manifest.proof_bytes,
        expected_seconds=statistics.median(answered_seconds) if answered_seconds else expected,
        dev_srs=manifest.dev_srs,
    )


def _described(circuit: Circuit) -> tuple[PublicFile, ...]:
    manifest = circuit.manifest
    known = {
        circuit.paths.settings.name: manifest.settings_hash,
        circuit.paths.verifying_key.name: manifest.verifying_key_hash,
        circuit.paths.srs.name: manifest.srs_hash,
    }
    return tuple(
        PublicFile(name=name, sha256=known.get(name) or sha256_file(path), size=path.stat().st_size)
        for name, path in public_files(circuit).items()
    )
