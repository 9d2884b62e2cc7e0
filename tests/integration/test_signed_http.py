"""Signed requests and answers over a real uvicorn server."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
import uvicorn
from bittensor import http_auth
from bittensor.keyfiles import Keypair
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from structlog.testing import capture_logs

from signed_http.client import SignedClient
from signed_http.errors import (
    MalformedResponseError,
    PeerRefusedError,
    PeerTimeoutError,
    PeerUnreachableError,
    ResponseSignatureError,
)
from signed_http.nonces import SqliteNonceStore
from signed_http.refusal import Fault, Refusal
from signed_http.response import SIGNATURE_HEADER, sign_response, signature_is_valid, unread_payload
from signed_http.server import HttpBounds, SignedRequests, caller_hotkey

MINER = Keypair.create_from_uri("//Miner")
VALIDATOR = Keypair.create_from_uri("//Validator")
STRANGER = Keypair.create_from_uri("//Stranger")


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/who")
    def who(caller: Annotated[str, Depends(caller_hotkey)], word: str = "") -> dict[str, str]:
        return {"caller": caller, "word": word}

    @app.post("/echo")
    async def echo(request: Request) -> Any:
        return await request.json()

    @app.get("/busy")
    def busy() -> JSONResponse:
        body = Refusal(code="queue_full", message="busy", fault=Fault.RESPONDER, retry_after_seconds=3)
        return JSONResponse(body.model_dump(), status_code=503)

    @app.get("/text")
    def text() -> PlainTextResponse:
        return PlainTextResponse("not json")

    @app.get("/nested")
    def nested() -> PlainTextResponse:
        return PlainTextResponse("[" * 100_000)

    @app.get("/slow")
    async def slow() -> None:
        await asyncio.sleep(30)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a defect")

    return app


@contextmanager
def serving(app: Any) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(SignedRequests(application(), MINER, bounds=HttpBounds(request_bytes=1000))) as base:
        yield base


def ask(url: str, path: str, *, body: Any = None, **options: Any) -> Any:
    async def go() -> Any:
        receiver = options.pop("receiver", MINER.ss58_address)
        async with SignedClient(VALIDATOR, url, receiver, options.pop("timeout", 5), **options) as client:
            return await (client.get_json(path) if body is None else client.post_json(path, body))

    return asyncio.run(go())


def signed(path: str, method: str = "GET", body: bytes = b"", **options: Any) -> dict[str, str]:
    options.setdefault("receiver_ss58", MINER.ss58_address)
    return http_auth.sign(VALIDATOR, method=method, path=path, body=body, **options)


def test_get_json_signed_request_names_the_caller(url: str) -> None:
    answer = ask(url, "/who?word=a%20b%2Fc")
    assert answer == {"caller": VALIDATOR.ss58_address, "word": "a b/c"}


def test_get_json_params_are_part_of_what_is_signed(url: str) -> None:
    async def go() -> Any:
        async with SignedClient(VALIDATOR, url, MINER.ss58_address) as client:
            return await client.get_json("/who", {"word": "ü&="})

    assert asyncio.run(go())["word"] == "ü&="


def test_post_json_body_comes_back(url: str) -> None:
    assert ask(url, "/echo", body={"a": [1, "ü"]}) == {"a": [1, "ü"]}


def test_open_path_needs_no_signature(url: str) -> None:
    assert httpx.get(url + "/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("make_headers", "reason"),
    [
        (lambda: {}, "MalformedAuth"),
        (lambda: signed("/who", receiver_ss58=STRANGER.ss58_address), "WrongReceiver"),
        (lambda: signed("/who", receiver_ss58=None), "WrongReceiver"),
        (lambda: signed("/who", nonce_ns=1), "StaleRequest"),
        (lambda: signed("/other"), "BadSignature"),
        (lambda: signed("/who", body=b"x"), "BadSignature"),
        (lambda: {**signed("/who"), http_auth.HEADER_HOTKEY: STRANGER.ss58_address}, "BadSignature"),
    ],
)
def test_request_not_rightly_signed_is_refused(
    url: str, make_headers: Callable[[], dict[str, str]], reason: str
) -> None:
    response = httpx.get(url + "/who", headers=make_headers())
    refusal = Refusal.model_validate_json(response.content)
    assert (response.status_code, refusal.code, refusal.fault) == (401, "unauthenticated", Fault.CALLER)
    assert reason in refusal.message


def test_request_replayed_is_refused(url: str) -> None:
    headers = signed("/who")
    assert httpx.get(url + "/who", headers=headers).status_code == 200
    again = httpx.get(url + "/who", headers=headers)
    assert again.status_code == 401
    assert "ReplayedRequest" in again.text


def test_query_altered_is_refused(url: str) -> None:
    response = httpx.get(url + "/who?word=b", headers=signed("/who?word=a"))
    assert response.status_code == 401


@pytest.mark.parametrize("chunked", [False, True])
def test_body_too_large_is_refused_before_authentication(url: str, chunked: bool) -> None:
    content: Any = iter([b"x" * 700] * 3) if chunked else b"x" * 2100
    response = httpx.post(url + "/echo", content=content)
    assert response.status_code == 413
    assert Refusal.model_validate_json(response.content).code == "request_too_large"


def test_post_json_body_too_large_refusal_is_signed_though_unread(url: str) -> None:
    with pytest.raises(PeerRefusedError) as caught:
        ask(url, "/echo", body="x" * 2000)
    assert (caught.value.status, caught.value.authentic) == (413, True)
    assert caught.value.refusal is not None
    assert (caught.value.refusal.code, caught.value.refusal.fault) == ("request_too_large", Fault.CALLER)


def test_body_that_does_not_arrive_is_refused_signed() -> None:
    headers = signed("/echo", "POST", b'"x"')
    app = SignedRequests(application(), MINER, bounds=HttpBounds(request_seconds=0.1))
    with serving(app) as url, socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 10) as connection:
        lines = ["POST /echo HTTP/1.1", "Host: x", "Content-Length: 3", *(f"{k}: {v}" for k, v in headers.items())]
        connection.sendall("\r\n".join([*lines, "", '"']).encode())
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    head, _, _ = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    sent = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
    body = Refusal(code="request_timeout", message="the request body did not arrive", fault=Fault.CALLER)
    payload = unread_payload(
        request_signature=headers[http_auth.HEADER_SIGNATURE], response_body=body.model_dump_json().encode()
    )
    assert signature_is_valid(payload, sent["x-veristake-signature"], MINER.ss58_address)


def test_get_json_answer_signed_as_unread_is_believed_for_refusals_only() -> None:
    """Otherwise the weaker signature could stand for an answer."""

    async def lying(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        asked = dict(scope["headers"])[http_auth.HEADER_SIGNATURE.lower().encode()].decode()
        signature = sign_response(MINER, unread_payload(request_signature=asked, response_body=b"{}"))
        headers = [(SIGNATURE_HEADER.lower().encode(), signature.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    with serving(lying) as liar, pytest.raises(ResponseSignatureError):
        ask(liar, "/who")


def test_get_json_answer_beyond_the_bound_is_a_signed_500() -> None:
    app = SignedRequests(application(), MINER, bounds=HttpBounds(answer_bytes=1000))
    with serving(app) as bounded, capture_logs(), pytest.raises(PeerRefusedError) as caught:
        ask(bounded, "/nested")
    assert (caught.value.status, caught.value.authentic) == (500, True)


def test_get_json_handler_beyond_its_time_is_a_signed_504() -> None:
    app = SignedRequests(application(), MINER, bounds=HttpBounds(answer_seconds=0.2))
    with serving(app) as bounded, capture_logs(), pytest.raises(PeerRefusedError) as caught:
        ask(bounded, "/slow")
    assert (caught.value.status, caught.value.authentic) == (504, True)
    assert caught.value.refusal is not None
    assert caught.value.refusal.fault is Fault.RESPONDER


def test_get_json_replay_memory_fails_is_a_signed_refusal_that_blames_the_responder(tmp_path: Path) -> None:
    store = SqliteNonceStore(tmp_path / "nonces.sqlite", MINER.ss58_address)
    store.close()
    app = SignedRequests(application(), MINER, nonce_store=store)
    with serving(app) as forgetful, capture_logs(), pytest.raises(PeerRefusedError) as caught:
        ask(forgetful, "/who")
    assert (caught.value.status, caught.value.authentic) == (503, True)
    assert caught.value.refusal is not None
    assert (caught.value.refusal.code, caught.value.refusal.fault) == ("replay_memory_unavailable", Fault.RESPONDER)


def test_open_prefix_needs_no_signature_and_nothing_beside_it_is_open() -> None:
    app = SignedRequests(application(), MINER, open_prefixes=("/healt",))
    with serving(app) as url:
        assert httpx.get(url + "/healthz").status_code == 200
        assert httpx.get(url + "/who").status_code == 401


def test_get_json_typed_error_is_authentic_and_carries_the_refusal(url: str) -> None:
    with pytest.raises(PeerRefusedError) as caught:
        ask(url, "/busy")
    assert caught.value.status == 503
    assert caught.value.authentic
    assert caught.value.refusal is not None
    assert caught.value.refusal.retry_after_seconds == 3


def test_get_json_defect_in_handler_is_a_signed_500(url: str) -> None:
    with capture_logs() as logs, pytest.raises(PeerRefusedError) as caught:
        ask(url, "/broken")
    assert [(log["event"], log["path"]) for log in logs] == [("request_failed", "/broken")]
    assert (caught.value.status, caught.value.authentic) == (500, True)
    assert caught.value.refusal is not None
    assert (caught.value.refusal.code, caught.value.refusal.fault) == ("internal_error", Fault.RESPONDER)


@pytest.mark.parametrize("path", ["/text", "/nested"])
def test_get_json_no_json_is_malformed(url: str, path: str) -> None:
    with pytest.raises(MalformedResponseError):
        ask(url, path)


def test_post_json_answer_too_large_is_cut_off(url: str) -> None:
    with pytest.raises(MalformedResponseError, match="more than 100 bytes"):
        ask(url, "/echo", body="x" * 200, maximum_response_bytes=100)


def test_get_json_and_post_json_answer_larger_than_asked_for_is_cut_off(url: str) -> None:
    async def go() -> None:
        async with SignedClient(VALIDATOR, url, MINER.ss58_address) as client:
            with pytest.raises(MalformedResponseError, match="more than 100 bytes"):
                await client.post_json("/echo", "x" * 200, maximum_bytes=100)
            with pytest.raises(MalformedResponseError, match="more than 2 bytes"):
                await client.get_json("/who", maximum_bytes=2)
            assert await client.post_json("/echo", "x" * 200) is not None

    asyncio.run(go())


def test_get_json_slow_peer_times_out(url: str) -> None:
    with pytest.raises(PeerTimeoutError):
        ask(url, "/slow", timeout=0.3)


def test_get_json_nobody_listens_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(PeerUnreachableError):
            ask(f"http://127.0.0.1:{unused.getsockname()[1]}", "/who")


def test_get_json_unsigned_answer_is_not_believed() -> None:
    with serving(application()) as unsigned, pytest.raises(ResponseSignatureError):
        ask(unsigned, "/healthz")


def test_get_json_unsigned_error_is_not_authentic() -> None:
    with serving(application()) as unsigned, pytest.raises(PeerRefusedError) as caught:
        ask(unsigned, "/busy")
    assert not caught.value.authentic


def test_get_json_other_peer_at_the_address_is_refused(url: str) -> None:
    with pytest.raises(ResponseSignatureError, match=STRANGER.ss58_address):
        ask(url, "/who", receiver=STRANGER.ss58_address)


def test_get_json_answer_signed_for_another_request_is_not_believed(url: str) -> None:
    recorded = httpx.get(url + "/who", headers=signed("/who"))

    async def replaying(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": recorded.headers.raw})
        await send({"type": "http.response.body", "body": recorded.content})

    with serving(replaying) as replayer, pytest.raises(ResponseSignatureError):
        ask(replayer, "/who")
