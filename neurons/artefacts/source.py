"""Fetches one artefact from sources that may be slow, cut off or lying; what comes out has the hash asked for."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import structlog

from neurons.artefacts.bundle import ArtefactError
from neurons.artefacts.serving import ARTEFACTS_PATH, SLOWEST_BYTES_PER_SECOND, SPARE_SECONDS
from statements.causes import cause_of
from verifier_gen.manifest import sha256_file

_log = structlog.get_logger(__name__)
_CONNECT_SECONDS, _SILENCE_SECONDS = 10.0, 20.0


class LyingSourceError(ArtefactError):
    """A source gave something else than what the hash names."""


class SourceFailedError(ArtefactError):
    """A source did not give the artefact, or not all of it."""


class NoSourceError(ArtefactError):
    """Every source was asked, and none gave the artefact."""


@dataclass
class Sources:
    """Base URLs that are asked in turn; one that lied is not asked again.

    Attributes:
        urls: in the order in which they are asked.
        faults: what went wrong, by URL.
    """

    urls: Sequence[str]
    faults: dict[str, str] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)

    def usable(self) -> tuple[str, ...]:
        """Those that have not lied."""
        return tuple(url for url in self.urls if url not in self._left)

    def blame(self, url: str, error: ArtefactError) -> None:
        """Remember a fault; a liar is left for good."""
        self.faults[url] = error.message
        if isinstance(error, LyingSourceError):
            self._left.add(url)
        _log.warning("artefact_source_failed", source=url, reason=error.message)


async def fetch_file(sources: Sources, sha256: str, size: int, path: Path, *, exact: bool = True) -> None:
    """Fetch an artefact into a file, going on where an earlier try ended.

    Args:
        sources: asked one after the other.
        sha256: of the artefact, 0x-hex.
        size: bytes; of an artefact of unknown size the most that is taken.
        path: file to write; what is there already is taken as the artefact's beginning.
        exact: whether ``size`` is the artefact's size, not a bound.

    Raises:
        NoSourceError: no source gave it.
        ArtefactError: the file cannot be written.
    """
    given: set[str] = set()
    if path.exists():
        if exact and path.stat().st_size == size and await asyncio.to_thread(sha256_file, path) == sha256:
            return
        # who gave the beginning is not known any more
        given.add("an earlier run")
    for url in sources.usable():
        # once to go on from what others gave, once more alone when that turns out to be wrong
        for _ in range(2):
            try:
                await _from(url, sha256, size, path, exact=exact, given=given)
                return
            except SourceFailedError as error:
                sources.blame(url, error)
                break
            except LyingSourceError as error:
                path.unlink(missing_ok=True)
                alone = given <= {url}
                given.clear()
                if alone:
                    sources.blame(url, error)
                    break
    told = "; ".join(f"{url}: {fault}" for url, fault in sources.faults.items()) or "none was given"
    raise NoSourceError(
        f"no source gave artefact {sha256} ({told})", remedy="Give another source with --from, or try again later"
    )


async def _from(url: str, sha256: str, size: int, path: Path, *, exact: bool, given: set[str]) -> None:
    begin = min(path.stat().st_size, size) if path.exists() else 0
    seconds = SPARE_SECONDS + (size - begin) / SLOWEST_BYTES_PER_SECOND
    timeout = httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS)
    headers = {"Accept-Encoding": "identity"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    try:
        async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=timeout, trust_env=False) as http:
            address = url.rstrip("/") + ARTEFACTS_PATH + sha256
            async with http.stream("GET", address, headers=headers) as response:
                await _take(response, url, begin, size, path, given)
    except TimeoutError as error:
        raise SourceFailedError(f"{url} is slower than {SLOWEST_BYTES_PER_SECOND // 1024:.0f} KiB a second") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceFailedError(f"{url} broke off: {cause_of(error)}") from error
    except OSError as error:
        raise ArtefactError(
            f"{path} cannot be written: {error.strerror}",
            remedy="Make room or choose another cache; fetching goes on where it stopped",
        ) from error
    held = path.stat().st_size
    if exact and held < size:
        raise SourceFailedError(f"{url} ended after {held} of {size} bytes")
    if await asyncio.to_thread(sha256_file, path) != sha256:
        raise LyingSourceError(f"{url} gave something else than {sha256}", remedy="Do not use this source")


async def _take(response: httpx.Response, url: str, begin: int, size: int, path: Path, given: set[str]) -> None:
    if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        # the beginning that is here is as long as the file there: the hash decides
        return
    if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        raise SourceFailedError(f"{url} answers with HTTP {response.status_code}")
    resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
    if resumed and not response.headers.get("content-range", "").startswith(f"bytes {begin}-"):
        raise SourceFailedError(f"{url} gives another range than asked for")
    if not resumed:
        begin = 0
        given.clear()
    given.add(url)
    held = begin
    # no write is longer than a chunk of the network's: it does not hold up what else runs here
    with path.open("ab" if resumed else "wb") as file:
        file.truncate(begin)
        async for chunk in response.aiter_raw():
            held += len(chunk)
            if held > size:
                raise LyingSourceError(f"{url} gives more than {size} bytes", remedy="Do not use this source")
            file.write(chunk)


async def fetch_bytes(sources: Sources, sha256: str, limit: int, scratch: Path) -> bytes:
    """Fetch a small artefact of unknown size.

    Args:
        sources: asked one after the other.
        sha256: of the artefact, 0x-hex.
        limit: most bytes that are taken.
        scratch: file to use; gone afterwards.

    Raises:
        NoSourceError: no source gave it.
        ArtefactError: the file cannot be written.
    """
    scratch.unlink(missing_ok=True)
    await fetch_file(sources, sha256, limit, scratch, exact=False)
    content = scratch.read_bytes()
    scratch.unlink()
    assert "0x" + hashlib.sha256(content).hexdigest() == sha256  # noqa: S101 - fetch_file has checked it
    return content
