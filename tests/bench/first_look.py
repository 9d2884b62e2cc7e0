"""A relayer's start, measured from outside: a process that imports what ``run`` does and looks at its chain once."""

import asyncio
import sys

import relayer.run
from relayer.assembly import build_chain
from relayer.keys import open_keystore
from relayer.logs import configure_logs
from relayer.outbox.database import open_database
from relayer.settings import ChainSettings


def main(settings_json: str, state_url: str) -> None:
    """Open the state, connect, reconcile, look once.

    Args:
        settings_json: of the chain.
        state_url: of the state.
    """
    assert relayer.run
    configure_logs()
    settings = ChainSettings.model_validate_json(settings_json)
    assert settings.keystore is not None
    assert settings.password_file is not None
    signer = open_keystore(settings.keystore, settings.password_file)

    async def look() -> None:
        parts = build_chain(settings, open_database(state_url), signer)
        await parts.writer.turn(asyncio.Event())
        parts.writer.release()
        await parts.chain.close()

    asyncio.run(look())


if __name__ == "__main__":
    main(*sys.argv[1:])
