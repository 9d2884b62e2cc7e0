"""What is asked, and how little of a miner's words is taken along."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bittensor.keyfiles import Keypair
from structlog.testing import capture_logs

from neurons.validator import peers
from neurons.validator.asking import Asker, brief
from neurons.validator.peers import PeerClients
from signed_http import client as signed_client
from signed_http.errors import MalformedResponseError

VALIDATOR, MINER = Keypair.create_from_uri("//Validator"), Keypair.create_from_uri("//Miner")
ENDPOINT = "http://127.0.0.1:1"


def test_survey_answer_full_of_mistakes_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier: Any = None
    asker = Asker(VALIDATOR, verifier)

    async def answer(*_: Any) -> Any:
        return {"circuits": [0] * 200, "workers": "many", "more": "x" * 100_000}

    monkeypatch.setattr(asker, "_bounded", answer)
    with capture_logs(), pytest.raises(MalformedResponseError, match=r"circuits\.0") as caught:
        asyncio.run(asker.survey(MINER.ss58_address, ENDPOINT))
    assert len(caught.value.message) < 500


def test_brief_any_text_is_no_longer_than_anybody_reads() -> None:
    assert brief("short") == "short"
    assert brief("x" * 300) == "x" * 300
    assert brief("x" * 301) == "x" * 297 + "..."


def test_of_clients_share_what_is_dear_and_are_forgotten_when_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(signed_client.httpx, "create_ssl_context", lambda **_: made.append(1) or True)
    signed_client._tls_context.cache_clear()
    now = 1000.0
    monkeypatch.setattr(peers.time, "monotonic", lambda: now)

    async def go() -> None:
        nonlocal now
        clients = PeerClients(VALIDATOR)
        first = clients.of(MINER.ss58_address, ENDPOINT)
        kept = clients.of(MINER.ss58_address, ENDPOINT + "1")
        now += peers._FORGOTTEN_AFTER_SECONDS - 1
        assert clients.of(MINER.ss58_address, ENDPOINT + "1") is kept
        now += 2
        clients.of(MINER.ss58_address, ENDPOINT + "2")
        await asyncio.sleep(0)
        assert first._http.is_closed
        assert not kept._http.is_closed
        assert clients.of(MINER.ss58_address, ENDPOINT + "1") is kept
        await clients.aclose()

    try:
        asyncio.run(go())
    finally:
        signed_client._tls_context.cache_clear()
    assert made == [1]
