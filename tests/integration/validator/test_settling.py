"""What settling an outcome costs whom, with a real store."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from neurons.network import LocalNetwork
from neurons.validator.asking import Outcome
from neurons.validator.blame import MOST_REFUSALS_IN_A_ROW, Blame
from neurons.validator.check import AnswerFault
from neurons.validator.questions import Asked, Kind, Question
from neurons.validator.scorekeeper import Scorekeeper, StateUnavailableError
from signed_http.refusal import Fault
from statements.errors import ChainError
from statements.instances import Instances
from statements.proven_inference import ProvenInference
from tests.integration.validator.miners import FIRST, VALIDATOR, Bench, inputs_of
from tests.unit.neurons.parts import make_change, make_subject


def outcome(bench: Bench, fault: AnswerFault | None = None, seconds: float = 30.0) -> Outcome:
    """Of an observation; a verified one says what a verified one would, its proof is never looked at here."""
    question = Question(Kind.OBSERVATION, bench.circuit, inputs_of(bench.circuit), make_subject())
    asked = Asked(question, VALIDATOR.ss58_address, FIRST.ss58_address, seconds)
    run = None
    if fault is None:
        layout = bench.circuit.manifest.layout
        run = ProvenInference(
            circuit_id=question.circuit_id,
            subject=make_subject(),
            instances=Instances.build(layout, question.inputs, asked.tag, (0,) * layout.output_count),
            proof="0xab",
            prover=FIRST.ss58_address,
            prove_seconds=1.0,
        )
    return Outcome(asked, 1.0, run, fault, refusal=None, detail="", seconds=1.0)


def settle(keeper: Scorekeeper, found: Outcome) -> Any:
    return asyncio.run(keeper.settle(found, others_reachable=True))


def test_settle_verified_observation_scores_and_publishes_together(bench: Bench) -> None:
    settlement = settle(bench.workings().scorekeeper, outcome(bench))
    assert (settlement.blame, settlement.cursor) == (Blame.NOBODY, 1)
    (item,) = bench.store.page(0, 10).items
    (change,) = bench.store.changes(FIRST.ss58_address)
    (record,) = bench.store.outcomes(FIRST.ss58_address)
    assert item.inference.statement_id == change.statement_id == record.statement_id
    assert change.nonce == record.nonce


def test_settle_fault_for_one_statement_costs_once_and_each_is_on_record(bench: Bench) -> None:
    keeper = bench.workings().scorekeeper
    settle(keeper, outcome(bench, AnswerFault.WRONG_TAG))
    settle(keeper, outcome(bench, AnswerFault.INVALID_PROOF))
    assert [change.reason for change in bench.store.changes(FIRST.ss58_address)] == ["wrong_tag"]
    assert [found.fault for found in bench.store.outcomes(FIRST.ss58_address)] == ["invalid_proof", "wrong_tag"]


@pytest.mark.parametrize(("seconds", "blame"), [(30.0, Blame.MINER), (29.9, Blame.NOBODY)])
def test_settle_timeout_is_blamed_only_after_the_whole_of_it(bench: Bench, seconds: float, blame: Blame) -> None:
    found = refusing(bench, 1.0, fault=AnswerFault.TIMED_OUT, seconds=seconds)
    assert settle(bench.workings(timeout=30).scorekeeper, found).blame is blame


def refusing(
    bench: Bench, at: float, *, kind: Kind = Kind.QUERY, fault: AnswerFault | None = AnswerFault.REFUSED, **fields: Any
) -> Outcome:
    """A query or benchmark that was not answered; a verified one without a fault."""
    question = Question(kind, bench.circuit, inputs_of(bench.circuit))
    asked = Asked(question, VALIDATOR.ss58_address, FIRST.ss58_address, fields.get("seconds", 30.0), 30.0)
    refusal = Fault.NOBODY if fault is AnswerFault.REFUSED else None
    run = None if fault is not None else _plain(outcome(bench))
    return Outcome(asked, at, run, fault, refusal=refusal, detail="", seconds=0.1)


def blames(bench: Bench, outcomes: Iterable[Outcome]) -> list[Blame]:
    keeper = bench.workings(timeout=30).scorekeeper
    return [settle(keeper, each).blame for each in outcomes]


_MINUTES = [60.0 * minute for minute in range(1, MOST_REFUSALS_IN_A_ROW + 2)]


@pytest.mark.parametrize("fault", [AnswerFault.REFUSED, AnswerFault.ABANDONED])
def test_settle_always_refusing_or_late_is_blamed_in_the_end_once_a_minute(bench: Bench, fault: AnswerFault) -> None:
    found = blames(bench, [refusing(bench, at, fault=fault) for at in _MINUTES])
    assert found == [Blame.NOBODY] * MOST_REFUSALS_IN_A_ROW + [Blame.MINER]
    # the same minute again costs nothing more, the next does, also for a validator that was started anew
    late = [refusing(bench, _MINUTES[-1] + seconds, fault=fault) for seconds in (10.0, 20.0, 60.0)]
    assert blames(bench, late) == [Blame.NOBODY, Blame.NOBODY, Blame.MINER]


def test_settle_refusals_within_a_minute_count_once(bench: Bench) -> None:
    assert set(blames(bench, [refusing(bench, 60.0 + second) for second in range(0, 59, 2)])) == {Blame.NOBODY}


def test_settle_refusals_of_what_had_too_little_time_never_count(bench: Bench) -> None:
    # whoever may query could otherwise destroy any score
    found = blames(bench, [refusing(bench, at, seconds=0.2) for at in _MINUTES * 2])
    assert set(found) == {Blame.NOBODY}
    assert bench.store.outcomes(FIRST.ss58_address)[0].fault == "declined"
    assert blames(bench, [refusing(bench, 3600.0)]) == [Blame.NOBODY]


@pytest.mark.parametrize(("kind", "last"), [(Kind.BENCHMARK, Blame.MINER), (Kind.QUERY, Blame.NOBODY)])
def test_settle_only_an_answer_of_the_same_kind_ends_the_row(bench: Bench, kind: Kind, last: Blame) -> None:
    """Answering benchmarks must not pay for refusing queries."""
    blames(bench, [refusing(bench, at) for at in _MINUTES[:-1]])
    blames(bench, [refusing(bench, _MINUTES[-2] + 1, kind=kind, fault=None)])
    assert blames(bench, [refusing(bench, _MINUTES[-1])]) == [last]


def test_settle_detail_with_control_characters_is_stored_without_them(bench: Bench) -> None:
    found = replace(refusing(bench, 60.0), detail="no\x00 room\x1b[2J\ud800")
    settle(bench.workings().scorekeeper, found)
    assert bench.store.outcomes(FIRST.ss58_address)[0].detail == "no  room [2J "


def test_settle_full_disk_changes_nothing_and_is_told(bench: Bench) -> None:
    keeper = bench.workings().scorekeeper
    with bench.store.engine.connect() as connection:
        # SQLite then says that database or disk is full, as on a full disk
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    from sqlalchemy import event

    def full(raw: Any, *_: Any) -> None:
        raw.execute(f"PRAGMA max_page_count = {pages}")

    bench.store.engine.dispose()
    event.listen(bench.store.engine, "connect", full)
    big = outcome(bench)
    assert big.run is not None
    huge = big.run.model_copy(update={"proof": "0x" + "ab" * 200_000})
    full_outcome = Outcome(big.asked, 1.0, huge, None, refusal=None, detail="", seconds=1.0)
    with pytest.raises(StateUnavailableError, match="OperationalError"):
        settle(keeper, full_outcome)
    assert bench.store.page(0, 10).items == ()
    assert bench.store.changes(FIRST.ss58_address) == bench.store.outcomes(FIRST.ss58_address) == ()


def test_settle_cancelled_ends_by_itself_and_the_next_change_of_the_score_waits_for_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.store.settle(None, make_change(FIRST.ss58_address, score=1.0))
    entered, release, settle_once = threading.Event(), threading.Event(), bench.store.settle

    def held(*arguments: Any) -> Any:
        entered.set()
        assert release.wait(60)
        return settle_once(*arguments)

    monkeypatch.setattr(bench.store, "settle", held)
    workings = bench.workings()
    keeper = workings.scorekeeper
    faults = [refusing(bench, 60.0, fault=AnswerFault.WRONG_TAG) for _ in range(2)]

    async def go() -> None:
        left = asyncio.create_task(keeper.settle(faults[0], others_reachable=True))
        await asyncio.to_thread(entered.wait)
        left.cancel()
        await asyncio.wait([left])
        # the second would otherwise read the score that the first is about to change
        asyncio.get_running_loop().call_later(0.1, release.set)
        await keeper.settle(faults[1], others_reachable=True)
        assert left.cancelled()

    asyncio.run(go())
    falls = [(change.previous, change.score) for change in bench.store.changes(FIRST.ss58_address, 2)]
    assert falls == [(0.6, pytest.approx(0.36)), (1.0, 0.6)]
    assert workings.meters.registry.get_sample_value("veristake_validator_blame_total", {"blame": "miner"}) == 2


def test_settle_network_that_hangs_keeps_no_proved_answer_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, answers, waited = bench.workings().scorekeeper, threading.Event(), []
    settle(keeper, outcome(bench))

    def hangs(_: LocalNetwork) -> Any:
        waited.append(answers.wait(5))
        return ()

    monkeypatch.setattr(LocalNetwork, "neurons", hangs)

    async def go() -> None:
        await keeper.settle(refusing(bench, 60.0, fault=None), others_reachable=True)
        answers.set()

    asyncio.run(go())
    assert False not in waited
    assert len(bench.store.changes(FIRST.ss58_address)) == 2


def test_settle_network_gone_uses_the_number_of_miners_that_it_knew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.announce(FIRST, "http://127.0.0.1:1")
    keeper = bench.workings().scorekeeper
    first = outcome(bench)
    settle(keeper, first)

    def gone(_: LocalNetwork) -> Any:
        raise ChainError("the network does not answer")

    monkeypatch.setattr(LocalNetwork, "neurons", gone)
    fault = settle(keeper, outcome(bench, AnswerFault.WRONG_TAG))
    assert fault.blame is Blame.MINER
    query = Question(Kind.QUERY, bench.circuit, inputs_of(bench.circuit))
    again = Outcome(
        Asked(query, VALIDATOR.ss58_address, FIRST.ss58_address, 30.0),
        1.0,
        first.run,
        None,
        refusal=None,
        detail="",
        seconds=1.0,
    )
    # the answer of another kind is scored with the miners known from before
    assert settle(keeper, Outcome(**{**vars(again), "run": _plain(first)})).change.figures["miners"] == 1


def _plain(found: Outcome) -> Any:
    from statements.proven_run import ProvenRun

    assert found.run is not None
    return ProvenRun(**{name: getattr(found.run, name) for name in ProvenRun.model_fields})
