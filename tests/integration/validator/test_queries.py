"""A customer's query against real miners over HTTP: hedged, retried, and answered by verified instances only."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy.exc import DataError, OperationalError

from neurons.validator import race
from neurons.validator.api.access_keys import Caller, Limits
from neurons.validator.api.messages import QueryRequest
from neurons.validator.api.queries import Queries
from neurons.validator.api.query_store import Failure, QueryStore
from neurons.validator.asking import Asker
from neurons.validator.assembly import Workings
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.choose import Candidate
from neurons.validator.queries import KeepAnswer, QueryAnswer, QueryFailedError
from neurons.validator.questions import Kind, Question
from neurons.validator.scorekeeper import Scorekeeper
from neurons.validator.store import ValidatorStore
from neurons.validator.verification import Verifier
from signed_http.refusal import Fault, Refusal
from statements.proven_run import ProvenRun
from statements.request_tag import request_tag
from tests.integration.neurons.parts import serving
from tests.integration.validator.miners import FIRST, SECOND, THIRD, VALIDATOR, Bench, SmallMiner, inputs_of
from verifier_gen.circuit import Circuit
from veristake.demo.processes import free_port

FORGED = {"alter": lambda run: run.model_copy(update={"proof": "0x" + "ab" * len(run.proof_bytes)})}
HANGS = {"seconds": 3600.0}


def ask(
    bench: Bench, *miners: SmallMiner, deadline: float = 60, keep: KeepAnswer | None = None, **workings: Any
) -> QueryAnswer:
    """Ask ``miners``, the first of whom is known as the quickest."""

    async def go(asking: Workings) -> QueryAnswer:
        for place, miner in enumerate(miners):
            # so that the choice is the test's: the first is expected soonest
            asking.measurements.add(bench.circuit.manifest.circuit_id, miner.keypair.ss58_address, 0.1 * (place + 1))
        try:
            circuit_id = bench.circuit.manifest.circuit_id
            return await asking.queries.run(circuit_id, inputs_of(bench.circuit), deadline, keep)
        finally:
            await asking.asker.aclose()

    with ExitStack() as servers:
        for miner in miners:
            bench.announce(miner.keypair, servers.enter_context(serving(miner.app())))
        return asyncio.run(go(bench.workings(**workings)))


def test_run_honest_miner_gives_outputs_of_the_verified_instances(bench: Bench, tiny_circuit: Circuit) -> None:
    answer = ask(bench, miner := bench.miner(FIRST))
    (request,) = miner.asked
    assert answer.outputs == answer.run.instances.outputs
    length = len(answer.run.model_dump_json())
    assert 1.5 * length < Question(Kind.QUERY, tiny_circuit, request.inputs).maximum_answer_bytes < 20 * length
    assert answer.run.instances.inputs == request.inputs == inputs_of(tiny_circuit)
    assert answer.tag == request_tag(
        nonce=answer.nonce,
        validator=VALIDATOR.ss58_address,
        miner=answer.miner,
        circuit_id=tiny_circuit.manifest.circuit_id,
        inputs=request.inputs,
        bits=tiny_circuit.manifest.layout.tag_bits,
    )
    assert [(attempt.miner, attempt.fault) for attempt in answer.attempts] == [(FIRST.ss58_address, None)]
    (outcome,) = bench.store.outcomes(FIRST.ss58_address)
    assert (outcome.kind, outcome.fault, outcome.nonce) == ("query", None, request.nonce)
    assert bench.store.score(FIRST.ss58_address) > 0


def test_run_answer_that_cannot_be_kept_scores_nobody(bench: Bench) -> None:
    class KilledError(Exception):
        """Stands for the end of the process."""

    def die(*_: Any) -> None:
        raise KilledError

    miner = bench.miner(FIRST)
    with pytest.raises(KilledError):
        ask(bench, miner, keep=die)
    assert bench.store.score(FIRST.ss58_address) == 0
    assert bench.store.outcomes(FIRST.ss58_address) == bench.store.changes(FIRST.ss58_address) == ()


def test_run_answer_is_settled_once_the_database_is_free_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    settle, attempts = bench.store.settle, []

    def locked_at_first(*arguments: Any) -> Any:
        attempts.append(arguments)
        if len(attempts) < 3:
            raise OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))
        return settle(*arguments)

    monkeypatch.setattr(bench.store, "settle", locked_at_first)
    miner = bench.miner(FIRST)
    answer = ask(bench, miner)
    assert (answer.miner, len(attempts), len(miner.asked)) == (FIRST.ss58_address, 3, 1)
    assert [found.fault for found in bench.store.outcomes(FIRST.ss58_address)] == [None]
    assert bench.store.score(FIRST.ss58_address) > 0


def test_query_that_ended_before_its_answer_came_still_pays_the_miner(bench: Bench) -> None:
    stored = QueryStore(bench.store.engine)
    caller = Caller("key:a", Limits())
    circuit_id = bench.circuit.manifest.circuit_id
    request = QueryRequest(circuit_id=circuit_id, inputs=inputs_of(bench.circuit), deadline_seconds=120.0)

    def too_late(run: ProvenRun) -> ProvenRun:
        ((_, view),) = stored.open_queries()
        stored.expired(view.query_id, Failure(refusal=Refusal(code="expired", message="late", fault=Fault.NOBODY)))
        return run

    async def go(url: str) -> str:
        bench.announce(FIRST, url)
        workings = bench.workings()
        queries = Queries(workings.queries, stored, VALIDATOR.ss58_address)
        try:
            view, _ = await queries.accept(caller, request, None)
            return (await queries.wait(view.query_id, caller, 60)).state
        finally:
            await workings.asker.aclose()

    with serving(bench.miner(FIRST, alter=too_late).app()) as url:
        assert asyncio.run(go(url)) == "expired"
    assert bench.store.score(FIRST.ss58_address) > 0


def test_run_forger_first_is_blamed_and_the_next_miner_answers(bench: Bench) -> None:
    answer = ask(bench, bench.miner(FIRST, **FORGED), bench.miner(SECOND))
    assert answer.miner == SECOND.ss58_address
    assert [(attempt.fault, attempt.blame) for attempt in answer.attempts] == [
        (AnswerFault.INVALID_PROOF, Blame.MINER),
        (None, Blame.NOBODY),
    ]
    assert bench.store.changes(FIRST.ss58_address)[0].reason == "invalid_proof"


def test_run_hanging_miner_is_hedged_and_being_slower_costs_nothing(bench: Bench) -> None:
    answer = ask(bench, bench.miner(FIRST, **HANGS), bench.miner(SECOND))
    assert answer.miner == SECOND.ss58_address
    assert [attempt.fault for attempt in answer.attempts] == [None, AnswerFault.ABANDONED]
    assert bench.store.changes(FIRST.ss58_address) == ()
    # it was late by its own measure: that is on record, because who is always late offers nothing
    (outcome,) = bench.store.outcomes(FIRST.ss58_address)
    assert (outcome.fault, outcome.blame, outcome.kind) == ("abandoned", "nobody", "query")


def test_run_hanging_miner_alone_is_timed_out_and_blamed_when_it_had_its_full_time(bench: Bench) -> None:
    with pytest.raises(QueryFailedError) as caught:
        ask(bench, bench.miner(FIRST, **HANGS), timeout=0.3)
    assert caught.value.fault == "miners"
    assert [attempt.fault for attempt in caught.value.attempts] == [AnswerFault.TIMED_OUT]
    assert bench.store.changes(FIRST.ss58_address)[0].reason == "timed_out"


def test_run_learned_timeout_too_short_is_not_the_end_of_a_query_that_has_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scorekeeper, "timeout", lambda *_: 0.2)
    for rest in ("FIRST_REST_SECONDS", "BLAMED_REST_SECONDS"):
        monkeypatch.setattr(race, rest, 0.01)
    answer = ask(bench, bench.miner(FIRST, seconds=0.4))
    assert [attempt.fault for attempt in answer.attempts] == [AnswerFault.TIMED_OUT, None]


def test_run_deadline_shorter_than_a_proof_blames_nobody(bench: Bench) -> None:
    with pytest.raises(QueryFailedError) as caught:
        ask(bench, bench.miner(FIRST, **HANGS), deadline=0.3)
    assert caught.value.fault == "nobody"
    assert bench.store.changes(FIRST.ss58_address) == ()


def test_run_busy_miners_refusal_costs_nothing_and_the_next_is_asked(bench: Bench) -> None:
    answer = ask(bench, bench.miner(FIRST, refusal=Fault.NOBODY), bench.miner(SECOND))
    assert [(attempt.fault, attempt.blame) for attempt in answer.attempts] == [
        (AnswerFault.REFUSED, Blame.NOBODY),
        (None, Blame.NOBODY),
    ]
    assert bench.store.changes(FIRST.ss58_address) == ()


def test_run_miner_whose_answers_upset_the_http_library_takes_nobody_along(bench: Bench) -> None:
    async def redirect(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 302, "headers": [(b"location", b"x:y")]})
        await send({"type": "http.response.body", "body": b""})

    with serving(redirect) as url:
        bench.announce(THIRD, url)
        answer = ask(bench, bench.miner(FIRST))
        assert answer.miner == FIRST.ss58_address
        asking = bench.workings()
        survey = asyncio.run(asking.fleet.survey())
        assert type(survey.failed[THIRD.ss58_address]).__name__ == "MalformedResponseError"
        candidate = Candidate(THIRD.ss58_address, url, workers=1, in_flight=0, asked=0)
        question = Question(Kind.QUERY, bench.circuit, inputs_of(bench.circuit))
        assert asyncio.run(asking.asker.ask(candidate, question, 5)).fault is AnswerFault.MALFORMED


def test_run_only_miner_is_busy_and_is_asked_again_until_it_answers(bench: Bench) -> None:
    miner = bench.miner(FIRST, refusals=[Fault.NOBODY, Fault.NOBODY])
    answer = ask(bench, miner)
    assert [attempt.fault for attempt in answer.attempts] == [AnswerFault.REFUSED, AnswerFault.REFUSED, None]
    assert len({request.nonce for request in miner.asked}) == 3


def test_run_all_miners_are_down_waits_for_one_that_comes_back(bench: Bench) -> None:
    miner = bench.miner(FIRST)
    bench.announce(FIRST, f"http://127.0.0.1:{free_port()}")

    async def go(asking: Workings, servers: ExitStack) -> QueryAnswer:
        query = asyncio.create_task(asking.queries.run(bench.circuit.manifest.circuit_id, inputs_of(bench.circuit), 60))
        while FIRST.ss58_address not in asking.fleet.latest_survey.failed:
            await asyncio.sleep(0.01)
        bench.announce(FIRST, servers.enter_context(serving(miner.app())))
        return await query

    with ExitStack() as servers:
        assert asyncio.run(go(bench.workings(), servers)).miner == FIRST.ss58_address


def test_run_attempt_that_cannot_be_settled_does_not_end_the_query(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = ValidatorStore.settle

    def refuses_failures(store: ValidatorStore, outcome: Any, *rest: Any) -> Any:
        if outcome.fault is not None:
            raise DataError("INSERT", {}, ValueError("a value that PostgreSQL refuses"))
        return settle(store, outcome, *rest)

    monkeypatch.setattr(ValidatorStore, "settle", refuses_failures)
    answer = ask(bench, bench.miner(FIRST, **FORGED), bench.miner(SECOND))
    assert (answer.miner, answer.attempts[0].blame) == (SECOND.ss58_address, Blame.VALIDATOR)


def test_run_full_disk_at_verification_is_the_validators_fault(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    async def verify(*_: Any) -> bool:
        tried.append(1)
        if len(tried) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return True

    monkeypatch.setattr(Verifier, "verify", verify)
    answer = ask(bench, bench.miner(FIRST))
    assert [(attempt.fault, attempt.blame) for attempt in answer.attempts] == [
        ("verifier_failed", "validator"),
        (None, "nobody"),
    ]


def test_run_miner_whose_check_breaks_is_given_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Asker, "ask", broken)
    asking = bench.workings()
    with serving(bench.miner(FIRST).app()) as url:
        bench.announce(FIRST, url)
        with pytest.raises(ZeroDivisionError):
            asyncio.run(asking.queries.run(bench.circuit.manifest.circuit_id, inputs_of(bench.circuit), 60))
    assert asking.fleet.in_flight(FIRST.ss58_address) == 0


def test_run_deadline_shorter_than_learned_goes_on_record_as_such(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed: list[tuple[float, float]] = []
    ask_for_real = Asker.ask

    async def recorded(asker: Asker, miner: Candidate, question: Question, seconds: float, full_seconds: float) -> Any:
        allowed.append((seconds, full_seconds))
        outcome = await ask_for_real(asker, miner, question, seconds, full_seconds)
        assert not outcome.asked.had_its_time
        raise ZeroDivisionError

    monkeypatch.setattr(Asker, "ask", recorded)
    with pytest.raises(ZeroDivisionError):
        ask(bench, bench.miner(FIRST), deadline=29)
    assert allowed[0][0] < 29.1 < allowed[0][1] == 30


def test_run_nobody_holds_the_circuit_is_told(bench: Bench) -> None:
    with pytest.raises(QueryFailedError, match="no miner is free") as caught:
        ask(bench)
    assert caught.value.fault == "network"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"circuit_id": "0x" + "00" * 32}, "is not served here"),
        ({"inputs": (1, 2)}, "2 inputs given, the circuit takes 32"),
        ({"inputs": (0,) * 31 + (4097,)}, "an input exceeds 4096"),
        ({"inputs": (-4097,) + (0,) * 31}, "an input exceeds 4096"),
        ({"deadline_seconds": 0.0}, "is not in"),
    ],
)
def test_run_what_the_caller_did_wrong_is_the_callers_fault(bench: Bench, fields: dict[str, Any], message: str) -> None:
    circuit = bench.circuit
    given = {"circuit_id": circuit.manifest.circuit_id, "inputs": inputs_of(circuit), "deadline_seconds": 1.0}
    with pytest.raises(QueryFailedError, match=message) as caught:
        asyncio.run(bench.workings().queries.run(**(given | fields)))
    assert caught.value.fault == "caller"
