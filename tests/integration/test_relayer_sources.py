"""What a hostile validator can do over real HTTP: be named, be slowed down, and stop nobody else."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from relayer.acceptance import Acceptor, IntakeRules
from relayer.intake import SourceReader
from relayer.keys import attestation_signer
from relayer.outbox.database import open_database
from relayer.outbox.intake_store import IntakeStore
from relayer.outbox.views import Views
from relayer.planning import ContractAbis, Destination
from relayer.settings import SourceSettings
from signed_http.client import SignedClient
from signed_http.errors import MalformedResponseError, PeerError, PeerTimeoutError, ResponseSignatureError
from signed_http.wallets import HotkeyKeypair, hotkey_of, open_or_create
from statements.abi import load_abi
from statements.subject import model_id
from tests.integration.relayer_feed import Feed, serve
from tests.unit.relayer.makers import CIRCUIT_ID, FEED_HOME, LAYOUT, MODEL, publication
from tests.unit.relayer.test_intake import Verdicts

ABIS = ContractAbis(risk_feed=load_abi("RiskFeed"), attested_inputs=load_abi("AttestedInputs"))
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path}/relayer.db")


@pytest.fixture(scope="module")
def keypairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HotkeyKeypair]:
    folder = tmp_path_factory.mktemp("wallets")
    return {name: hotkey_of(open_or_create(folder, name)) for name in ("relayer", "honest", "thief")}


def reader(engine: Engine, client: SignedClient, url: str, hotkey: str, on_jobs: Callable[[], None]) -> SourceReader:
    manifest = SimpleNamespace(model_id=model_id(MODEL), layout=LAYOUT, circuit_id=CIRCUIT_ID)
    circuit = cast(Any, SimpleNamespace(manifest=manifest, directory=Path("circuit")))
    rules = IntakeRules(
        circuits={CIRCUIT_ID: circuit},
        model_ids=frozenset({model_id(MODEL)}),
        destinations=[Destination("home", 1, FEED_HOME)],
        abis=ABIS,
        signer_of=attestation_signer,
    )
    acceptor = Acceptor(IntakeStore(engine), Verdicts(), rules, on_jobs=on_jobs)
    return SourceReader(SourceSettings(url=url, hotkey=hotkey), client, acceptor, poll_seconds=0.01)


@asynccontextmanager
async def raw_server(answer: Answer) -> AsyncIterator[str]:
    """Answers with whatever bytes the test wants."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def slow_loris(requests: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
    await requests.readuntil(b"\r\n\r\n")
    answers.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    while not answers.is_closing():
        # a header byte now and then, so that no single read ever times out
        answers.write(b"X")
        await answers.drain()
        await asyncio.sleep(0.02)


async def huge_body(requests: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
    await requests.readuntil(b"\r\n\r\n")
    answers.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not answers.is_closing():
        answers.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        await answers.drain()


async def unsigned(requests: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
    await requests.readuntil(b"\r\n\r\n")
    body = json.dumps({"items": [], "next_cursor": 0}).encode()
    answers.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    await answers.drain()
    answers.close()


@pytest.mark.parametrize(
    ("attack", "expected"),
    [(slow_loris, PeerTimeoutError), (huge_body, MalformedResponseError), (unsigned, ResponseSignatureError)],
)
def test_pull_attack_ends_by_itself_and_stores_nothing(
    engine: Engine, keypairs: dict[str, HotkeyKeypair], attack: Answer, expected: type[PeerError]
) -> None:
    async def run() -> None:
        async with raw_server(attack) as url:
            client = SignedClient(keypairs["relayer"], url, keypairs["honest"].ss58_address, timeout=0.5)
            async with client:
                with pytest.raises(expected):
                    await reader(engine, client, url, keypairs["honest"].ss58_address, lambda: None).pull(
                        asyncio.Event()
                    )

    asyncio.run(run())
    assert Views(engine, {}).status().cursors == {}


def test_pull_page_signed_by_another_key_is_refused(engine: Engine, keypairs: dict[str, HotkeyKeypair]) -> None:
    honest = keypairs["honest"].ss58_address
    with serve(Feed(keypairs["thief"], [publication(validator=honest)])) as feed:

        async def run() -> None:
            async with SignedClient(keypairs["relayer"], feed.url, honest) as client:
                with pytest.raises((ResponseSignatureError, PeerError)):
                    await reader(engine, client, feed.url, honest, lambda: None).pull(asyncio.Event())

        asyncio.run(run())
    assert Views(engine, {}).jobs().jobs == ()


def test_run_hostile_source_beside_an_honest_one_stops_nothing(
    engine: Engine, keypairs: dict[str, HotkeyKeypair]
) -> None:
    honest = keypairs["honest"].ss58_address

    async def run(feed: Feed) -> SourceReader:
        stop = asyncio.Event()
        async with raw_server(slow_loris) as url:
            bad_client = SignedClient(keypairs["relayer"], url, keypairs["thief"].ss58_address, timeout=0.2)
            good_client = SignedClient(keypairs["relayer"], feed.url, honest)
            bad = reader(engine, bad_client, url, keypairs["thief"].ss58_address, lambda: None)
            good = reader(engine, good_client, feed.url, honest, lambda: None)
            tasks = [asyncio.create_task(one.run(stop)) for one in (bad, good)]

            async def both() -> None:
                while not Views(engine, {}).jobs().jobs or "no complete answer" not in str(bad.error):
                    await asyncio.sleep(0.05)

            await asyncio.wait_for(both(), 60)
            stop.set()
            await asyncio.gather(*tasks)
            await asyncio.gather(bad_client.aclose(), good_client.aclose())
        return bad

    with serve(Feed(keypairs["honest"], [publication(validator=honest)])) as feed:
        bad = asyncio.run(run(feed))
    assert bad.name == keypairs["thief"].ss58_address
    assert [job.source for job in Views(engine, {}).jobs().jobs] == [honest]
