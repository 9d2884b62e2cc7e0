"""Pulling publications: checked, verified and planned before anything is stored, let alone paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from relayer.acceptance import Acceptor
from relayer.backoff import backoff_seconds
from relayer.settings import SourceSettings, endpoint_label
from statements.errors import ProofRejectedError, VeristakeError
from statements.publication import PublicationPage

log = structlog.get_logger(__name__)

PAGE_LIMIT = 50
PAGES_IN_A_ROW = 20
"""After so many full pages the source waits its turn again: a feed without an end must not take all the time."""
BAD_PUBLICATIONS_SECONDS = 30.0
"""First pause after a page that held something wrong; doubled by each further one."""


class PageClient(Protocol):
    """Asks one validator; :class:`signed_http.client.SignedClient`."""

    async def get_json(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Parsed JSON of a signed answer."""


class SourceReader:
    """Reads the feed of one validator; its troubles are its own.

    Args:
        source: the validator.
        client: asks it.
        acceptor: checks and takes publications.
        poll_seconds: time between two questions.
    """

    def __init__(
        self,
        source: SourceSettings,
        client: PageClient,
        acceptor: Acceptor,
        *,
        poll_seconds: float,
    ) -> None:
        self._source = source
        self._client = client
        self._acceptor = acceptor
        self._store = acceptor.store
        self._poll_seconds = poll_seconds
        self._label = endpoint_label(source.url)
        self.error: str | None = "not asked yet"

    @property
    def name(self) -> str:
        """ss58 hotkey of the validator."""
        return self._source.hotkey

    async def run(self, stop: asyncio.Event) -> None:
        """Pull until ``stop`` is set; slower after each failure, and never giving up."""
        failures, bad_pages, full_pages = 0, 0, 0
        while not stop.is_set():
            wait = self._poll_seconds
            try:
                refused, more = await self.pull(stop)
                failures, self.error = 0, None
                bad_pages = bad_pages + 1 if refused else 0
                if bad_pages:
                    wait = backoff_seconds(bad_pages, first=BAD_PUBLICATIONS_SECONDS, longest=600.0)
                    log.warning("source_slowed", **self._labels, refused=refused, retry_seconds=wait)
                full_pages = full_pages + 1 if more else 0
                if more and not bad_pages and full_pages % PAGES_IN_A_ROW:
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
                    code=type(error).__name__,
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
            ProofRejectedError: the page itself is not what was asked for.
            ValidationError: the answer is not a page.
            CircuitError: verification itself failed; the page is asked for again.
        """
        cursor = self._store.cursor(self._source.hotkey)
        content = await self._client.get_json("/v1/proofs", {"after": cursor, "limit": PAGE_LIMIT})
        page = PublicationPage.model_validate(content)
        if len(page.items) > PAGE_LIMIT:
            raise ProofRejectedError(
                f"source {self._source.hotkey} gives {len(page.items)} publications when asked for {PAGE_LIMIT}",
                remedy="Its operator has to mend the feed",
            )
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
                if publication.validator != self._source.hotkey:
                    raise ProofRejectedError(f"the publication is of {publication.validator}, not of this source")
                await self._acceptor.accept(publication, self._labels)
            except ProofRejectedError as error:
                refused += 1
                log.warning(
                    "publication_refused",
                    **self._labels,
                    cursor=publication.cursor,
                    statement=publication.inference.statement_id,
                    code=type(error).__name__,
                    error=str(error),
                )
                self._store.skip(self._source.hotkey, publication.cursor)
        if page.next_cursor > last:
            self._store.skip(self._source.hotkey, page.next_cursor)
        return refused, len(page.items) == PAGE_LIMIT

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
