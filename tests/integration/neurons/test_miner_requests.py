"""Queries, benchmarks and competitions, asked of a real miner server that proves with EZKL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from neurons.artefacts.bundle import bundle_of
from neurons.messages import Capabilities, CompetitionEntry
from neurons.miner.app import miner_app
from neurons.miner.competing import Competitions
from neurons.miner.fair_order import RequestKind
from signed_http.client import SignedClient
from signed_http.errors import PeerRefusedError, PeerTimeoutError
from signed_http.refusal import Fault
from signed_http.server import SignedRequests
from statements.proven_run import ProvenRun
from statements.request_tag import request_tag
from tests.integration.neurons.parts import eventually, serving
from tests.integration.neurons.subnet import MINER, VALIDATOR, Parts

NONCE = "0x" + "44" * 32
INPUTS = [(-1) ** position * 37 * position for position in range(32)]


@pytest.fixture
def asked(parts: Parts) -> Iterator[Any]:
    """Ask a real miner server."""
    service = parts.service(limit=1, competitions=Competitions({"spring": parts.circuit}, ["http://source.example"]))
    gate = parts.gate()
    with serving(SignedRequests(miner_app(service, gate), MINER)) as url:

        def ask(path: str = "/v1/queries", timeout: float = 30, **changes: Any) -> Any:
            fields = {
                "nonce": NONCE,
                "circuit_id": parts.circuit.manifest.circuit_id,
                "inputs": INPUTS,
                "deadline_seconds": 30,
                **changes,
            }
            fields = {name: value for name, value in fields.items() if value is not None}

            async def go() -> Any:
                async with SignedClient(VALIDATOR, url, MINER.ss58_address, timeout) as client:
                    return await (
                        client.post_json(path, fields) if path != "/v1/capabilities" else client.get_json(path)
                    )

            return asyncio.run(go())

        ask.service = service  # type: ignore[attr-defined]
        yield ask


@pytest.mark.parametrize("path", ["/v1/queries", "/v1/benchmarks"])
def test_queries_given_inputs_are_proved_under_the_tag_of_the_request(asked: Any, parts: Parts, path: str) -> None:
    run = ProvenRun.model_validate(asked(path))
    manifest = parts.circuit.manifest
    tag = request_tag(
        nonce=bytes.fromhex(NONCE[2:]),
        validator=VALIDATOR.ss58_address,
        miner=MINER.ss58_address,
        circuit_id=manifest.circuit_id,
        inputs=INPUTS,
        bits=manifest.layout.tag_bits,
    )
    assert (run.instances.inputs, run.instances.tag, run.prover) == (tuple(INPUTS), tag, MINER.ss58_address)
    assert asyncio.run(parts.pool.verify(parts.circuit.directory, run.instances, run.proof_bytes))


_REFUSALS: dict[str, tuple[dict[str, Any], int, Fault]] = {
    "wrong_input_count": ({"inputs": INPUTS[1:]}, 422, Fault.CALLER),
    "input_out_of_range": ({"inputs": [1 << 40, *INPUTS[1:]]}, 422, Fault.CALLER),
    "circuit_not_held": ({"circuit_id": "0x" + "00" * 32}, 404, Fault.CALLER),
    "malformed_request": ({"inputs": []}, 422, Fault.CALLER),
    "not_competing": (
        {"path": "/v1/competitions", "competition_id": "autumn", "circuit_id": None, "inputs": None,
         "deadline_seconds": None},
        404,
        Fault.CALLER,
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", list(_REFUSALS))
def test_queries_what_cannot_be_proved_is_refused_by_name(asked: Any, code: str) -> None:
    changes, status, fault = _REFUSALS[code]
    with pytest.raises(PeerRefusedError) as caught:
        asked(**changes)
    refusal = caught.value.refusal
    assert refusal is not None
    assert (refusal.code, caught.value.status, refusal.fault) == (code, status, fault)
    assert caught.value.authentic


def test_queries_input_beyond_the_field_names_its_position(asked: Any) -> None:
    with pytest.raises(PeerRefusedError, match="input 3: "):
        asked(inputs=[0, 0, 0, 1 << 300, *INPUTS[4:]])


def test_competitions_entry_names_the_circuit_and_the_hash_of_its_files(asked: Any, parts: Parts) -> None:
    fields = {"competition_id": "spring", "circuit_id": None, "inputs": None, "deadline_seconds": None}
    entry = CompetitionEntry.model_validate(asked("/v1/competitions", **fields))
    assert entry.nonce == NONCE
    assert entry.circuit_id == parts.circuit.manifest.circuit_id
    assert entry.bundle == bundle_of(parts.circuit).bundle_hash
    assert entry.sources == ("http://source.example",)
    assert Capabilities.model_validate(asked("/v1/capabilities")).competitions == ("spring",)


def test_queries_caller_that_leaves_before_its_proof_gives_its_place_back(asked: Any) -> None:
    places = asked.service._places
    queue = places.queue
    running = queue.admit("other", RequestKind.QUERY, "any", 60, now=time.monotonic()).ticket
    assert queue.start(time.monotonic()) == running
    with pytest.raises(PeerTimeoutError):
        asked(timeout=0.5)
    eventually(lambda: queue.waiting == 0)
    queue.finish(running)
    assert ProvenRun.model_validate(asked()).instances.inputs == tuple(INPUTS)
    assert (queue.running, queue.waiting) == (0, 0)


def test_capabilities_tells_the_wait_and_what_was_measured(asked: Any, parts: Parts) -> None:
    asked()
    told = Capabilities.model_validate(asked("/v1/capabilities"))
    assert told.circuits[0].seconds_per_proof is not None
    assert told.expected_wait_seconds == 0
    queue = asked.service._places.queue
    queue.admit("other", RequestKind.BENCHMARK, parts.circuit.manifest.circuit_id, 60, now=time.monotonic())
    # as if it began later, so that the speed of this test does not matter
    queue.start(time.monotonic() + 1000)
    assert Capabilities.model_validate(asked("/v1/capabilities")).expected_wait_seconds > 900
