"""What readers of the validator's own listener may cost it: a rate for each hotkey, and few answers at a time."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from neurons.validator.app import validator_app
from neurons.validator.settings import ReadingSettings
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError
from signed_http.server import SignedRequests
from statements.publication import PublicationPage
from tests.integration.neurons.parts import serving
from tests.integration.validator.miners import FIRST, SECOND, VALIDATOR, Bench
from tests.unit.neurons.parts import make_change, make_inference


def reading(bench: Bench, settings: ReadingSettings) -> Any:
    """The validator's listener, served over HTTP."""
    readers = frozenset({FIRST.ss58_address, SECOND.ss58_address})
    app = validator_app(VALIDATOR.ss58_address, bench.store, bench.network, readers, settings)
    return serving(SignedRequests(app, VALIDATOR))


def read(url: str, path: str = "/v1/proofs", reader: Any = FIRST) -> Any:
    async def go() -> Any:
        async with SignedClient(reader, url, VALIDATOR.ss58_address, 60) as client:
            return await client.get_json(path)

    return asyncio.run(go())


def test_read_faster_than_the_rate_is_refused_for_this_hotkey_only(bench: Bench) -> None:
    with reading(bench, ReadingSettings(requests_per_second=0.001, request_burst=3)) as url:
        for path in ("/v1/proofs", "/v1/scores", "/v1/proofs"):
            read(url, path)
        with pytest.raises(PeerRefusedError, match="rate_limited") as refused:
            read(url)
        assert refused.value.status == 429
        assert refused.value.refusal is not None
        assert 900 < (refused.value.refusal.retry_after_seconds or 0) <= 1000
        read(url, reader=SECOND)


def test_read_proofs_and_scores_are_what_the_store_holds(bench: Bench) -> None:
    bench.store.settle(None, make_change(FIRST.ss58_address), make_inference())
    with reading(bench, ReadingSettings()) as url:
        assert PublicationPage.model_validate(read(url)) == bench.store.page(0, 100)
        assert read(url, "/v1/scores") == [score.model_dump(mode="json") for score in bench.store.scores()]


def test_read_by_many_at_once_makes_few_answers_at_a_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    page, counting, making, most = bench.store.page, threading.Lock(), [0], [0]

    def counted(after: int, limit: int) -> PublicationPage:
        with counting:
            making[0] += 1
            most[0] = max(most[0], making[0])
        time.sleep(0.02)  # long enough for others to come in between, if they could
        with counting:
            making[0] -= 1
        return page(after, limit)

    monkeypatch.setattr(bench.store, "page", counted)

    async def go(url: str) -> None:
        async with SignedClient(FIRST, url, VALIDATOR.ss58_address, 60) as client:
            await asyncio.gather(*(client.get_json("/v1/proofs") for _ in range(8)))

    with reading(bench, ReadingSettings(pages_at_once=1)) as url:
        asyncio.run(go(url))
    assert most == [1]
