"""The double as a process would offer it: JSON-RPC over a websocket."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from tests.integration.subtensor.chain import Chain
from tests.integration.subtensor.pallets import PoolRejectionError
from tests.integration.subtensor.runtime_calls import runtime_call
from tests.integration.subtensor.submission import submit

Push = Callable[[str, str, Any], None]
"""Sends a notification: method, subscription, content."""
_LARGEST_MESSAGE = 1 << 26


class Node:
    """Answers for a chain, one question at a time.

    Args:
        chain: may be changed by the test at any time, under ``lock``.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.lock = threading.RLock()
        self.asked: list[str] = []
        self.silent = threading.Event()
        self.url = ""
        self._numbers = itertools.count(1)

    def submitted(self) -> list[str]:
        """Calls that got into blocks, in order."""
        names = []
        for block in self.chain.blocks:
            for extrinsic in block.extrinsics:
                call = self.chain.runtime.codec.decode_extrinsic(bytes.fromhex(extrinsic[2:]))["call"]
                names.append(f"{call['call_module']}.{call['call_function']}")
        return names

    def mine(self, blocks: int) -> None:
        """Let blocks pass."""
        with self.lock:
            for _ in range(blocks):
                self.chain.mine()

    async def connected(self, socket: ServerConnection) -> None:
        """Serve one connection."""
        async for text in socket:
            questions = json.loads(text)
            late: list[dict[str, Any]] = []
            if self.silent.is_set():
                continue
            if isinstance(questions, dict):
                answer: Any = self._answer(questions, late)
            else:
                answer = [self._answer(question, late) for question in questions]
            for message in (answer, *late):
                await socket.send(json.dumps(message))

    def _answer(self, question: dict[str, Any], late: list[dict[str, Any]]) -> dict[str, Any]:
        def push(method: str, subscription: str, content: Any) -> None:
            parameters = {"subscription": subscription, "result": content}
            late.append({"jsonrpc": "2.0", "method": method, "params": parameters})

        head = {"jsonrpc": "2.0", "id": question["id"]}
        try:
            with self.lock:
                self.asked.append(question["method"])
                return {**head, "result": self._call(question["method"], question.get("params") or [], push)}
        except PoolRejectionError as error:
            return {**head, "error": {"code": 1010, "message": "Invalid Transaction", "data": error.data}}
        except LookupError as error:
            return {**head, "error": {"code": -32601, "message": f"Method not found: {error}"}}

    def _call(self, method: str, parameters: list[Any], push: Push) -> Any:
        if method in _READS:
            return _READS[method](self.chain, *parameters)
        if method == "author_submitExtrinsic":
            submit(self.chain, _bytes(parameters[0]))
            return _hash(parameters[0])
        if method == "author_submitAndWatchExtrinsic":
            block = submit(self.chain, _bytes(parameters[0]))
            subscription = f"watch-{next(self._numbers)}"
            for state in ("ready", {"inBlock": block.hash}, {"finalized": block.hash}):
                push("author_extrinsicUpdate", subscription, state)
            return subscription
        if method in ("chain_subscribeNewHeads", "chain_subscribeFinalizedHeads"):
            subscription = f"heads-{next(self._numbers)}"
            push("chain_newHead", subscription, self.chain.head.header)
            return subscription
        if method == "author_unwatchExtrinsic" or method.startswith("chain_unsubscribe"):
            return True
        raise LookupError(method)


@contextmanager
def running(chain: Chain, port: int = 0) -> Iterator[Node]:
    """Serve a chain until the block ends; on a free port unless one is given."""
    node = Node(chain)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def open_port() -> Any:
        return await serve(node.connected, "127.0.0.1", port, max_size=_LARGEST_MESSAGE)

    server = asyncio.run_coroutine_threadsafe(open_port(), loop).result(10)
    node.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"

    async def close_port() -> None:
        server.close(close_connections=True)
        await server.wait_closed()

    try:
        yield node
    finally:
        asyncio.run_coroutine_threadsafe(close_port(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _block_hash(chain: Chain, number: int | None = None) -> str | None:
    if number is None:
        return chain.head.hash
    return chain.blocks[number].hash if number < len(chain.blocks) else None


def _header(chain: Chain, block_hash: str | None = None) -> dict[str, Any] | None:
    block = chain.block(block_hash)
    return block.header if block else None


def _block(chain: Chain, block_hash: str | None = None) -> dict[str, Any] | None:
    block = chain.block(block_hash)
    if block is None:
        return None
    return {"block": {"header": block.header, "extrinsics": [*block.extrinsics]}, "justifications": None}


def _versions(chain: Chain, _block: str | None = None) -> dict[str, Any]:
    recorded = chain.runtime.recorded
    versions = {"specVersion": recorded.spec_version, "transactionVersion": recorded.transaction_version}
    return {"specName": "node-subtensor", **versions}


def _storage(chain: Chain, key: str, block_hash: str | None = None) -> str | None:
    return _hex(chain.storage_at(block_hash).get(_bytes(key)))


def _storages(chain: Chain, keys: list[str], block_hash: str | None = None) -> list[dict[str, Any]]:
    storage = chain.storage_at(block_hash)
    return [{"block": block_hash, "changes": [[key, _hex(storage.get(_bytes(key)))] for key in keys]}]


def _keys(
    chain: Chain, prefix: str, count: int, start: str | None = None, block_hash: str | None = None
) -> list[str | None]:
    after = _bytes(start or prefix)
    found = sorted(key for key in chain.storage_at(block_hash) if key.startswith(_bytes(prefix)) and key > after)
    return [_hex(key) for key in found[:count]]


def _runtime_call(chain: Chain, method: str, parameters: str, _block: str | None = None) -> str:
    return runtime_call(chain, method, parameters)


_READS: dict[str, Callable[..., Any]] = {
    "chain_getHead": lambda chain: chain.head.hash,
    "chain_getFinalizedHead": lambda chain: chain.head.hash,
    "chain_getBlockHash": _block_hash,
    "chain_getHeader": _header,
    "chain_getBlock": _block,
    "state_getRuntimeVersion": _versions,
    "state_call": _runtime_call,
    "state_getStorage": _storage,
    "state_getStorageAt": _storage,
    "state_queryStorageAt": _storages,
    "state_getKeysPaged": _keys,
    "account_nextIndex": lambda chain, address: chain.nonces.get(address, 0),
}


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(data: bytes | None) -> str | None:
    return None if data is None else "0x" + data.hex()


def _hash(extrinsic: str) -> str:
    return "0x" + blake2b(_bytes(extrinsic), digest_size=32).hexdigest()
