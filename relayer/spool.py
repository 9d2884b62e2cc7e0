"""Publications as files: put one into the spool folder, and it is checked and relayed like a validator's."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from relayer.acceptance import Acceptor
from statements.errors import ProofRejectedError, VeristakeError
from statements.publication import Publication

log = structlog.get_logger(__name__)

SOURCE = "spool"
"""Stands in the place of a validator's hotkey."""
LARGEST_FILE_BYTES = 1024 * 1024
DONE, REFUSED = "done", "refused"
"""Folders to which files go; beside a refused one lies the reason."""


class SpoolReader:
    """Takes ``*.json`` files of one folder in the order of their names.

    Whoever writes a file gives it another ending first and renames it when it is complete.

    Args:
        folder: of the files; made when it does not exist.
        acceptor: checks and takes publications.
        poll_seconds: time between two looks.
    """

    name = SOURCE

    def __init__(self, folder: Path, acceptor: Acceptor, *, poll_seconds: float) -> None:
        self._folder = folder
        self._acceptor = acceptor
        self._poll_seconds = poll_seconds
        self.error: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look until ``stop`` is set; trouble is named and stops nobody else."""
        while not stop.is_set():
            try:
                await self.take_all(stop)
                self.error = None
            except (VeristakeError, SQLAlchemyError, OSError) as error:
                self.error = str(error)
                log.warning(
                    "source_failed", source=SOURCE, url=str(self._folder), code=type(error).__name__, error=self.error
                )
            try:
                await asyncio.wait_for(stop.wait(), self._poll_seconds)
            except TimeoutError:
                continue

    async def take_all(self, stop: asyncio.Event) -> None:
        """Take every file that is there.

        Raises:
            CircuitError: verification itself failed; the file stays.
            OSError: the folder cannot be read or written.
        """
        for folder in (self._folder, self._folder / DONE, self._folder / REFUSED):
            folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(self._folder.glob("*.json")):
            if stop.is_set():
                return
            try:
                publication = _read(file)
                accepted = await self._acceptor.accept(publication, {"source": SOURCE, "url": file.name})
            except ProofRejectedError as error:
                log.warning(
                    "publication_refused", source=SOURCE, url=file.name, code=type(error).__name__, error=str(error)
                )
                (self._folder / REFUSED / f"{file.name}.reason").write_text(f"{error}\n", "utf-8")
                file.replace(self._folder / REFUSED / file.name)
            else:
                log.info("spool_file_done", source=SOURCE, url=file.name, fate=accepted.fate)
                # taken before it is moved: a crash in between gives a duplicate, which is known by then
                file.replace(self._folder / DONE / file.name)


def _read(file: Path) -> Publication:
    """A publication from a file, under the spool's own name.

    Raises:
        ProofRejectedError: not a plain file, too large, or not a publication.
    """
    try:
        # neither a link to another file nor a pipe that never ends
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise ProofRejectedError(f"{file.name} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ProofRejectedError(f"{file.name} is not a plain file")
    with os.fdopen(descriptor, "rb") as stream:
        content = stream.read(LARGEST_FILE_BYTES + 1)
    if len(content) > LARGEST_FILE_BYTES:
        raise ProofRejectedError(f"{file.name} has more than {LARGEST_FILE_BYTES} bytes")
    try:
        publication = Publication.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProofRejectedError(f"{file.name} is not a publication: {where}: {first['msg']}") from error
    return publication.model_copy(update={"validator": SOURCE, "cursor": 1})
