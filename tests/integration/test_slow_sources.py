"""A source of circuits that sends too slowly is broken off, and what it has sent is no harm."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from neurons.artefacts import source
from neurons.artefacts.bundle import ArtefactError, hash_of
from neurons.artefacts.serving import SLOWEST_BYTES_PER_SECOND, SPARE_SECONDS
from neurons.artefacts.source import Sources, fetch_file
from tests.integration.neurons.parts import serving

CONTENT = b"a circuit's file" * 200


async def whole(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": CONTENT})


async def dripping(_scope: Any, receive: Any, send: Any) -> None:
    """The right bytes, one now and then: never silent for so long that it would count as gone; half a minute in all."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    leaving = asyncio.create_task(left(receive))
    for byte in CONTENT:
        if leaving.done():
            return
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await asyncio.sleep(0.01)


async def left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class SlowFirst(Sources):
    """The least rate is so high for the first source that it fails on any machine, and as it is for the others."""

    def blame(self, url: str, error: ArtefactError) -> None:
        super().blame(url, error)
        set_bounds(SPARE_SECONDS, SLOWEST_BYTES_PER_SECOND)


def set_bounds(spare: float, rate: float) -> None:
    vars(source).update(SPARE_SECONDS=spare, SLOWEST_BYTES_PER_SECOND=rate)


def test_fetch_file_source_slower_than_the_least_rate_is_broken_off_and_the_next_one_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "SPARE_SECONDS", 0.2)
    monkeypatch.setattr(source, "SLOWEST_BYTES_PER_SECOND", 1e9)
    path = tmp_path / "fetched"
    with serving(dripping) as slow, serving(whole) as honest, capture_logs() as logs:
        sources = SlowFirst((slow, honest))
        asyncio.run(fetch_file(sources, hash_of(CONTENT), len(CONTENT), path))
    assert path.read_bytes() == CONTENT
    assert [entry["reason"] for entry in logs] == [f"{slow} is slower than 976562 KiB a second"]
    assert sources.usable() == (slow, honest), "who is slow has not lied"
