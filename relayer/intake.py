"""Pulling publications: checked, verified and planned before anything is stored, let alone paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from relayer.backoff import backoff_seconds
from relayer.outbox.intake_store import IntakeStore
from relayer.planning import ContractAbis, Destination, SignerOf, plan
from relayer.settings import SourceSettings, endpoint_label
from statements.errors import ProofRejectedError, VeristakeError
from statements.instances import Instances
from statements.publication import Publication, PublicationPage
from verifier_gen.circuit import Circuit

log = structlog.get_logger(__name__)

PAGE_LIMIT = 50
BAD_PUBLICATIONS_SECONDS = 30.0
"""First pause after a page that held something wrong; doubled by each further one."""


class PageClient(Protocol):
    """Asks one validator; :class:`signed_http.client.SignedClient`."""

    async def get_json(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Parsed JSON of a signed answer."""


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


class SourceReader:
    """Reads the feed of one validator; its troubles are its own.

    Args:
        source: the validator.
        client: asks it.
        store: cursors and jobs.
        verifier: verifies proofs.
        rules: what is taken.
        on_jobs: called when there are new jobs.
        poll_seconds: time between two questions.
    """

    def __init__(
        self,
        source: SourceSettings,
        client: PageClient,
        store: IntakeStore,
        verifier: ProofVerifier,
        rules: IntakeRules,
        *,
        on_jobs: Callable[[], None],
        poll_seconds: float,
    ) -> None:
        self._source = source
        self._client = client
        self._store = store
        self._verifier = verifier
        self._rules = rules
        self._on_jobs = on_jobs
        self._poll_seconds = poll_seconds
        self._label = endpoint_label(source.url)
        self.error: str | None = "not asked yet"

    @property
    def name(self) -> str:
        """ss58 hotkey of the validator."""
        return self._source.hotkey

    async def run(self, stop: asyncio.Event) -> None:
        """Pull until ``stop`` is set; slower after each failure, and never giving up."""
        failures, bad_pages = 0, 0
        while not stop.is_set():
            wait = self._poll_seconds
            try:
                refused, more = await self.pull(stop)
                failures, self.error = 0, None
                bad_pages = bad_pages + 1 if refused else 0
                if bad_pages:
                    wait = backoff_seconds(bad_pages, first=BAD_PUBLICATIONS_SECONDS, longest=600.0)
                    log.warning("source_slowed", **self._labels, refused=refused, retry_seconds=wait)
                elif more:
                    continue
            except Exception as error:
                # a source's content is a stranger's: whatever it provokes must not stop the others
                failures += 1
                wait = backoff_seconds(failures, first=self._poll_seconds)
                self.error = _one_line(error)
                expected = isinstance(error, VeristakeError | SQLAlchemyError | ValidationError)
                log.warning(
                    "source_failed",
                    **self._labels,
                    error=self.error,
                    retry_seconds=wait,
                    exc_info=None if expected else error,
                )
            await _pause(wait, stop)

    async def pull(self, stop: asyncio.Event) -> tuple[int, bool]:
        """Ask for one page and take what is good in it.

        Returns:
            How many publications were refused, and whether there may be more to read.

        Raises:
            PeerError: the validator did not give a usable answer.
            ValidationError: the answer is not a page.
            CircuitError: verification itself failed; the page is asked for again.
        """
        cursor = self._store.cursor(self._source.hotkey)
        content = await self._client.get_json("/v1/proofs", {"after": cursor, "limit": PAGE_LIMIT})
        page = PublicationPage.model_validate(content)
        refused, last = 0, cursor
        for publication in page.items:
            if stop.is_set():
                return refused, False
            if publication.cursor <= last:
                raise ProofRejectedError(
                    f"source {self._source.hotkey} publishes cursor {publication.cursor} after {last}",
                    remedy="Its operator has to mend the feed",
                )
            last = publication.cursor
            try:
                await self._consider(publication)
            except ProofRejectedError as error:
                refused += 1
                log.warning(
                    "publication_refused",
                    **self._labels,
                    cursor=publication.cursor,
                    statement=publication.inference.statement_id,
                    error=str(error),
                )
                self._store.skip(self._source.hotkey, publication.cursor)
        if page.next_cursor > last:
            self._store.skip(self._source.hotkey, page.next_cursor)
        return refused, len(page.items) == PAGE_LIMIT

    async def _consider(self, publication: Publication) -> None:
        """Take a publication, or refuse it.

        Raises:
            ProofRejectedError: something about it is wrong.
        """
        inference = publication.inference
        circuit = self._check(publication)
        if circuit is None:
            log.info("publication_skipped", **self._labels, cursor=publication.cursor, model=inference.subject.model_id)
            self._store.skip(self._source.hotkey, publication.cursor)
            return
        try:
            planned = plan(
                publication, self._rules.destinations, abis=self._rules.abis, signer_of=self._rules.signer_of
            )
        except ValueError as error:
            raise ProofRejectedError(f"the instances are out of range: {error}") from error
        for chain, reason in planned.omitted.items():
            log.warning("chain_omitted", **self._labels, statement=inference.statement_id, chain=chain, reason=reason)
        if not self._store.is_news(self._source.hotkey, inference.statement_id, planned.jobs):
            self._store.skip(self._source.hotkey, publication.cursor)
            return
        if not await self._verifier.verify(circuit.directory, inference.instances, inference.proof_bytes):
            raise ProofRejectedError(f"the proof of statement {inference.statement_id} does not verify")
        jobs = self._store.take(publication, planned.jobs)
        log.info(
            "publication_taken",
            **self._labels,
            cursor=publication.cursor,
            statement=inference.statement_id,
            asset=inference.subject.asset,
            epoch=inference.subject.epoch,
            jobs=jobs,
        )
        self._on_jobs()

    def _check(self, publication: Publication) -> Circuit | None:
        """The circuit of a publication whose form is right; None when its model is not relayed.

        Raises:
            ProofRejectedError: another validator's publication, an unknown circuit, or one that does not fit it.
        """
        inference = publication.inference
        if publication.validator != self._source.hotkey:
            raise ProofRejectedError(f"the publication is of {publication.validator}, not of this source")
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

    @property
    def _labels(self) -> dict[str, str]:
        return {"source": self._source.hotkey, "url": self._label}


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"not a page of publications: {'.'.join(str(p) for p in first['loc'])}: {first['msg']}"
    return str(error)
