"""The `[http]` bounds of the settings hold for callers with a key, on the API as a validator makes it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from neurons.network import LocalNetwork
from neurons.settings import HttpSettings
from neurons.validator.api.access_keys import AccessKeyStore
from neurons.validator.api.serving import ExternalApi
from neurons.validator.api.settings import ApiSettings
from neurons.validator.assembly import Workings
from neurons.validator.rules import ScoringRule
from neurons.validator.settings import ValidatorSettings
from neurons.validator.store import open_store
from neurons.validator.timeouts import TimeoutRule
from tests.integration.neurons.api_parts import GENEROUS
from tests.integration.neurons.subnet import VALIDATOR
from verifier_gen.pool import ProverPool

BYTES = 5000
"""Not the default, and above the least that the settings take."""


@contextmanager
def external_api(folder: Path, **bounds: float) -> Iterator[tuple[int, str]]:
    """Port and key of the API of a validator that holds no circuit and knows no miner."""
    http = HttpSettings.model_validate({"replay_memory": folder / "replay.sqlite", **bounds})
    settings = ValidatorSettings.model_construct(http=http, readers=())
    store, pool = open_store(f"sqlite:///{folder}/state.sqlite", VALIDATOR.ss58_address), ProverPool(1)
    workings = Workings.build(
        keypair=VALIDATOR,
        circuits={},
        store=store,
        network=LocalNetwork(folder / "network.json"),
        pool=pool,
        rule=ScoringRule(timeouts=TimeoutRule(floor=1, ceiling=1)),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    api = ExternalApi(settings, ApiSettings(port=0), VALIDATOR, workings, listener)
    loop = asyncio.new_event_loop()
    serving = loop.create_task(api.serve())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait({serving})), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], AccessKeyStore(store.engine).create("tests", GENEROUS)[1] or ""
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join(30)
        loop.close()
        store.close()
        pool.close()


def test_bearer_body_beyond_request_bytes_is_refused_announced_or_not(tmp_path: Path) -> None:
    def status_of(port: int, key: str, content: bytes | Iterator[bytes]) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        address = f"http://127.0.0.1:{port}/v1/queries"
        answer = httpx.post(address, content=content, headers=headers, timeout=60, trust_env=False)
        return answer.status_code, answer.json()["code"]

    with external_api(tmp_path, request_bytes=BYTES) as (port, key):
        assert status_of(port, key, b" " * (BYTES + 1)) == (413, "request_too_large")
        assert status_of(port, key, iter([b" " * BYTES, b" "])) == (413, "request_too_large")
        assert status_of(port, key, b" " * BYTES) == (422, "malformed_request")


def test_bearer_body_that_does_not_arrive_is_refused_after_the_request_timeout(tmp_path: Path) -> None:
    answer = ""
    with external_api(tmp_path, request_timeout_seconds=0.2) as (port, key):
        head = f"POST /v1/queries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 9\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(head.encode() + b"{")
            while "request_timeout" not in answer:
                more = connection.recv(65_536).decode()
                assert more, answer
                answer += more
    assert answer.startswith("HTTP/1.1 408 ")
    assert "did not arrive within 0.2 s" in answer
