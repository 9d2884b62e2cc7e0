"""A validator's feed on real, signed HTTP: what a relayer pulls from, in tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Response

from signed_http.server import SignedRequests
from signed_http.wallets import HotkeyKeypair
from statements.publication import Publication, PublicationPage
from tests.integration.relayer_chain import free_port, wait_until


@dataclass
class Feed:
    """Publications of one validator; ``garbage`` is answered instead of a page when set."""

    keypair: HotkeyKeypair
    publications: list[Publication] = field(default_factory=list)
    garbage: str | None = None
    url: str = ""
    asked: int = 0

    @property
    def hotkey(self) -> str:
        return self.keypair.ss58_address

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/v1/proofs")
        async def proofs(after: int, limit: int) -> Response:
            self.asked += 1
            items = [p for p in self.publications if p.cursor > after][:limit]
            page = PublicationPage(items=tuple(items), next_cursor=items[-1].cursor if items else after)
            return Response(self.garbage or page.to_json(), media_type="application/json")

        return app


@contextmanager
def serve(feed: Feed) -> Iterator[Feed]:
    """The feed on a free port, until the block ends."""
    port = free_port()
    feed.url = f"http://127.0.0.1:{port}"
    app = SignedRequests(feed.app(), feed.keypair)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the feed does not start")
        yield feed
    finally:
        server.should_exit = True
        thread.join(10)
