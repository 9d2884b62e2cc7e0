"""A fresh double for each test; its runtime is read once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.subtensor.chain import Chain
from tests.integration.subtensor.node import running
from tests.integration.subtensor.recorded import recorded
from tests.integration.subtensor.runtime import Runtime
from tests.integration.subtensor.stand import MINER, VALIDATOR, Stand, open_subnet


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    return Runtime(recorded())


@pytest.fixture(scope="session", autouse=True)
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the SDK's caches out of the home folder: they go by genesis and version, which a real chain has too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path_factory.mktemp("runtime-cache")))
        patch.setattr("bittensor.config.save_token_symbols", lambda *_: None)
        yield


@pytest.fixture
def empty(runtime: Runtime) -> Iterator[Stand]:
    """A subnet that nobody has entered."""
    chain = Chain(runtime)
    open_subnet(chain)
    with running(chain) as node:
        stand = Stand(node, [])
        yield stand
        for network in stand.opened:
            network.close()


@pytest.fixture
def stand(empty: Stand) -> Stand:
    """Uid 0 mines, uid 1 validates, and both may set weights."""
    for wallet in (MINER, VALIDATOR):
        empty.enter(wallet)
    empty.permit(VALIDATOR)
    empty.node.mine(4)
    return empty
