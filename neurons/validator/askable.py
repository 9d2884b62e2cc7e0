"""Which circuits a validator may ask for at all."""

from __future__ import annotations

from statements.errors import ConfigurationError
from verifier_gen.choices import Visibility
from verifier_gen.circuit import Circuit

LEAST_TAG_BITS = 64
"""A shorter tag could be met by trying, and so would bind a proof to nothing."""


def require_askable(circuit: Circuit) -> Circuit:
    """A circuit whose proofs the validator can believe: bound to the request, over what it sent, by known weights.

    Raises:
        ConfigurationError: any copied or replayed proof would pass, or honest answers would not.
    """
    manifest = circuit.manifest
    bits = manifest.layout.tag_bits
    if bits < LEAST_TAG_BITS:
        raise ConfigurationError(
            f"circuit {circuit.directory}: its request tag has {bits} bits, at least {LEAST_TAG_BITS} bind a proof",
            remedy="Build it with more tag limbs.",
        )
    visible = (manifest.input_visibility, manifest.output_visibility, manifest.param_visibility)
    if visible != (Visibility.PUBLIC, Visibility.PUBLIC, Visibility.FIXED):
        raise ConfigurationError(
            f"circuit {circuit.directory}: inputs, outputs and weights are {', '.join(visible)}",
            remedy="Use one with public inputs, public outputs and fixed weights.",
        )
    return circuit
