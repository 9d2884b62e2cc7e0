"""A real miner process that misbehaves on the way out: ``python -m … misbehaving BEHAVIOUR SETTINGS``.

The real miner proves, admits and signs; only its application is wrapped, between the proof and the signature.
BEHAVIOUR: ``slow:SECONDS`` waits before it answers; ``leaks:FOLDER:SECONDS`` waits, and leaves its answers for others;
``copies:FOLDER`` gives what another has left there as its own; ``forges`` changes an output and keeps the proof;
``hangs`` takes requests and never answers.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import neurons.miner.run
from neurons.miner.settings import MinerSettings
from neurons.settings import load_settings
from signed_http.server import Application
from statements.instances import Instances

PROVING = ("/v1/observations", "/v1/queries", "/v1/benchmarks")
Content = dict[str, Any]
Change = Callable[[Content], Awaitable[Content]]


class Misbehaving:
    """An application whose proofs are changed before they are signed.

    Args:
        app: the miner's own.
        change: makes another answer of a right one.
    """

    def __init__(self, app: Application, change: Change) -> None:
        self._app, self._change = app, change

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] not in PROVING:
            await self._app(scope, receive, send)
            return
        held: list[Any] = []

        async def hold(message: Any) -> None:
            held.append(message)

        await self._app(scope, receive, hold)
        start, *parts = held
        body = b"".join(part.get("body", b"") for part in parts)
        if start["status"] == 200:
            body = json.dumps(await self._change(json.loads(body)), separators=(",", ":")).encode()
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def kind_of(answer: Content) -> str:
    """Name of the file in which answers of this kind are left."""
    return "inference.json" if "subject" in answer else "run.json"


def change_of(behaviour: str, hotkey: str) -> Change:
    """What a behaviour does to a right answer."""
    name, _, rest = behaviour.partition(":")

    async def slow(answer: Content) -> Content:
        await asyncio.sleep(float(rest))
        return answer

    async def leaks(answer: Content) -> Content:
        folder, _, seconds = rest.rpartition(":")
        await asyncio.sleep(float(seconds))
        scratch = Path(folder) / "answer.part"
        scratch.write_text(json.dumps(answer))
        scratch.replace(Path(folder) / kind_of(answer))
        return answer

    async def copies(answer: Content) -> Content:
        left = Path(rest) / kind_of(answer)
        while not left.exists():
            await asyncio.sleep(0.05)
        return {**json.loads(left.read_text()), "prover": hotkey}

    async def forges(answer: Content) -> Content:
        right = Instances.model_validate(answer["instances"])
        forged = right.model_copy(update={"elements": (*right.elements[:-1], right.elements[-1] ^ 1)})
        return {**answer, "instances": forged.model_dump(mode="json")}

    async def hangs(answer: Content) -> Content:
        await asyncio.Event().wait()
        return answer

    return {"slow": slow, "leaks": leaks, "copies": copies, "forges": forges, "hangs": hangs}[name]


def main(behaviour: str, config: str) -> None:
    """Run the miner of a settings file, misbehaving."""
    settings = load_settings(MinerSettings, Path(config))
    hotkey = neurons.miner.run.open_hotkey(settings.wallet).ss58_address
    honest_app = neurons.miner.run.miner_app

    def dishonest_app(*arguments: Any, **options: Any) -> Any:
        return Misbehaving(honest_app(*arguments, **options), change_of(behaviour, hotkey))

    neurons.miner.run.miner_app = dishonest_app  # type: ignore[assignment]
    neurons.miner.run.run_miner(settings)


if __name__ == "__main__":
    main(*sys.argv[1:])
