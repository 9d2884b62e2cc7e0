"""A relayer's writer on a bare chain, and a proxy before that chain that misbehaves when told to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.relayer_rig import BareChain, Rig, bare_chain
from tests.integration.rpc_proxy import RpcProxy, rpc_proxy

MakeRig = Callable[..., Rig]


@pytest.fixture(scope="module")
def chain() -> Iterator[BareChain]:
    with bare_chain() as made:
        yield made


@pytest.fixture(scope="module")
def running_proxy(chain: BareChain) -> Iterator[RpcProxy]:
    with rpc_proxy(chain.url) as made:
        yield made


@pytest.fixture
def proxy(running_proxy: RpcProxy) -> Iterator[RpcProxy]:
    yield running_proxy
    running_proxy.faults.clear()
    running_proxy.asked.clear()


@pytest.fixture
def make_rig(chain: BareChain, tmp_path: Path) -> Iterator[MakeRig]:
    made: list[Rig] = []

    def make(*endpoints: str, **changes: object) -> Rig:
        made.append(Rig(chain, f"sqlite:///{tmp_path}/relayer.db", endpoints, changes))
        return made[-1]

    yield make
    for rig in made:
        rig.close()
