"""One publication, wherever it came from: its form, circuit, instances, attestations and proof are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog

from relayer.outbox.intake_store import IntakeStore
from relayer.planning import ContractAbis, Destination, SignerOf, plan
from statements.errors import ProofRejectedError
from statements.instances import Instances
from statements.publication import Publication
from verifier_gen.circuit import Circuit

log = structlog.get_logger(__name__)


class ProofVerifier(Protocol):
    """Verifies proofs; :class:`verifier_gen.pool.ProverPool`."""

    async def verify(self, directory: Path, instances: Instances, proof: bytes) -> bool:
        """Whether the proof holds."""


@dataclass(frozen=True)
class IntakeRules:
    """What is taken.

    Attributes:
        circuits: known circuits by id.
        model_ids: models to relay.
        destinations: chains to relay to.
        abis: contracts that are called.
        signer_of: recovers the signer of an attestation.
    """

    circuits: Mapping[str, Circuit]
    model_ids: frozenset[str]
    destinations: Sequence[Destination]
    abis: ContractAbis
    signer_of: SignerOf


class Fate(StrEnum):
    """What became of a publication that was not refused."""

    TAKEN = "taken"
    OTHER_MODEL = "other_model"
    """Its model is not relayed here."""
    KNOWN = "known"
    """It gives nothing to do that is not being done."""


@dataclass(frozen=True)
class Acceptance:
    """What became of a publication.

    Attributes:
        fate: in one word.
        jobs: ids of the jobs that are new or tried again.
    """

    fate: Fate
    jobs: tuple[int, ...] = ()


class Acceptor:
    """Checks publications and stores what they give to do.

    Args:
        store: cursors and jobs.
        verifier: verifies proofs.
        rules: what is taken.
        on_jobs: called when there are new jobs.
    """

    def __init__(
        self, store: IntakeStore, verifier: ProofVerifier, rules: IntakeRules, *, on_jobs: Callable[[], None]
    ) -> None:
        self.store = store
        self._verifier = verifier
        self._rules = rules
        self._on_jobs = on_jobs

    async def accept(self, publication: Publication, labels: Mapping[str, str]) -> Acceptance:
        """Take a publication, pass it over, or refuse it; its source's cursor moves in the first two cases.

        Args:
            publication: its ``validator`` names the source.
            labels: of the source, for the log.

        Raises:
            ProofRejectedError: something about it is wrong.
            CircuitError: verification itself failed; nothing is said about the proof.
        """
        inference, source = publication.inference, publication.validator
        circuit = self._circuit_of(publication)
        if circuit is None:
            log.info("publication_skipped", **labels, cursor=publication.cursor, model=inference.subject.model_id)
            self.store.skip(source, publication.cursor)
            return Acceptance(Fate.OTHER_MODEL)
        try:
            planned = plan(
                publication, self._rules.destinations, abis=self._rules.abis, signer_of=self._rules.signer_of
            )
        except ValueError as error:
            raise ProofRejectedError(f"the instances are out of range: {error}") from error
        for chain, reason in planned.omitted.items():
            log.warning("chain_omitted", **labels, statement=inference.statement_id, chain=chain, reason=reason)
        if not self.store.is_news(source, inference.statement_id, planned.jobs):
            self.store.skip(source, publication.cursor)
            return Acceptance(Fate.KNOWN)
        if not await self._verifier.verify(circuit.directory, inference.instances, inference.proof_bytes):
            raise ProofRejectedError(f"the proof of statement {inference.statement_id} does not verify")
        jobs = self.store.take(publication, planned.jobs)
        log.info(
            "publication_taken",
            **labels,
            cursor=publication.cursor,
            statement=inference.statement_id,
            asset=inference.subject.asset,
            epoch=inference.subject.epoch,
            jobs=jobs,
        )
        self._on_jobs()
        return Acceptance(Fate.TAKEN, tuple(jobs))

    def _circuit_of(self, publication: Publication) -> Circuit | None:
        """The circuit of a publication whose form is right; None when its model is not relayed.

        Raises:
            ProofRejectedError: an unknown circuit, or one that does not fit it.
        """
        inference = publication.inference
        if inference.subject.model_id not in self._rules.model_ids:
            return None
        circuit = self._rules.circuits.get(inference.circuit_id)
        if circuit is None:
            raise ProofRejectedError(
                f"circuit {inference.circuit_id} is not known here", remedy="Add its folder to circuits"
            )
        if circuit.manifest.model_id != inference.subject.model_id:
            raise ProofRejectedError(f"circuit {inference.circuit_id} is not of model {inference.subject.model_id}")
        if circuit.manifest.layout != inference.instances.layout:
            raise ProofRejectedError(f"the instances are not laid out as circuit {inference.circuit_id} has them")
        return circuit
