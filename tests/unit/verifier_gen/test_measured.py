"""What a proof cost is told of one moment."""

from __future__ import annotations

from typing import Any

import pytest

from verifier_gen import measured, prover


class _GrowingStatus:
    """A process that is larger each time it is looked at, and at its peak each time."""

    def __init__(self) -> None:
        self.kibibytes = 1000

    def read_text(self) -> str:
        self.kibibytes += 4
        return f"Name:\tworker\nVmHWM:\t{self.kibibytes} kB\nVmRSS:\t{self.kibibytes} kB\n"


def test_prove_measured_process_that_grows_never_keeps_more_than_its_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "_STATUS", _GrowingStatus())
    monkeypatch.setattr(measured, "_reset_peak", lambda: None)
    monkeypatch.setattr(prover, "prove", lambda *_: "a proof")
    circuit: Any = None
    told = measured.prove_measured(circuit, [], 1)
    assert told.peak_bytes == told.kept_bytes == 1004 * 1024
