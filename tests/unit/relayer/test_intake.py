"""What is taken from a validator, and what a bad one can do: nothing to others."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from relayer.acceptance import Acceptor, IntakeRules
from relayer.intake import PAGE_LIMIT, SourceReader
from relayer.keys import attestation_signer
from relayer.outbox.database import open_database
from relayer.outbox.intake_store import IntakeStore
from relayer.outbox.views import Views
from relayer.planning import ContractAbis, Destination
from relayer.settings import SourceSettings
from statements.abi import load_abi
from statements.errors import CircuitError, ProofRejectedError
from statements.instances import Instances
from statements.publication import Publication, PublicationPage
from statements.subject import model_id
from tests.unit.relayer.makers import (
    CIRCUIT_ID,
    FEED_ABROAD,
    FEED_HOME,
    INPUTS_ABROAD,
    LAYOUT,
    MODEL,
    inference,
    publication,
)

HOTKEY = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
ABIS = ContractAbis(risk_feed=load_abi("RiskFeed"), attested_inputs=load_abi("AttestedInputs"))


class PaperFeed:
    """Answers from memory, as the signed client would hand it over."""

    def __init__(self, *publications: Publication) -> None:
        self.publications = publications
        self.asked: list[int] = []
        self.answer: Callable[[int], Any] = self.page

    def page(self, after: int) -> Any:
        items = tuple(p for p in self.publications if p.cursor > after)
        return PublicationPage(items=items, next_cursor=items[-1].cursor if items else after).model_dump(mode="json")

    async def get_json(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        assert path == "/v1/proofs"
        after = int((params or {})["after"])
        self.asked.append(after)
        return self.answer(after)


class Verdicts:
    """Says of each proof what the test wants."""

    def __init__(self, valid: bool = True) -> None:
        self.valid = valid
        self.asked = 0
        self.broken = False

    async def verify(self, directory: Path, instances: Instances, proof: bytes) -> bool:
        self.asked += 1
        if self.broken:
            raise CircuitError("a prover process died")
        return self.valid


class Bench:
    def __init__(self, engine: Engine, feed: PaperFeed, verdicts: Verdicts, layout: Any = LAYOUT) -> None:
        manifest = SimpleNamespace(model_id=model_id(MODEL), layout=layout, circuit_id=CIRCUIT_ID)
        circuit = cast(Any, SimpleNamespace(manifest=manifest, directory=Path("circuit")))
        rules = IntakeRules(
            circuits={CIRCUIT_ID: circuit},
            model_ids=frozenset({model_id(MODEL)}),
            destinations=[Destination("home", 1, FEED_HOME), Destination("abroad", 2, FEED_ABROAD, INPUTS_ABROAD)],
            abis=ABIS,
            signer_of=attestation_signer,
        )
        self.woken = 0
        self.engine, self.store = engine, IntakeStore(engine)
        self.acceptor = acceptor = Acceptor(self.store, verdicts, rules, on_jobs=self.wake)
        self.reader = SourceReader(
            SourceSettings(url="http://validator", hotkey=HOTKEY),
            feed,
            acceptor,
            poll_seconds=0.001,
        )

    def wake(self) -> None:
        self.woken += 1

    def pull(self) -> tuple[int, bool]:
        return asyncio.run(self.reader.pull(asyncio.Event()))

    @property
    def jobs(self) -> int:
        return len(Views(self.engine, {}).jobs().jobs)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path}/relayer.db")


def by(cursor: int = 1, **changes: Any) -> Publication:
    return publication(cursor=cursor, validator=HOTKEY, **changes)


def test_pull_good_publication_gives_jobs_and_moves_the_cursor(engine: Engine) -> None:
    bench = Bench(engine, feed := PaperFeed(by(3)), Verdicts())
    assert bench.pull() == (0, False)
    assert (bench.jobs, bench.woken) == (3, 1)
    bench.pull()
    assert feed.asked == [0, 3]


def test_pull_same_statement_again_is_not_even_verified(engine: Engine) -> None:
    bench = Bench(engine, PaperFeed(by(1), by(2)), verdicts := Verdicts())
    bench.pull()
    assert (verdicts.asked, bench.jobs) == (1, 3)
    assert bench.store.cursor(HOTKEY) == 2


def test_pull_invalid_proof_is_refused_and_passed_over(engine: Engine) -> None:
    bench = Bench(engine, PaperFeed(by(1)), Verdicts(valid=False))
    assert bench.pull() == (1, False)
    assert (bench.jobs, bench.store.cursor(HOTKEY)) == (0, 1)


@pytest.mark.parametrize(
    "bad",
    [
        publication(validator="somebody else"),
        by(of=inference().model_copy(update={"circuit_id": "0x" + "dd" * 32})),
        by(
            of=inference().model_copy(
                update={"instances": Instances(layout=LAYOUT, elements=(1, 2, 3, 4, 1 << 20, 0, 5, 6))}
            )
        ),
    ],
)
def test_pull_wrong_publication_is_refused_before_verification(engine: Engine, bad: Publication) -> None:
    bench = Bench(engine, PaperFeed(bad), verdicts := Verdicts())
    assert bench.pull() == (1, False)
    assert (verdicts.asked, bench.jobs) == (0, 0)


def test_pull_other_layout_than_the_circuit_is_refused(engine: Engine) -> None:
    other = LAYOUT.model_copy(update={"output_scale_bits": 12})
    bench = Bench(engine, PaperFeed(by(1)), Verdicts(), layout=other)
    assert bench.pull() == (1, False)


def test_pull_other_model_is_skipped_without_blame(engine: Engine) -> None:
    of = inference()
    other = of.model_copy(update={"subject": of.subject.model_copy(update={"model_id": "0x" + "01" * 32})})
    bench = Bench(engine, PaperFeed(by(of=other)), Verdicts())
    assert bench.pull() == (0, False)
    assert (bench.jobs, bench.store.cursor(HOTKEY)) == (0, 1)


def test_pull_verifier_trouble_is_not_the_sources_fault_and_loses_nothing(engine: Engine) -> None:
    bench = Bench(engine, PaperFeed(by(1)), verdicts := Verdicts())
    verdicts.broken = True
    with pytest.raises(CircuitError):
        bench.pull()
    assert bench.store.cursor(HOTKEY) == 0
    verdicts.broken = False
    bench.pull()
    assert bench.jobs == 3


def test_pull_cursor_that_goes_back_is_refused(engine: Engine) -> None:
    feed = PaperFeed(by(1))
    feed.answer = lambda after: PaperFeed(by(2), by(2)).page(0)
    with pytest.raises(ProofRejectedError, match="publishes cursor 2 after 2"):
        Bench(engine, feed, Verdicts()).pull()


@pytest.mark.parametrize("answer", [None, [], {"items": "x"}, {"items": [], "next_cursor": -1}, RuntimeError("odd")])
def test_run_whatever_a_source_answers_it_is_asked_again(engine: Engine, answer: Any) -> None:
    feed = PaperFeed(by(1))

    def first_bad(after: int) -> Any:
        if len(feed.asked) < 3:
            if isinstance(answer, Exception):
                raise answer
            return answer
        return feed.page(after)

    feed.answer = first_bad
    bench = Bench(engine, feed, Verdicts())

    async def until_taken() -> None:
        stop = asyncio.Event()
        bench.acceptor._on_jobs = stop.set
        await asyncio.wait_for(bench.reader.run(stop), 30)

    asyncio.run(until_taken())
    assert bench.jobs == 3
    assert feed.asked == [0, 0, 0]


def test_pull_more_publications_than_asked_for_is_refused(engine: Engine) -> None:
    feed = PaperFeed(*(by(cursor) for cursor in range(1, PAGE_LIMIT + 2)))
    bench = Bench(engine, feed, verdicts := Verdicts())
    with pytest.raises(ProofRejectedError, match="51 publications when asked for 50"):
        bench.pull()
    assert (verdicts.asked, bench.store.cursor(HOTKEY)) == (0, 0)


def test_run_feed_without_an_end_waits_its_turn(engine: Engine) -> None:
    feed = PaperFeed()
    same = by(1)
    pages = 2

    def page(after: int) -> Any:
        items = tuple(same.model_copy(update={"cursor": after + n}) for n in range(1, PAGE_LIMIT + 1))
        return PublicationPage(items=items, next_cursor=after + PAGE_LIMIT)

    bench = Bench(engine, feed, Verdicts())
    pauses: list[float] = []

    async def until_paused() -> None:
        stop = asyncio.Event()

        async def pause(seconds: float, _: asyncio.Event) -> None:
            pauses.append(seconds)
            stop.set()

        intake = pytest.MonkeyPatch()
        intake.setattr("relayer.intake._pause", pause)
        intake.setattr("relayer.intake.PAGES_IN_A_ROW", pages)
        # the pages are of one statement, so that none of them costs a verification
        bench.store.skip = lambda source, cursor: None  # type: ignore[method-assign] # no disk for a thousand skips
        bench.store.cursor = lambda source: 0  # type: ignore[method-assign] # as above
        feed.answer = page
        try:
            await asyncio.wait_for(bench.reader.run(stop), 60)
        finally:
            intake.undo()

    asyncio.run(until_paused())
    assert len(pauses) == 1
    assert len(feed.asked) == pages
