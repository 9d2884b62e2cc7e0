"""The external API over real HTTP: answers are proven and verified, nothing is asked twice, errors say whose fault."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hexbytes import HexBytes
from sqlalchemy.exc import OperationalError
from web3.exceptions import ContractLogicError

from daemon.token_bucket import Rate
from neurons.validator.api.access_keys import Limits
from neurons.validator.api.app import body_bytes
from neurons.validator.api.messages import QueryView
from neurons.validator.api.queries import QueryTerms
from neurons.validator.api.query_store import NewQuery, QueryStore
from neurons.validator.api.settings import ApiSettings
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.queries import QueryAttempt, QueryFailedError
from neurons.validator.scorekeeper import StateUnavailableError
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError
from statements.errors import CircuitError
from tests.integration.neurons.api_parts import CUSTOMER, GENEROUS, Api, ApiBench, ProvingRunner
from tests.integration.neurons.parts import eventually
from tests.integration.neurons.subnet import MINER, STRANGER, VALIDATOR
from tests.integration.small_circuit import deploy, local_chain
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool


@pytest.fixture
def bench(tiny_circuit: Circuit, pool: ProverPool, tmp_path: Path) -> Iterator[ApiBench]:
    bench = ApiBench(tmp_path, f"sqlite:///{tmp_path}/validator.sqlite", ProvingRunner(tiny_circuit, pool))
    yield bench
    bench.runner.gate.set()
    bench.store.close()


@pytest.fixture
def api(bench: ApiBench) -> Iterator[Api]:
    with bench.serving() as api:
        yield api


@pytest.fixture(scope="module")
def refusing(tiny_circuit: Circuit, pool: ProverPool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One server for all requests that are refused before anybody is asked."""
    folder = tmp_path_factory.mktemp("refusing")
    bench = ApiBench(folder, f"sqlite:///{folder}/validator.sqlite", ProvingRunner(tiny_circuit, pool))
    with bench.serving() as api:
        yield api
    bench.store.close()


def test_query_answer_shows_outputs_of_the_verified_instances(api: Api) -> None:
    answer = api.query({"values": [0.1, -0.1] * 16})
    assert answer.status_code == 200, answer.text
    view, result = answer.json(), answer.json()["result"]
    assert view["state"] == "answered"
    assert result["inputs"][:2] == [410, -410]
    elements = [int(element, 16) for element in result["instances"]]
    assert result["outputs"] == elements[-2:]
    assert result["output_values"] == [output / 4096 for output in elements[-2:]]
    assert (result["circuit_id"], result["miner"], result["validator"]) == (
        api.circuit_id,
        MINER.ss58_address,
        VALIDATOR.ss58_address,
    )
    assert api.ask("GET", answer.headers["Location"]).json() == view
    assert api.ask("GET", "/v1/queries/" + "0" * 36).status_code == 404


def test_query_calldata_is_accepted_by_the_generated_verifier_on_a_chain(api: Api, tmp_path: Path) -> None:
    calldata = HexBytes(api.query().json()["result"]["calldata"])
    circuit = api.runner.circuit
    source = {"verifier.sol": circuit.paths.verifier_source.read_text("utf-8")}
    with local_chain(tmp_path) as chain:
        verifier = deploy(chain, source, circuit.manifest.verifier_contract)

        def accepts(data: HexBytes) -> bool:
            try:
                return int.from_bytes(chain.web3.eth.call({"to": verifier.address, "data": data}), "big") == 1
            except ContractLogicError:
                return False

        assert accepts(calldata)
        assert not accepts(HexBytes(calldata[:-1] + bytes([calldata[-1] ^ 1])))


def test_query_same_key_is_run_once_and_other_body_conflicts(api: Api) -> None:
    headers = {"Idempotency-Key": "mine"}
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: api.query(headers=headers), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json()["query_id"] for answer in answers}) == 1
    assert len(api.runner.asked) == 1
    assert sorted(answer.headers.get("Idempotent-Replayed", "false") for answer in answers) == ["false"] + ["true"] * 3
    other = api.query({"values": [0.5] * 32, "idempotency_key": "mine"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    both = api.query({"idempotency_key": "another"}, headers=headers)
    assert (both.status_code, both.json()["code"]) == (422, "malformed_request")
    assert len(api.runner.asked) == 1


def test_query_same_key_before_the_first_request_has_begun_it_waits_for_the_answer_too(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, second_answered = QueryStore.add, threading.Event()

    def slowly(store: QueryStore, query: NewQuery, quota: Rate) -> tuple[QueryView, bool]:
        view, new = add(store, query, quota)
        if new:
            stored.set()
            second_answered.wait(60)
        return view, new

    stored = threading.Event()
    monkeypatch.setattr(QueryStore, "add", slowly)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(api.query, headers={"Idempotency-Key": "mine"})
        assert stored.wait(60)
        second = api.query(headers={"Idempotency-Key": "mine"})
        second_answered.set()
        assert (second.status_code, second.headers["Idempotent-Replayed"]) == (200, "true")
        assert first.result().json() == second.json()
    assert len(api.runner.asked) == 1


def test_query_of_an_impossible_id_is_unknown_on_every_database(
    tiny_circuit: Circuit, pool: ProverPool, state_url: str, tmp_path: Path
) -> None:
    bench = ApiBench(tmp_path, state_url, ProvingRunner(tiny_circuit, pool))
    with bench.serving() as api:
        for query_id in ("%00", "%F0%9F%90%9F", "7"):
            answer = api.ask("GET", f"/v1/queries/{query_id}")
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_query")
    bench.store.close()


def test_query_that_takes_longer_than_the_server_waits_is_read_later(api: Api) -> None:
    api.runner.gate.clear()
    for arguments in ({"headers": {"Prefer": "respond-async"}}, {"body": {"respond_async": True}}):
        asynchronous = api.query(**arguments)
        assert asynchronous.status_code == 202
        assert asynchronous.headers["Preference-Applied"] == "respond-async"
    pending = api.query(headers={"Prefer": "wait=0"})
    assert (pending.status_code, pending.json()["result"]) == (202, None)
    api.runner.gate.set()
    ended = api.ask("GET", pending.headers["Location"], params={"wait": 60})
    assert ended.json()["state"] == "answered"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"values": [0.1] * 31}, 422, "values has 31 numbers, the circuit takes 32"),
        ({"values": [2.0] + [0.0] * 31}, 422, "values[0] = 2.0 is outside the circuit's range -1 to 1"),
        ({"inputs": [1] * 32}, 422, "both inputs and values"),
        ({"values": None}, 422, "neither inputs nor values"),
        ({"values": ["0.5"] * 32}, 422, "body.values.0 = '0.5'"),
        ({"values": None, "inputs": [True] * 32}, 422, "body.inputs.0 = True"),
        ({"values": None, "inputs": [10**400] * 32}, 422, "inputs[0] = 1"),
        ({"deadline_seconds": 0}, 422, "body.deadline_seconds = 0"),
        ({"deadline_seconds": 1e9}, 422, "body.deadline_seconds = 1000000000.0"),
        ({"outputs": [1]}, 422, "body.outputs"),
        ({"circuit_id": "0x" + "00" * 32}, 404, "is not offered"),
        ({"idempotency_key": "white space"}, 422, "body.idempotency_key = 'white space'"),
    ],
)
def test_query_that_is_wrong_is_refused_with_field_and_value(
    refusing: Api, body: dict[str, Any], status: int, said: str
) -> None:
    answer = refusing.query(body)
    refusal = answer.json()
    assert (answer.status_code, refusal["fault"]) == (status, "caller")
    assert said in refusal["message"]
    assert refusing.runner.asked == []


_MALFORMED = [
    b"",
    b"{",
    b"[NaN]",
    b'{"values":[NaN]}',
    b'{"circuit_id":"\\ud800"}',
    b"\xff",
    b"[" * 10_000,
    b"1" * 5000,
]


@pytest.mark.parametrize("content", _MALFORMED)
def test_query_that_is_no_json_object_is_refused_in_types(refusing: Api, content: bytes) -> None:
    answer = refusing.ask("POST", "/v1/queries", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")


def test_query_body_beyond_the_limit_is_refused_before_it_is_read(refusing: Api) -> None:
    # no larger than the largest circuit needs, because parsing holds up the miners' answers
    answer = refusing.ask("POST", "/v1/queries", content=b" " * (body_bytes(refusing.runner.circuits()) + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("failure", "status", "code", "fault"),
    [
        (QueryFailedError("none held", remedy="", fault="miners"), 502, "unproven", "responder"),
        (QueryFailedError("none there", remedy="", fault="network"), 503, "no_miner", "nobody"),
        (QueryFailedError("out of range", remedy="", fault="caller"), 422, "wrong_query", "caller"),
        (CircuitError("the pool is gone"), 500, "internal_error", "responder"),
        (KeyError("a secret"), 500, "internal_error", "responder"),
    ],
)
def test_query_that_fails_says_whose_fault_it_is(
    api: Api, failure: Exception, status: int, code: str, fault: str
) -> None:
    if isinstance(failure, QueryFailedError):
        failure.attempts = (QueryAttempt("5Miner", "http://m", AnswerFault.WRONG_TAG, Blame.MINER, 1.5),)
    api.runner.failure = failure
    answer = api.query()
    refusal = answer.json()
    assert (answer.status_code, refusal["code"], refusal["fault"]) == (status, code, fault)
    assert "secret" not in refusal["message"]
    view = api.ask("GET", answer.headers["Location"]).json()
    assert (view["state"], view["failure"]) == ("failed", refusal)
    if isinstance(failure, QueryFailedError):
        assert view["attempts"][0]["fault"] == "wrong_tag"


def test_query_whose_runner_gives_a_proof_of_other_inputs_is_never_answered(api: Api) -> None:
    api.runner.proves_instead = (1,) * 32
    answer = api.query()
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert api.ask("GET", answer.headers["Location"]).json()["result"] is None


def _disk_full(*_: object) -> None:
    """In place of a write to the database; a full disk cannot be had in a test."""
    raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))


def test_query_that_cannot_be_stored_is_refused_and_an_answer_that_cannot_is_not_lost(
    bench: ApiBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Idempotency-Key": "full"}
    with bench.serving() as api, monkeypatch.context() as full:
        full.setattr(QueryStore, "add", _disk_full)
        refused = api.query(headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (503, "state_unavailable")
        assert refused.json()["fault"] == "responder"
        assert bench.runner.asked == []
    with bench.serving() as api, monkeypatch.context() as full:
        full.setattr(QueryStore, "answered", _disk_full)
        left = api.query(headers=headers)
        assert (left.status_code, left.json()["state"]) == (202, "asked")
    parts = bench.parts()

    bench.runner.asked.clear()

    async def restart() -> str:
        assert [await parts.queries.resume() for _ in range(2)] == [1, 0]
        caller = bench.keys.caller_with(bench.key)
        assert caller is not None
        return (await parts.queries.wait(left.json()["query_id"], caller, 60)).state

    assert asyncio.run(restart()) == "answered"
    assert len(bench.runner.asked) == 1


def test_query_whose_answer_the_database_did_not_take_stays_open(bench: ApiBench) -> None:
    bench.runner.failure = StateUnavailableError("the outcome of request 0x01 cannot be stored: OperationalError")
    with bench.serving() as api:
        left = api.query()
        assert (left.status_code, left.json()["state"]) == (202, "asked")
    bench.runner.failure = None
    assert [view.state for _, view in QueryStore(bench.store.engine).open_queries()] == ["asked"]


def test_query_expires_with_its_deadline(api: Api) -> None:
    api.runner.gate.clear()
    answer = api.query({"deadline_seconds": 0.05})
    assert (answer.status_code, answer.json()["code"], answer.json()["fault"]) == (504, "expired", "nobody")


def test_query_beyond_what_is_taken_at_once_is_refused_and_known_ones_are_not(bench: ApiBench) -> None:
    bench.terms = QueryTerms(open_at_once=1)
    bench.runner.gate.clear()
    with bench.serving() as api:
        first = api.query({"respond_async": True, "idempotency_key": "first"})
        busy = api.query({"respond_async": True})
        again = api.query({"respond_async": True, "idempotency_key": "first"})
        bench.runner.gate.set()
    assert (first.status_code, busy.status_code, busy.json()["code"]) == (202, 503, "busy")
    assert busy.headers["Retry-After"] == "5"
    assert again.json()["query_id"] == first.json()["query_id"]


def test_query_of_a_newcomer_is_taken_when_one_caller_has_all_it_may(bench: ApiBench) -> None:
    bench.terms = QueryTerms(open_at_once=6, waits_of_a_caller=1)
    other = bench.keys.create("other", GENEROUS)[1]
    bench.runner.gate.clear()
    with bench.serving() as api:
        greedy = [api.query({"respond_async": True}) for _ in range(4)]
        headers = {"Authorization": f"Bearer {other}"}
        newcomer = [api.query({"respond_async": True}, headers=headers).status_code for _ in range(3)]
        path = greedy[0].headers["Location"]
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(api.ask, "GET", path, params={"wait": 60})
            eventually(lambda: api.parts.queries.waits == 1)
            # the second one is told how things stand
            assert api.ask("GET", path, params={"wait": 60}).json()["state"] == "asked"
            bench.runner.gate.set()
            assert waiting.result().json()["state"] == "answered"
    assert [answer.status_code for answer in greedy] == [202] * 3 + [503]
    assert newcomer == [202, 202, 503]


def test_restart_takes_up_what_is_open_and_expires_what_is_late(bench: ApiBench) -> None:
    bench.settings = ApiSettings(port=0, synchronous_seconds=0)
    bench.runner.gate.clear()
    with bench.serving() as api:
        open_one = api.query({"idempotency_key": "open"})
        # so late that nobody can be asked any more when the next process starts
        late = api.query({"deadline_seconds": 0.001, "idempotency_key": "late"})
    bench.runner.asked.clear()
    bench.runner.gate.set()
    parts = bench.parts()

    async def restart() -> list[str]:
        await parts.queries.resume()
        caller = bench.keys.caller_with(bench.key)
        assert caller is not None
        views = [await parts.queries.wait(each.json()["query_id"], caller, 60) for each in (open_one, late)]
        return [view.state for view in views]

    assert asyncio.run(restart()) == ["answered", "expired"]
    assert len(bench.runner.asked) == 1


def test_access_without_a_key_or_with_a_revoked_one_is_refused(bench: ApiBench, api: Api) -> None:
    other, secret = bench.keys.create("other", GENEROUS)
    mine = api.query({"respond_async": True}).headers["Location"]
    for authorization in ("", "Bearer", "Basic x", f"Bearer {api.key}x", f"Bearer vsk_{'0' * 16}_{'A' * 43}"):
        answer = api.ask("GET", "/v1/circuits", headers={"Authorization": authorization})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), authorization
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.ask("GET", "/v1/circuits", headers=headers).status_code == 200
    assert api.ask("GET", mine, headers=headers).status_code == 404, "another caller's query"
    bench.keys.revoke(other.key_id)
    assert api.ask("GET", "/v1/circuits", headers=headers).status_code == 401
    assert api.ask("GET", "/healthz", headers={"Authorization": ""}).json()["hotkey"] == VALIDATOR.ss58_address


def test_access_signed_by_a_hotkey_is_bound_to_the_body_and_the_answer_is_signed(bench: ApiBench, api: Api) -> None:
    bench.keys.create("customer", GENEROUS, hotkey=CUSTOMER.ss58_address)
    inputs: list[Any] = [0] * 32

    async def ask(keypair: Any) -> Any:
        async with SignedClient(keypair, api.url, VALIDATOR.ss58_address, 60) as client:
            await client.get_json("/v1/proofs", {"after": 0})
            return await client.post_json("/v1/queries", {"circuit_id": api.circuit_id, "inputs": inputs})

    assert asyncio.run(ask(CUSTOMER))["state"] == "answered"
    with pytest.raises(PeerRefusedError) as stranger:
        asyncio.run(ask(STRANGER))
    assert (stranger.value.status, stranger.value.authentic) == (403, True)
    # registered, so it may read; but it has no quota of queries, whatever it asks
    with pytest.raises(PeerRefusedError) as reader:
        asyncio.run(ask(MINER))
    assert (reader.value.status, reader.value.refusal and reader.value.refusal.code) == (403, "not_allowed")
    inputs[:] = ["malformed"]
    with pytest.raises(PeerRefusedError) as unread:
        asyncio.run(ask(MINER))
    assert (unread.value.status, unread.value.refusal and unread.value.refusal.code) == (403, "not_allowed")


def test_access_by_a_key_that_may_only_read_is_refused_before_the_body_is_read(bench: ApiBench, api: Api) -> None:
    secret = bench.keys.create("reader", Limits(queries_per_hour=0))[1]
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.ask("GET", "/v1/circuits", headers=headers).status_code == 200
    answer = api.ask("POST", "/v1/queries", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_rates_hold_under_concurrency_and_a_restart_gives_no_new_quota(bench: ApiBench) -> None:
    bench.key = (
        bench.keys.create("few", Limits(requests_per_second=0.001, request_burst=12, queries_per_hour=3))[1] or ""
    )
    together = threading.Barrier(8)

    def query(_: int) -> int:
        together.wait()
        return api.query({"respond_async": True}).status_code

    with bench.serving() as api, ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(query, range(8))) == [202] * 3 + [429] * 5
    with bench.serving() as api:
        refused = api.query()
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 0 < int(refused.headers["Retry-After"]) <= 1200
        with ThreadPoolExecutor(8) as threads:
            reads = list(threads.map(lambda _: api.ask("GET", "/v1/miners").status_code, range(16)))
        assert sorted(reads) == [200] * 11 + [429] * 5


def test_circuits_are_described_and_their_files_are_the_ones_of_the_hashes(api: Api) -> None:
    (circuit,) = api.ask("GET", "/v1/circuits").json()["circuits"]
    assert circuit["inputs"] == {"version": 1, "count": 32, "scale_bits": 12, "minimum": -4096, "maximum": 4096}
    assert circuit["expected_seconds"] > 0
    files = {file["name"]: file for file in circuit["files"]}
    assert set(files) == {"circuit.json", "settings.json", "verifying.key", "srs.bin"}
    for name, file in files.items():
        content = api.ask("GET", f"/v1/circuits/{api.circuit_id}/files/{name}").content
        assert (file["size"], file["sha256"]) == (len(content), "0x" + hashlib.sha256(content).hexdigest())
    assert files["verifying.key"]["sha256"] == api.circuit_id
    for name in ("proving.key", "network.onnx", "..%2Fcircuit.json"):
        assert api.ask("GET", f"/v1/circuits/{api.circuit_id}/files/{name}").status_code == 404
    assert api.ask("GET", "/v1/miners").json()["miners"][0]["hotkey"] == MINER.ss58_address
    assert api.ask("GET", "/v1/proofs", params={"after": 5}).json() == {"version": 1, "items": [], "next_cursor": 5}
