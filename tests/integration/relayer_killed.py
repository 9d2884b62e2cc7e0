"""A relayer that is killed at a chosen moment: run as a process by the tests, which then restart it."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from relayer.settings import ChainSettings
from tests.integration.relayer_stand import Stand


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, url: str, moment: str) -> None:
    with (Path(folder) / "settings.json").open() as stream:
        settings = ChainSettings.model_validate_json(stream.read())
    stand = Stand(folder=Path(folder), chain=SimpleNamespace(url=url), settings=settings, now=2000.0)
    parts = stand.parts()
    really_send = parts.chain.send

    async def send(raw: bytes) -> Any:
        if moment == "sent":
            await really_send(raw)
        return die()

    parts.chain.send = send

    async def run() -> None:
        await parts.writer.connect()
        await parts.writer.step(asyncio.Event())

    asyncio.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
