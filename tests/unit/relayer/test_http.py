"""The HTTP service, asked without a socket: verbs want a token, submissions are idempotent, metrics are closed."""

import asyncio
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import jsonschema
import pytest
from fastapi import FastAPI

from relayer.balances import BalanceWatch, Level
from relayer.events import EVENTS
from relayer.http_service import Watched, build_app, read_token
from relayer.logs import event_counts
from relayer.metrics import FAMILIES, render
from relayer.outbox.database import open_database
from relayer.settings import ChainSettings
from statements.errors import ConfigurationError
from tests.openapi import Document
from tests.unit.relayer.makers import inference, publication
from tests.unit.relayer.test_intake import Bench, PaperFeed, Verdicts

TOKEN = "a-token-of-some-length"
ALLOWED = {"Authorization": f"Bearer {TOKEN}"}


class Service:
    def __init__(self, folder: Path, *, token: str | None = TOKEN) -> None:
        self.engine = open_database(f"sqlite:///{folder}/relayer.db")
        self.bench = Bench(self.engine, PaperFeed(), Verdicts())
        file = folder / "token"
        file.write_text(f"{token}\n")
        chain = ChainSettings.model_construct(name="home", chain_id=1)
        settings: Any = SimpleNamespace(chains=(chain,), api_token_file=file if token else None)
        watch = BalanceWatch(SimpleNamespace(), chain, "0xsigner")  # type: ignore[arg-type] # it is not asked here
        watch.wei, watch.level = 10**18, Level.LOW
        writer: Any = SimpleNamespace(name="home", health=SimpleNamespace(ready=True, error=""))
        source: Any = SimpleNamespace(name="5source", error="away")
        self.app: FastAPI = build_app(settings, self.engine, self.bench.acceptor, Watched([writer], [source], [watch]))
        self.document = Document(self.app.openapi())

    def ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://relayer") as client:
                return await client.request(method, path, **arguments)

        answer = asyncio.run(run())
        self.document.check(answer)
        return answer

    def submit(self, key: str = "first", **arguments: Any) -> httpx.Response:
        content = arguments.pop("content", publication().to_json())
        return self.ask(
            "POST", "/v1/publications", content=content, headers={**ALLOWED, "Idempotency-Key": key}, **arguments
        )


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """For requests that are refused: nothing is in it, before and after."""
    return Service(tmp_path_factory.mktemp("untouched"))


VERBS = [
    "/v1/publications",
    "/v1/jobs/1/bump",
    "/v1/jobs/1/cancel",
    "/v1/jobs/1/retry",
    "/v1/chains/home/pause",
    "/v1/chains/home/resume",
]


@pytest.mark.parametrize("path", VERBS)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer é"])
def test_verb_without_the_token_is_refused_and_changes_nothing(
    untouched: Service, path: str, header: str | None
) -> None:
    headers = {"Idempotency-Key": "k"} | ({} if header is None else {"Authorization": header.encode("latin-1")})  # type: ignore[dict-item] # bytes on purpose
    refused = untouched.ask("POST", path, headers=headers, content=publication().to_json())
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert untouched.bench.jobs == 0


def test_verbs_are_all_behind_the_token(service: Service) -> None:
    found = {
        path.replace("{job_id}", "1").replace("{name}", "home")
        for path, methods in service.app.openapi()["paths"].items()
        if set(methods) - {"get"}
    }
    assert found == set(VERBS)


def test_verb_without_token_file_is_forbidden_to_all(tmp_path: Path) -> None:
    service = Service(tmp_path, token=None)
    assert service.ask("POST", "/v1/chains/home/pause", headers=ALLOWED).status_code == 403


def test_submit_gives_jobs_and_the_same_answer_again(service: Service) -> None:
    first = service.submit()
    assert first.status_code == 200, first.text
    assert (first.json()["fate"], len(first.json()["jobs"])) == ("taken", 3)
    assert service.submit().json() == first.json()
    assert service.bench.jobs == 3
    known = service.submit("another")
    assert (known.json()["fate"], known.json()["jobs"]) == ("known", [])


def test_submit_key_with_another_publication_is_a_conflict(service: Service) -> None:
    service.submit()
    reused = service.submit(content=publication(inference(epoch=8)).to_json())
    assert (reused.status_code, reused.json()["code"]) == (409, "KeyReusedError")


@pytest.mark.parametrize(
    ("content", "status"),
    [("{}", 422), ("not json", 422), ("[" * 10_000, 422), (" " * (1024 * 1024 + 1), 413)],
    ids=["empty", "not JSON", "deep", "long"],
)
def test_submit_bad_body_is_refused(service: Service, content: str, status: int) -> None:
    assert service.submit(content=content).status_code == status
    assert service.bench.jobs == 0


def test_submit_proof_that_does_not_verify_is_refused_and_the_key_stays_free(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.bench.acceptor._verifier = Verdicts(valid=False)
    refused = service.submit()
    assert (refused.status_code, refused.json()["code"]) == (422, "ProofRejectedError")
    service.bench.acceptor._verifier = Verdicts()
    assert service.submit().status_code == 200


def test_submit_without_key_is_refused(service: Service) -> None:
    refused = service.ask("POST", "/v1/publications", content=publication().to_json(), headers=ALLOWED)
    assert refused.status_code == 422


def test_job_verbs_answer_state_or_the_reason(service: Service) -> None:
    service.submit()
    assert service.ask("POST", "/v1/jobs/1/cancel", headers=ALLOWED).json() == {"job": 1, "state": "cancelled"}
    assert service.ask("POST", "/v1/jobs/1/retry", headers=ALLOWED).json() == {"job": 1, "state": "queued"}
    bump = service.ask("POST", "/v1/jobs/1/bump", headers=ALLOWED)
    assert (bump.status_code, bump.json()["code"]) == (409, "NotPossibleError")
    assert service.ask("POST", "/v1/jobs/99/cancel", headers=ALLOWED).status_code == 404


def test_chain_verbs_pause_and_resume(service: Service) -> None:
    assert service.ask("POST", "/v1/chains/home/pause", headers=ALLOWED, json={"reason": "node moves"}).json()["paused"]
    assert 'veristake_relayer_chain_paused{chain="home"} 1' in service.ask("GET", "/metrics").text
    service.ask("POST", "/v1/chains/home/resume", headers=ALLOWED)
    assert 'veristake_relayer_chain_paused{chain="home"} 0' in service.ask("GET", "/metrics").text
    assert service.ask("POST", "/v1/chains/mars/pause", headers=ALLOWED).status_code == 404


def test_metrics_have_every_family_and_only_its_labels(service: Service) -> None:
    service.submit()
    event_counts["publication_taken", "info"] += 1
    text = service.ask("GET", "/metrics").text
    for family in FAMILIES:
        assert f"# TYPE veristake_relayer_{family.name} {family.kind}\n" in text
    assert 'veristake_relayer_jobs{chain="home",kind="submit",state="queued"} 1' in text
    assert 'veristake_relayer_balance_wei{chain="home",signer="0xsigner"} 1e+18' in text
    assert 'veristake_relayer_source_ready{source="5source"} 0' in text
    events = set(re.findall(r'events_total{event="(\w+)"', text))
    assert events <= {*EVENTS, "other"}


def test_render_escapes_labels_and_refuses_unknown_families() -> None:
    assert r'source="a\"b\\c\nd"' in render({"source_ready": {('a"b\\c\nd',): 1}})
    with pytest.raises(KeyError):
        render({"invented": {(): 1}})
    with pytest.raises(ValueError, match="has the labels"):
        render({"source_ready": {("a", "b"): 1}})


@pytest.mark.parametrize("content", ["", "short", " " * 30])
def test_read_token_too_short_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)
    with pytest.raises(ConfigurationError, match="less than 16"):
        read_token(tmp_path / "token")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/jobs?limit=0", 422),
        ("GET", "/v1/jobs?state=lost", 422),
        ("GET", "/v1/jobs/one", 422),
        ("POST", "/v1/jobs/one/bump", 422),
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/jobs/1", 405),
    ],
)
def test_malformed_request_is_answered_with_code_and_remedy(
    untouched: Service, method: str, path: str, status: int
) -> None:
    answer = untouched.ask(method, path, headers=ALLOWED)
    assert answer.status_code == status
    assert answer.json()["code"] == ("MalformedRequestError" if status == 422 else "HttpError")
    assert answer.json()["remedy"]


def test_every_path_answers_as_described(service: Service) -> None:
    service.submit()
    for path in ("healthz", "readyz", "metrics", "v1/status", "v1/jobs", "v1/jobs/1"):
        assert service.ask("GET", f"/{path}").status_code == 200, path
    for verb in ("bump", "cancel", "retry"):
        service.ask("POST", f"/v1/jobs/1/{verb}", headers=ALLOWED)
    for verb in ("pause", "resume"):
        service.ask("POST", f"/v1/chains/home/{verb}", headers=ALLOWED)
    paths = service.document.content["paths"]
    seen = {(method, path) for method, path, _ in service.document.seen}
    assert seen == {(method, path) for path, methods in paths.items() for method in methods}


def test_openapi_json_is_the_document_and_refers_to_nothing_that_is_not_in_it(service: Service) -> None:
    async def run() -> Any:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://relayer") as client:
            return (await client.get("/openapi.json")).json()

    document = asyncio.run(run())
    assert document == service.document.content
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    assert "Publication" in references


def test_publication_schema_takes_what_is_taken_and_refuses_what_is_refused(service: Service) -> None:
    schema = service.document.body_of("post", "/v1/publications")
    good = json.loads(publication().to_json())
    service.document.validate(schema, good)
    without_proof = {**good, "inference": {**good["inference"], "proof": None}}
    for bad in ({}, {**good, "more": 1}, without_proof):
        with pytest.raises(jsonschema.ValidationError):
            service.document.validate(schema, bad)
        assert service.submit(content=json.dumps(bad)).status_code == 422


@pytest.mark.parametrize("change", [{"code": 5}, {"more": "x"}, {"remedy": None}])
def test_document_notices_an_answer_that_is_not_as_described(service: Service, change: dict[str, Any]) -> None:
    real = service.ask("GET", "/v1/jobs/99")
    content = real.json() | change
    request = httpx.Request("GET", "http://relayer/v1/jobs/99")
    with pytest.raises(jsonschema.ValidationError):
        service.document.check(httpx.Response(404, json=content, request=request))
    with pytest.raises(AssertionError, match="does not describe 418"):
        service.document.check(httpx.Response(418, json=real.json(), request=request))


def test_unknown_job_is_answered_with_code_and_remedy(service: Service) -> None:
    answer = service.ask("GET", "/v1/jobs/99")
    assert answer.status_code == 404
    assert answer.json() == {
        "code": "UnknownJobError",
        "error": "there is no job 99",
        "remedy": "veristake relayer txs list shows them",
    }
