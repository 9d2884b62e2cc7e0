"""New heads over a real Anvil's websocket: what is told, and what happens when it drops, lies or falls silent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from relayer.chain import Chain
from relayer.heads import HeadsError, HeadWatch, check_heads
from relayer.settings import ChainSettings
from tests.integration.relayer_rig import BareChain, Rig, bare_chain
from tests.integration.tcp_proxy import TcpProxy

PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def chain() -> Iterator[BareChain]:
    with bare_chain() as made:
        yield made


class Ears:
    """Listens, and can be waited for."""

    def __init__(self) -> None:
        self.woken = 0
        self.relies: list[bool] = []

    def wake(self) -> None:
        self.woken += 1

    def rely_on_heads(self, rely: bool) -> None:
        self.relies.append(rely)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def watching(
    chain: BareChain, port: int, *, chain_id: int = 31337, silence: float = 60.0, spacing: float = 0.0
) -> AsyncIterator[Ears]:
    """A watch over a websocket port until the block ends; the chain's own questions go to the node itself."""
    settings = ChainSettings.model_construct(
        name="bare",
        chain_id=31337,
        endpoints=(chain.url,),
        requests_per_second=(0.0,),
        rpc_timeout_seconds=5.0,
    )
    ears, asked, stop = Ears(), Chain(settings), asyncio.Event()
    watch = HeadWatch(
        asked,
        f"ws://127.0.0.1:{port}",
        chain_id,
        ears,
        name="bare",
        spacing_seconds=spacing,
        silence_seconds=silence,
        retry_seconds=0.01,
    )
    running = asyncio.create_task(watch.run(stop))
    try:
        yield ears
    finally:
        stop.set()
        await running
        await asked.close()


def port_of(chain: BareChain) -> int:
    return int(urlsplit(chain.url).port or 0)


async def mine(chain: BareChain) -> None:
    await asyncio.to_thread(chain.mine)


def test_each_head_wakes_once(chain: BareChain) -> None:
    async def run() -> None:
        async with watching(chain, port_of(chain)) as ears:
            await ears.until(lambda: ears.relies == [True])
            # for what came before the subscription
            assert ears.woken == 1
            for number in range(2, 5):
                await mine(chain)
                await ears.until(lambda wanted=number: ears.woken == wanted)

    asyncio.run(run())


def test_heads_of_a_quick_chain_wake_once_in_a_while_and_the_last_is_not_lost(chain: BareChain) -> None:
    async def run() -> None:
        async with watching(chain, port_of(chain), spacing=0.2) as ears:
            await ears.until(lambda: ears.relies == [True])
            # soon after the first: told later, not never
            await mine(chain)
            await ears.until(lambda: ears.woken == 2)
        async with watching(chain, port_of(chain), spacing=3600.0) as ears, watching(chain, port_of(chain)) as others:
            await ears.until(lambda: ears.relies == others.relies == [True])
            for _ in range(4):
                await mine(chain)
            await others.until(lambda: others.woken == 5)
            assert ears.woken == 1

    asyncio.run(run())


def test_connection_that_drops_is_polled_for_and_comes_back(chain: BareChain) -> None:
    async def run() -> None:
        async with TcpProxy(port_of(chain)) as proxy, watching(chain, proxy.port) as ears:
            await ears.until(lambda: ears.relies == [True])
            proxy.refuses = True
            proxy.drop()
            await ears.until(lambda: ears.relies[:2] == [True, False])
            await ears.until(lambda: len(ears.relies) > 3)
            # while nothing listens the listener goes by itself
            assert not any(ears.relies[1:])
            proxy.refuses = False
            await ears.until(lambda: ears.relies[-1])
            before = ears.woken
            await mine(chain)
            await ears.until(lambda: ears.woken > before)

    asyncio.run(run())


def test_connection_that_falls_silent_while_the_chain_moves_is_given_up(chain: BareChain) -> None:
    async def run() -> None:
        async with TcpProxy(port_of(chain)) as proxy, watching(chain, proxy.port, silence=0.1) as ears:
            await ears.until(lambda: ears.relies == [True])
            await mine(chain)
            await ears.until(lambda: ears.woken >= 2 and ears.relies[-1])
            proxy.mute = True
            await mine(chain)
            await ears.until(lambda: not ears.relies[-1])
            proxy.mute = False
            await ears.until(lambda: ears.relies[-1])

    asyncio.run(run())


def test_chain_that_stands_is_no_silence(chain: BareChain) -> None:
    async def run() -> None:
        async with TcpProxy(port_of(chain)) as proxy, watching(chain, proxy.port, silence=0.02) as ears:
            await ears.until(lambda: ears.relies == [True])
            # many silences long: what is tested is that nothing happens in them
            await asyncio.sleep(0.5)
            assert (ears.relies, proxy.opened) == ([True], 1)

    asyncio.run(run())


def test_websocket_of_another_chain_is_never_relied_on(chain: BareChain, capsys: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        async with TcpProxy(port_of(chain)) as proxy, watching(chain, proxy.port, chain_id=5) as ears:
            await ears.until(lambda: proxy.opened > 2)
            await mine(chain)
            assert (ears.woken, any(ears.relies)) == (0, False)

    asyncio.run(run())
    assert "serves chain 31337, the settings say 5" in "".join(capsys.readouterr())


@pytest.mark.parametrize(("place", "chain_id", "said"), [("", 5, "the settings say 5"), ("/secret", 31337, "HTTP 404")])
def test_check_heads_names_what_is_wrong(chain: BareChain, place: str, chain_id: int, said: str) -> None:
    asyncio.run(check_heads(f"ws://127.0.0.1:{port_of(chain)}", 31337))
    with pytest.raises(HeadsError, match=said) as caught:
        asyncio.run(check_heads(f"ws://127.0.0.1:{port_of(chain)}{place}", chain_id))
    assert "secret" not in str(caught.value)


def test_check_heads_http_endpoint_without_websocket_is_named() -> None:
    async def run() -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            await check_heads(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", 1)

    with pytest.raises(HeadsError, match="cannot be subscribed to"):
        asyncio.run(run())


def test_writer_that_hardly_polls_settles_its_jobs_by_heads_and_polls_without_them(
    chain: BareChain, tmp_path: Path
) -> None:
    port = port_of(chain)

    async def until_settled(rig: Rig) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while rig.has_open_jobs():
                await mine(chain)
                await asyncio.sleep(0.05)

    async def run(rig: Rig, proxy: TcpProxy) -> None:
        stop, heads = asyncio.Event(), rig.parts.heads
        assert heads is not None
        heads._spacing_seconds, heads._retry_seconds = 0.0, 0.01
        tasks = [asyncio.create_task(work) for work in (rig.parts.writer.run(stop), heads.run(stop))]
        rig.queue(2)
        # at this poll_seconds nothing would come of it for an hour
        await until_settled(rig)
        assert await rig.parts.writer.turn(stop) == 5 * 3600.0
        rig.parts.writer._poll_seconds = 0.05
        proxy.refuses = True
        proxy.drop()
        rig.queue(2)
        await until_settled(rig)
        stop.set()
        await asyncio.gather(*tasks)

    async def with_proxy() -> None:
        async with TcpProxy(port) as proxy:
            changes = {"heads_endpoint": f"ws://127.0.0.1:{proxy.port}", "poll_seconds": 3600.0}
            rig = Rig(chain, f"sqlite:///{tmp_path}/relayer.db", changes=changes)
            try:
                await run(rig, proxy)
                assert rig.tally() == [1] * 4
                assert len(rig.sent()) == 4
            finally:
                await rig.parts.chain.close()
                rig.engine.dispose()

    asyncio.run(with_proxy())
