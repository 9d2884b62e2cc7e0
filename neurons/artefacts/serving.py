"""Serves files by their sha256 to anybody: who fetches checks the hash, so nothing is signed and no name is taken."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi import Path as PathParameter
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from neurons.artefacts.bundle import Bundle, FileName, bundle_of
from neurons.connections import network_of
from neurons.messages import RefusalCode
from neurons.refusing import RefusedError
from verifier_gen.circuit import Circuit

ARTEFACTS_PATH = "/v1/artefacts/"
_CHUNK_SECONDS = 30.0
"""A reader that takes no 64 KiB in so long is let go."""
SLOWEST_BYTES_PER_SECOND = 32 * 1024
"""A reader, or a source, that is slower over a whole file is let go; fetching goes on where it stopped."""
SPARE_SECONDS = 30.0
MEBIBYTE = 1024 * 1024


class Shelf:
    """Files that may be fetched, by sha256.

    Args:
        downloads: files sent at the same time; more are told to come again.
        per_address: of those, to one IPv4 address or IPv6 /64.
        bytes_per_second: sent to all readers together.
        proving_keys: whether they are among the files; who verifies needs none, and they are most of the bytes.
    """

    def __init__(
        self,
        downloads: int = 8,
        *,
        per_address: int = 2,
        bytes_per_second: float = 16 * MEBIBYTE,
        proving_keys: bool = False,
    ) -> None:
        self.downloads, self.per_address, self.bytes_per_second = downloads, per_address, bytes_per_second
        self.readers: Counter[str] = Counter()
        self.proving_keys = proving_keys
        self._free_at = 0.0
        self.under_way = 0
        self.sent_bytes = 0
        self._files: dict[str, Path] = {}
        self._bundles: dict[str, Bundle] = {}

    def offer(self, circuit: Circuit) -> str:
        """Serve the files of an opened circuit, its proving key where those are served.

        Returns:
            The hash of its bundle.
        """
        bundle = bundle_of(circuit)
        self._bundles[bundle.bundle_hash] = bundle
        served = [file for file in bundle.files if self.proving_keys or file.name is not FileName.PROVING_KEY]
        self._files |= {file.sha256: circuit.directory / file.name for file in served}
        return bundle.bundle_hash

    async def wait_to_send(self, size: int) -> None:
        """Wait until the rate allows for so many bytes more."""
        now = time.monotonic()
        begin = max(self._free_at, now)
        self._free_at = begin + size / self.bytes_per_second
        await asyncio.sleep(begin - now)

    @property
    def bundles(self) -> dict[str, Bundle]:
        """Bundles offered, by hash."""
        return dict(self._bundles)

    def find(self, sha256: str) -> Path | bytes | None:
        """What has this hash: a file, the bytes of a bundle, or nothing."""
        bundle = self._bundles.get(sha256)
        return bundle.content() if bundle is not None else self._files.get(sha256)


def serve_artefacts(app: FastAPI, shelf: Shelf) -> None:
    """Add ``GET /v1/artefacts/{sha256}``, with ranges, to an application that leaves this path open.

    Args:
        app: of either neuron; its wrapper must have ``ARTEFACTS_PATH`` among its open prefixes.
        shelf: what is served.
    """
    router = APIRouter()

    @router.get(ARTEFACTS_PATH + "{sha256}")
    async def artefact(sha256: Annotated[str, PathParameter(pattern="^0x[0-9a-f]{64}$")], request: Request) -> Response:
        found = shelf.find(sha256)
        if isinstance(found, bytes):
            return Response(found, media_type="application/json")
        if found is None or not found.is_file():
            raise HTTPException(404, "no artefact has this hash here")
        if shelf.under_way >= shelf.downloads:
            message = f"{shelf.under_way} files are being sent, the limit is {shelf.downloads}"
            raise RefusedError(RefusalCode.QUEUE_FULL, message, retry_after=1.0)
        reader = network_of(request.scope.get("client"))
        if shelf.readers[reader] >= shelf.per_address:
            message = f"{shelf.readers[reader]} files are being sent to {reader}, the limit is {shelf.per_address}"
            raise RefusedError(RefusalCode.QUEUE_FULL, message, retry_after=1.0)
        return _CountedFile(shelf, found, reader)

    app.include_router(router)


class _CountedFile(FileResponse):
    """A file under way, which counts against the limit until its reader has it or is let go."""

    def __init__(self, shelf: Shelf, path: Path, reader: str) -> None:
        super().__init__(path, media_type="application/octet-stream")
        self._shelf, self._reader = shelf, reader
        self._seconds = SPARE_SECONDS + path.stat().st_size / SLOWEST_BYTES_PER_SECOND

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            size = len(message.get("body", b""))
            await self._shelf.wait_to_send(size)
            async with asyncio.timeout(_CHUNK_SECONDS):
                await send(message)
            self._shelf.sent_bytes += size

        self._shelf.under_way += 1
        self._shelf.readers[self._reader] += 1
        try:
            async with asyncio.timeout(self._seconds):
                await super().__call__(scope, receive, send_in_time)
        except TimeoutError:
            # the answer stays incomplete, so the server closes the connection
            return
        finally:
            self._shelf.under_way -= 1
            self._shelf.readers[self._reader] -= 1
            if not self._shelf.readers[self._reader]:
                del self._shelf.readers[self._reader]
