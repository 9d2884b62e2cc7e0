"""What is known of a candidate, and the file that keeps it through a crash."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from statements.errors import ConfigurationError
from verifier_gen.search.candidate import Candidate


class Counted(BaseModel):
    """A candidate by rows and witnesses, before any key is made.

    Attributes:
        rows: used, of 2^logrows.
        logrows: log2 of rows available.
        tables: lookup tables and range checks; each has an argument in the proof.
        instances: public field elements.
        lookup_range: of the lookup tables.
        max_error: largest error against float over the test inputs.
        mismatches: test inputs whose outputs are not the integer reference's; None where it has no such operator.
    """

    model_config = ConfigDict(frozen=True)

    rows: int
    logrows: int
    tables: int
    instances: int
    lookup_range: tuple[int, int]
    max_error: float
    mismatches: int | None


class Cost(BaseModel):
    """What a circuit costs, predicted or measured.

    Attributes:
        cpu_s: processor seconds of a proof.
        memory_mb: peak resident memory of proving.
        gas: of a direct verification transaction.
        proof_bytes: length of a proof.
    """

    model_config = ConfigDict(frozen=True)

    cpu_s: float
    memory_mb: float
    gas: float
    proof_bytes: float


class Proven(BaseModel):
    """A candidate that was set up, proven and verified.

    Attributes:
        cost: measured.
        gas_measured: whether the gas is a receipt's; else predicted.
        wall_s: of a proof.
        setup_s: wall seconds of the key generation.
        verifier_bytes: runtime code of the Solidity verifier; None when it was not compiled.
        error: of the proven output against float.
    """

    model_config = ConfigDict(frozen=True)

    cost: Cost
    gas_measured: bool
    wall_s: float
    setup_s: float
    verifier_bytes: int | None
    error: float


class Result(BaseModel):
    """A line of the results file.

    Attributes:
        key: content hash, see :func:`verifier_gen.search.candidate.result_key`.
        candidate: what was tried.
        counted: None when EZKL refused it.
        proven: None when it was not proven.
        fault: why it was refused, or failed to prove.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    candidate: Candidate
    counted: Counted | None = None
    proven: Proven | None = None
    fault: str = ""


class ResultsFile:
    """JSON lines, appended and synced one by one, so that a killed search goes on where it stopped.

    Args:
        path: the file; made when missing. The last line of a key counts; half a line at the end is cut off.

    Raises:
        ConfigurationError: a line is not a result.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: dict[str, Result] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            path.write_bytes(whole)
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                result = Result.model_validate(json.loads(line))
            except (ValueError, ValidationError) as error:
                raise ConfigurationError(
                    f"{path}, line {number}: not a result of a search", remedy="Remove the file to search anew"
                ) from error
            self._held[result.key] = result

    def get(self, key: str) -> Result | None:
        """The result under a key."""
        return self._held.get(key)

    def put(self, result: Result) -> None:
        """Keep a result; it is on disk when this returns."""
        with self._path.open("ab") as stream:
            stream.write(result.model_dump_json().encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._held[result.key] = result
