"""The client against a real API, and against one that lies in every field: nothing that does not hold comes out."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from neurons.validator.api.app import api_app, with_door
from neurons.validator.api.quantise import WrongInputError
from neurons.validator.queries import QueryFailedError
from signed_http.refusal import Fault
from tests.integration.neurons.api_parts import Api, ApiBench, ProvingRunner, proven
from tests.integration.neurons.parts import PROJECT, serving
from tests.integration.neurons.subnet import MINER, STRANGER, VALIDATOR
from tests.openapi import Document
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool
from veristake import AsyncClient, Client, PinnedCircuit
from veristake.client import VerifiedAnswer, errors
from veristake.client.checking import check_manifest

Answer = dict[str, Any]


class LyingApi:
    """Stands before a real API and changes what it says of a query, of a file, or whether it says anything."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.lie: Callable[[Answer], None] | None = None
        self.file_lie: Callable[[str, bytes], bytes] | None = None
        self.drop: int = 0
        self.location: str | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        messages: list[Any] = []

        async def collect(message: Any) -> None:
            messages.append(message)

        await self._app(scope, receive, collect)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        start = messages[0]
        if scope["path"].startswith("/v1/queries") and start["status"] == 200:
            if self.drop:
                self.drop -= 1
                start, body = {**start, "status": 502}, b"bad gateway"
            elif self.location is not None:
                start = {**start, "status": 302, "headers": [(b"location", self.location.encode())]}
            elif self.lie is not None:
                content = json.loads(body)
                self.lie(content)
                body = json.dumps(content).encode()
        if "/files/" in scope["path"] and self.file_lie is not None:
            body = self.file_lie(scope["path"].rpartition("/")[2], body)
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body, "more_body": False})


class Stage:
    def __init__(self, api: Api, lying: LyingApi, circuit: Circuit, folder: Path) -> None:
        self.api, self.lying, self.folder = api, lying, folder
        self.pinned = PinnedCircuit.read(circuit.directory)

    def client(self, **changes: Any) -> Client:
        arguments = {"validator": VALIDATOR.ss58_address, "cache": self.folder / "cache", **changes}
        return Client(
            self.api.url, arguments.pop("key", self.api.key), arguments.pop("circuit", self.pinned), **arguments
        )


@pytest.fixture(scope="module")
def stage(tiny_circuit: Circuit, pool: ProverPool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("client")
    bench = ApiBench(folder, f"sqlite:///{folder}/validator.sqlite", ProvingRunner(tiny_circuit, pool))
    parts = bench.parts()
    app = api_app(VALIDATOR.ss58_address, parts, bench.settings)
    lying = LyingApi(with_door(app, parts, VALIDATOR, bench.http))
    with serving(lying) as url:
        yield Stage(Api(url, bench.key, parts, bench.runner, Document(app.openapi())), lying, tiny_circuit, folder)
    bench.store.close()


@pytest.fixture(autouse=True)
def _honest_again(stage: Stage) -> Iterator[None]:
    yield
    stage.lying.lie = stage.lying.file_lie = stage.lying.location = stage.api.runner.failure = None
    stage.lying.drop = 0


def test_query_gives_what_was_verified_here(stage: Stage) -> None:
    with stage.client() as client:
        answer = client.query([0.25] * 32)
        assert answer.inputs == (1024,) * 32
        assert answer.values == tuple(output / 4096 for output in answer.outputs)
        assert answer.miner == MINER.ss58_address
        assert answer.calldata is not None
        assert client.circuits()[0].circuit_id == stage.pinned.circuit_id
        assert client.miners()[0].hotkey == MINER.ss58_address


def test_ten_lines_of_the_page_print_a_verified_answer(stage: Stage) -> None:
    page = (PROJECT / "docs" / "api.md").read_text("utf-8")
    lines = page.partition("```python\n")[2].partition("```")[0]
    assert len(lines.strip().splitlines()) <= 10
    environment = {
        **os.environ,
        "VERISTAKE_API": stage.api.url,
        "VERISTAKE_API_KEY": stage.api.key,
        "XDG_CACHE_HOME": str(stage.folder),
        "PYTHONPATH": str(PROJECT),
    }
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=False, cwd=PROJECT, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"proven by {MINER.ss58_address}\n")


def test_client_needs_nothing_that_its_extra_does_not_bring() -> None:
    others = ("bittensor", "fastapi", "sqlalchemy", "starlette", "uvicorn", "web3")
    code = f"import sys, veristake.client; print([name for name in {others} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout == "[]\n"


def test_query_asked_again_after_a_lost_answer_is_the_same_query(stage: Stage) -> None:
    asked = len(stage.api.runner.asked)
    stage.lying.drop = 2
    with stage.client() as client:
        answer = client.query([0.125] * 32, idempotency_key="lost")
        assert client.query([0.125] * 32, idempotency_key="lost") == answer
    assert len(stage.api.runner.asked) == asked + 1


@pytest.fixture(scope="module")
def other_answer(tiny_circuit: Circuit, pool: ProverPool) -> Answer:
    """A valid proof of other inputs, told as if it were of these."""
    answer = asyncio.run(proven(tiny_circuit, pool, (5,) * 32))
    run = answer.run.model_dump(mode="json")
    return {"proof": run["proof"], "instances": run["instances"]["elements"]}


def _set(**fields: Any) -> Callable[[Answer], None]:
    return lambda view: view["result"].update(fields)


def _one_more(name: str, position: int) -> Callable[[Answer], None]:
    def lie(view: Answer) -> None:
        numbers = view["result"][name]
        if isinstance(numbers[position], str):
            numbers[position] = f"0x{int(numbers[position], 16) + 1:064x}"
        else:
            numbers[position] += 1

    return lie


def _forge_outputs(view: Answer) -> None:
    """Outputs changed wherever they stand, so that only the proof itself contradicts them."""
    result = view["result"]
    result["outputs"][0] += 1
    result["output_values"][0] = result["outputs"][0] / 4096
    result["instances"][-2] = f"0x{result['outputs'][0]:064x}"
    result["calldata"] = None


LIES = {
    "outputs": (_one_more("outputs", 0), errors.WrongOutputsError),
    "output values": (_one_more("output_values", 1), errors.WrongOutputsError),
    "outputs everywhere": (_forge_outputs, errors.InvalidProofError),
    "too few outputs": (lambda view: view["result"]["outputs"].pop(), errors.WrongOutputsError),
    "too few instances": (lambda view: view["result"]["instances"].pop(), errors.WrongOutputsError),
    "inputs": (_one_more("inputs", 3), errors.WrongInputsError),
    "an input of the proof": (_one_more("instances", 3), errors.WrongInputsError),
    "a limb of the proof": (_one_more("instances", 33), errors.WrongTagError),
    "tag": (_set(tag="12345"), errors.WrongTagError),
    "nonce": (_set(nonce="0x" + "11" * 32), errors.WrongTagError),
    "miner": (_set(miner=STRANGER.ss58_address), errors.WrongTagError),
    "validator": (_set(validator=STRANGER.ss58_address), errors.WrongValidatorError),
    "circuit": (_set(circuit_id="0x" + "22" * 32), errors.WrongCircuitError),
    "calldata": (_set(calldata="0x1234"), errors.WrongCalldataError),
    "no proof": (_set(proof="0x", calldata=None), errors.InvalidProofError),
    "no result": (lambda view: view.update(result=None, state="answered"), errors.ApiMalformedError),
    "no view": (lambda view: view.clear(), errors.ApiMalformedError),
}


def _query_of_the_lies(client: Client) -> VerifiedAnswer:
    """One query serves all lies: its answer is honest, only what is told of it changes."""
    return client.query(inputs=[7] * 32, idempotency_key="lies")


@pytest.mark.parametrize("name", LIES)
def test_query_a_lie_is_refused_with_its_own_error(stage: Stage, name: str) -> None:
    stage.lying.lie, expected = LIES[name]
    with stage.client() as client, pytest.raises(expected):
        _query_of_the_lies(client)


def test_query_proof_of_other_inputs_is_refused(stage: Stage, other_answer: Answer) -> None:
    stage.lying.lie = _set(**other_answer)
    with stage.client() as client, pytest.raises(errors.WrongInputsError):
        _query_of_the_lies(client)
    # the instances are told as they should be: only the proof itself betrays it
    stage.lying.lie = _set(proof=other_answer["proof"], calldata=None)
    with stage.client() as client, pytest.raises(errors.InvalidProofError):
        _query_of_the_lies(client)


def test_query_old_answer_given_again_is_refused(stage: Stage) -> None:
    with stage.client() as client:
        first = client.query(inputs=[9] * 32)
        stage.lying.lie = lambda view: view.update(result=first.result.model_dump(mode="json"))
        with pytest.raises(errors.StaleNonceError):
            client.query(inputs=[9] * 32)
        # also when the API gives the earlier query's id with it
        stage.lying.lie = lambda view: view.update(query_id=first.query_id, result=first.result.model_dump(mode="json"))
        with pytest.raises(errors.StaleNonceError):
            client.query(inputs=[9] * 32)


def test_query_redirected_to_what_is_no_url_is_refused_as_no_answer(stage: Stage) -> None:
    stage.lying.location = "x:y"
    with stage.client() as client, pytest.raises(errors.ApiMalformedError, match="Location"):
        _query_of_the_lies(client)


def test_circuit_file_that_is_not_the_pinned_one_is_refused_and_not_kept(stage: Stage, tmp_path: Path) -> None:
    for name in ("verifying.key", "settings.json", "srs.bin", "circuit.json"):
        stage.lying.file_lie = partial(_changed_file, name)
        with stage.client(cache=tmp_path) as client, pytest.raises(errors.CircuitFilesError):
            client.query([0.0] * 32)
        assert name not in [path.name for path in tmp_path.rglob("*")]
    stage.lying.file_lie = None
    with stage.client(cache=tmp_path) as client:
        assert _query_of_the_lies(client).outputs


def _changed_file(name: str, asked: str, content: bytes) -> bytes:
    if asked != name:
        return content
    # the manifest lies where it is not hashed: in the scale, which decides what outputs mean
    if name == "circuit.json":
        return content.replace(b'"output_scale_bits": 12', b'"output_scale_bits": 10')
    return content + b" "


def test_circuit_without_a_request_tag_is_refused(tiny_circuit: Circuit) -> None:
    settings = json.loads(tiny_circuit.paths.settings.read_text())
    del settings["model_instance_shapes"][1]
    layout = tiny_circuit.manifest.layout.model_copy(update={"tag_limbs": 0})
    untagged = tiny_circuit.manifest.model_copy(update={"layout": layout})
    pinned = PinnedCircuit.read(tiny_circuit.directory)
    with pytest.raises(errors.CircuitFilesError, match="the request tag has 0 bits"):
        check_manifest(untagged, pinned, json.dumps(settings))


def test_query_refusals_say_whose_fault_it_is(stage: Stage) -> None:
    with (
        stage.client(key="vsk_wrong", cache=stage.folder / "none") as client,
        pytest.raises(errors.ApiRefusedError) as closed,
    ):
        client.query([0.0] * 32)
    assert (closed.value.status, closed.value.fault) == (401, Fault.CALLER)
    stage.api.runner.failure = QueryFailedError("nobody", remedy="", fault="miners")
    with stage.client() as client:
        with pytest.raises(errors.ApiRefusedError) as failed:
            client.query([0.0] * 32)
        with pytest.raises(WrongInputError, match="values has 3 numbers"):
            client.query([0.0] * 3)
    assert (failed.value.code, failed.value.fault) == ("unproven", Fault.RESPONDER)


def test_query_api_that_is_not_there_is_told(stage: Stage, free_port: int) -> None:
    async def ask() -> None:
        url = f"http://127.0.0.1:{free_port}"
        async with AsyncClient(url, "key", stage.pinned, cache=stage.folder / "cache") as client:
            client._transport._patience = 0.1
            await client._asked((1,), -29.5, "k")

    with pytest.raises(errors.ApiUnreachableError, match="connection refused"):
        asyncio.run(ask())
    assert httpx.get(stage.api.url + "/healthz", trust_env=False).status_code == 200
