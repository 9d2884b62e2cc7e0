"""Why an entry's circuit is not measured."""

from __future__ import annotations

from enum import StrEnum

from statements.errors import VeristakeError


class EntryFault(StrEnum):
    """Why an entry is refused; the ``reason`` of log events and of what is stored."""

    NOT_FETCHED = "not_fetched"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    WRONG_CIRCUIT = "wrong_circuit"
    WRONG_VERSION = "wrong_version"
    WRONG_VISIBILITY = "wrong_visibility"
    WRONG_LAYOUT = "wrong_layout"
    TOO_MANY_ROWS = "too_many_rows"
    NOT_COMPILED = "not_compiled"
    LIMIT_EXCEEDED = "limit_exceeded"
    FOREIGN_KEY = "foreign_key"
    BENT_OUTPUTS = "bent_outputs"
    TOO_SOON = "too_soon"


MEANINGS = {
    EntryFault.NOT_FETCHED: "no source gave all of its files, with the hashes that were promised, in time",
    EntryFault.TOO_LARGE: "its files are larger than `entries.largest_mib`, or its proofs than a MiB",
    EntryFault.MALFORMED: "bundle, manifest or settings have another form than those of a circuit",
    EntryFault.WRONG_CIRCUIT: "the bundle is of another circuit than was entered",
    EntryFault.WRONG_VERSION: "it was built by another release of EZKL",
    EntryFault.WRONG_VISIBILITY: "inputs or outputs are not public, or weights not fixed",
    EntryFault.WRONG_LAYOUT: "inputs, tag or outputs have other sizes or scales than the competition's circuit",
    EntryFault.TOO_MANY_ROWS: "its logrows are more than those of the competition's circuit, whose SRS is used",
    EntryFault.NOT_COMPILED: "EZKL makes no circuit of its network and settings",
    EntryFault.LIMIT_EXCEEDED: "EZKL took more than `entries.check_seconds` or `entries.check_memory_mib` for its key, "
    "or for running it, or died of it",
    EntryFault.FOREIGN_KEY: "its verifying key is not the one that its network gives: nobody knows what it verifies",
    EntryFault.BENT_OUTPUTS: "a valid proof shows other outputs than the circuit gives: its prover chose roundings",
    EntryFault.TOO_SOON: "the miner had another circuit checked less than `entries.change_seconds` ago",
}


class EntryRefusedError(VeristakeError):
    """A miner's entry to a competition is not measured.

    Args:
        fault: why.
        message: what is wrong, naming the value.
    """

    def __init__(self, fault: EntryFault, message: str) -> None:
        super().__init__(message, remedy="The miner has to mend its entry.")
        self.fault = fault
