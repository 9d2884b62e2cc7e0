"""Structured reference strings: development ones made here, ceremonies' imported and checked."""

from verifier_gen.srs.development import dev_srs

__all__ = ["dev_srs"]
