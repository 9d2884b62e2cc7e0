"""A proof with the memory that it took, measured in the process that made it."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verifier_gen import prover
from verifier_gen.circuit import Circuit
from verifier_gen.prover import Proof

_STATUS, _CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
"""Written to clear_refs it sets the peak of resident memory back to what is resident now (proc(5))."""


@dataclass(frozen=True)
class MeasuredProof:
    """A proof and its cost.

    Attributes:
        proof: as it came from the prover.
        peak_bytes: largest resident memory of the worker while it proved.
        kept_bytes: resident memory of the worker afterwards.
    """

    proof: Proof
    peak_bytes: int
    kept_bytes: int


def prove_measured(circuit: Circuit, inputs: Sequence[int], tag: int) -> MeasuredProof:
    """Prove as :func:`verifier_gen.prover.prove` does, and measure."""
    _reset_peak()
    proof = prover.prove(circuit, inputs, tag)
    peak, kept = _resident()
    return MeasuredProof(proof=proof, peak_bytes=peak, kept_bytes=kept)


def _reset_peak() -> None:
    try:
        _CLEAR_REFS.write_text(_RESET_PEAK)
    except OSError:
        # not everywhere; then the peak is that of the worker's whole life
        return


def _resident() -> tuple[int, int]:
    """Peak and present resident memory, bytes, of one reading: between two, what is resident may outgrow the peak."""
    try:
        fields = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        peak, kept = (int(fields[name].split()[0]) for name in ("VmHWM", "VmRSS"))
    except (OSError, KeyError):
        # Linux counts in KiB here
        peak = kept = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * 1024, kept * 1024
