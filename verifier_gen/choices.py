"""Closed choices that recipes make and manifests record."""

from __future__ import annotations

from enum import StrEnum


class Visibility(StrEnum):
    """Who learns a group of values; docs/privacy.md says what each costs and proves."""

    PUBLIC = "public"
    """Each value is an instance."""
    HASHED = "hashed"
    """Their Poseidon hash is an instance."""
    PRIVATE = "private"
    """Nothing about them is an instance."""
    FIXED = "fixed"
    """They lie in the verifying key; for parameters only."""


class ChainLayout(StrEnum):
    """Where a chain has the bn254 precompiles that a verifier calls."""

    ETHEREUM = "ethereum"
    """Addition at 0x06 (EIP-196)."""
    SUBTENSOR = "subtensor"
    """Addition at 0x09."""


class VerifierKind(StrEnum):
    """Shapes of EZKL's Solidity verifier."""

    MONOLITHIC = "monolithic"
    """One contract holds verifying key and code."""
    REUSABLE = "reusable"
    """One contract for all circuits; the verifying key artefact (VKA) is registered with it and passed to it."""
