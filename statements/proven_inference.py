"""What travels from miner to chain: a proof, what it is about, and who made it."""

from __future__ import annotations

from statements.proven_run import ProvenRun
from statements.subject import Subject


class ProvenInference(ProvenRun):
    """A proof that a circuit gave these outputs for the inputs of a subject.

    Attributes:
        subject: what the inputs were taken from.
    """

    subject: Subject

    @property
    def statement_id(self) -> str:
        """Id of the subject, by which all of the stack dedupes."""
        return self.subject.statement_id
