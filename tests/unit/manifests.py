"""A circuit's manifest for tests that read only some of its fields."""

from typing import Any

from statements.instances import InstanceLayout
from verifier_gen.manifest import CircuitManifest

HASH = "0x" + "00" * 32


def tiny_manifest(layout: InstanceLayout, **changes: Any) -> CircuitManifest:
    """Hashes of zeros, and what else the manifest has to hold, but for ``changes``."""
    hashes = {
        name: HASH
        for name in CircuitManifest.model_fields
        if name.endswith("_hash") or name in ("model_id", "circuit_id")
    }
    known = {
        "name": "tiny", "model_name": "veristake/tiny/1", "layout": layout, "maximum_duration": 1, "dev_srs": True,
        "logrows": 11, "rows": 1, "proof_bytes": 1, "verifier_contract": "TinyVerifier", "ezkl_version": "23.0.5",
    }  # fmt: skip
    return CircuitManifest(**{**hashes, **known, **changes})
