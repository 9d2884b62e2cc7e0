"""A JSON-RPC proxy that misbehaves as it is told: between a relayer and its node."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web


@dataclass
class Fault:
    """Something that goes wrong with requests of one method.

    Attributes:
        method: of JSON-RPC, "" for all.
        error: (code, message) to answer; the node never sees the request unless ``forward`` is set.
        forward: the node gets the request all the same: its answer is lost on the way back.
        status: HTTP status to answer.
        seconds: delay before anything else.
        until: set when the request may go on.
        drop: the connection is closed without an answer.
        change: makes another result of the node's; gets the parameters and the result.
        times: how often it strikes; None: always.
    """

    method: str = ""
    error: tuple[int, str] | None = None
    forward: bool = False
    status: int = 0
    seconds: float = 0.0
    until: threading.Event | None = None
    drop: bool = False
    change: Callable[[list[Any], Any], Any] | None = None
    times: int | None = None


@dataclass
class RpcProxy:
    """Forwards to a node, but for what its faults do.

    Attributes:
        node: URL of the node.
        url: of the proxy.
        faults: the first that fits strikes.
        asked: requests by method, as they came in.
    """

    node: str
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    session: ClientSession | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        call = await request.json()
        method, params = call["method"], call["params"]
        self.asked[method] += 1
        fault = self._strikes(method)
        await asyncio.sleep(fault.seconds)
        while fault.until is not None and not fault.until.is_set():
            await asyncio.sleep(0.01)
        if fault.until is not None and (request.transport is None or request.transport.is_closing()):
            return web.Response()
        if fault.drop:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if fault.status:
            return web.Response(status=fault.status, headers={"Retry-After": "1"}, text="slow down")
        if fault.error is None or fault.forward:
            assert self.session is not None
            async with self.session.post(self.node, json=call) as response:
                content = json.loads(await response.read())
        if fault.error is not None:
            content = {"jsonrpc": "2.0", "id": call["id"], "error": {"code": fault.error[0], "message": fault.error[1]}}
        elif fault.change is not None and "result" in content:
            content["result"] = fault.change(params, content["result"])
        return web.json_response(content)

    def _strikes(self, method: str) -> Fault:
        for fault in self.faults:
            if fault.method in ("", method) and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return Fault()


@contextmanager
def rpc_proxy(node: str) -> Iterator[RpcProxy]:
    """A proxy on a free port, in a thread of its own, until the block ends."""
    proxy = RpcProxy(node)
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def serve() -> web.AppRunner:
        proxy.session = ClientSession()
        app = web.Application()
        app.router.add_post("/", proxy.answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        proxy.url = f"http://{host}:{port}"
        started.set()
        return runner

    async def stop(runner: web.AppRunner) -> None:
        assert proxy.session is not None
        await proxy.session.close()
        await runner.cleanup()

    def run() -> None:
        runner = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(stop(runner))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
