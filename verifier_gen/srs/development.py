"""Structured reference strings: a development one is made once and cached.

Whoever made a development SRS could forge any proof (KZG's trapdoor), so its circuits are marked ``dev_srs`` and
deployment to any chain that is not local refuses them.
"""

from __future__ import annotations

import os
from pathlib import Path

from verifier_gen import ezkl_library
from verifier_gen.isolated import run_isolated

G1_BYTES = 64
"""Size of a curve point in the file; it holds 2^k in monomial and 2^k in Lagrange form."""


def dev_srs_path(logrows: int, cache: Path) -> Path:
    """Where the development SRS for ``logrows`` is cached."""
    return cache / f"dev-k{logrows}.srs"


def dev_srs(logrows: int, cache: Path) -> Path:
    """The cached development SRS for ``logrows``, made when missing.

    Args:
        logrows: log2 of rows.
        cache: folder of SRS files.

    Raises:
        CircuitError: it cannot be made.
    """
    path = dev_srs_path(logrows, cache)
    if path.is_file() and path.stat().st_size > 2 * G1_BYTES << logrows:
        return path
    cache.mkdir(parents=True, exist_ok=True)
    # written beside and renamed, so that an interrupted run leaves no half a file under the good name
    partial = path.with_suffix(f".{os.getpid()}.partial")
    run_isolated(ezkl_library.generate_srs, partial, logrows)
    partial.replace(path)
    return path
