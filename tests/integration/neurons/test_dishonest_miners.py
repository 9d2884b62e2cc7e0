"""Miners that lie, fail or refuse: each answer is refused with its own reason."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI

from neurons.home_chain import HomeChain
from neurons.messages import ObservationRequest
from neurons.miner.app import miner_app
from neurons.miner.fair_order import RequestKind
from neurons.miner.service import MinerService
from neurons.network import LocalNetwork
from neurons.validator.fleet import MinerFleet
from signed_http.server import SignedRequests
from statements.errors import ChainError
from statements.instances import Instances
from statements.proven_inference import ProvenInference
from statements.quantities import to_field
from tests.integration.neurons.parts import (
    serving,
)
from tests.integration.neurons.subnet import (
    MINER,
    RELAYER,
    STRANGER,
    VALIDATOR,
    Parts,
)
from veristake.demo.processes import free_port


@dataclass
class Tampering:
    """A miner that proves rightly and then alters what it sends."""

    honest: MinerService
    lie: str

    async def __call__(self, request: ObservationRequest, validator: str) -> Any:
        if self.lie == "another request's proof":
            request = request.model_copy(update={"nonce": "0x" + "11" * 32})
        answer = await self.honest.answer(request, validator)
        return _LIES[self.lie][0](answer)


def _with_elements(answer: ProvenInference, position: int, value: int) -> Any:
    elements = list(answer.instances.elements)
    elements[position] = value
    instances = Instances(layout=answer.instances.layout, elements=tuple(elements))
    return answer.model_copy(update={"instances": instances}).model_dump(mode="json")


def _replaced(**fields: Any) -> Any:
    return lambda answer: answer.model_copy(update=fields).model_dump(mode="json")


def _other_epoch(answer: ProvenInference) -> Any:
    subject = answer.subject.model_copy(update={"epoch": answer.subject.epoch - 1})
    return answer.model_copy(update={"subject": subject}).model_dump(mode="json")


def _other_layout(answer: ProvenInference) -> Any:
    layout = answer.instances.layout.model_copy(update={"output_scale_bits": 20})
    instances = answer.instances.model_copy(update={"layout": layout})
    return answer.model_copy(update={"instances": instances}).model_dump(mode="json")


_LIES: dict[str, tuple[Any, str]] = {
    "another request's proof": (lambda answer: answer.model_dump(mode="json"), "wrong_tag"),
    "changed output": (
        lambda answer: _with_elements(answer, -1, answer.instances.outputs[-1] ^ 1),
        "invalid_proof",
    ),
    "output above one": (lambda answer: _with_elements(answer, -1, (1 << 12) + 1), "output_out_of_range"),
    "negative output": (lambda answer: _with_elements(answer, -2, to_field(-1)), "output_out_of_range"),
    "changed input": (lambda answer: _with_elements(answer, 0, 7), "wrong_inputs"),
    "limb too wide": (lambda answer: _with_elements(answer, 32, 1 << 16), "wrong_tag"),
    "other layout": (_other_layout, "wrong_layout"),
    "wrong subject": (_other_epoch, "wrong_subject"),
    "wrong circuit": (_replaced(circuit_id="0x" + "22" * 32), "wrong_circuit"),
    "stranger's name": (_replaced(prover=STRANGER.ss58_address), "wrong_prover"),
    "garbage proof": (_replaced(proof="0x" + "ab" * 1952), "invalid_proof"),
    "short proof": (_replaced(proof="0x"), "invalid_proof"),
    "garbage": (lambda answer: {"proof": "none"}, "malformed"),
    "nothing": (lambda answer: None, "malformed"),
}


def dishonest_app(service: MinerService, network: LocalNetwork, lies: list[str]) -> Any:
    """A miner's server that tells the first of ``lies`` that is left."""
    app = FastAPI()

    @app.get("/v1/capabilities")
    def capabilities() -> Any:
        return service.capabilities()

    @app.post("/v1/observations")
    async def observations(request: ObservationRequest) -> Any:
        return await Tampering(service, lies[0])(request, VALIDATOR.ss58_address)

    return SignedRequests(app, MINER)


def test_tick_dishonest_miner_each_lie_is_refused_with_its_reason(parts: Parts) -> None:
    lies = list(_LIES)

    async def go() -> list[str]:
        reasons = []
        while lies:
            await parts.loop().tick()
            reasons.append(parts.store.outcomes(MINER.ss58_address, 1)[0].fault or "")
            del lies[0]
        return reasons

    with serving(dishonest_app(parts.service(), parts.network, lies)) as url:
        parts.announce(MINER, url)
        reasons = asyncio.run(go())
    assert dict(zip(_LIES, reasons, strict=True)) == {lie: reason for lie, (_, reason) in _LIES.items()}
    # blamed once for the statement, also by a validator that was started anew
    assert [change.reason for change in parts.store.changes(MINER.ss58_address)] == ["wrong_tag"]
    assert parts.store.page(0, 10).items == ()


def test_tick_liar_beside_honest_miner_statement_is_published_by_the_honest_one(parts: Parts) -> None:
    honest = parts.service(hotkey=RELAYER.ss58_address)
    liar = dishonest_app(parts.service(), parts.network, ["garbage proof"])
    with ExitStack() as servers:
        parts.announce(MINER, servers.enter_context(serving(liar)))
        url = servers.enter_context(serving(SignedRequests(miner_app(honest, parts.gate()), RELAYER)))
        parts.announce(RELAYER, url)
        loop = parts.loop()
        # a failure is remembered: the liar starts with a score to lose
        asyncio.run(loop.tick())
        asyncio.run(loop.tick())
    (item,) = parts.store.page(0, 10).items
    assert item.inference.prover == RELAYER.ss58_address
    scores = {score.hotkey: score.score for score in parts.store.scores()}
    assert scores[RELAYER.ss58_address] > 0
    assert scores.get(MINER.ss58_address, 0) == 0


def test_tick_unreachable_and_slow_miners_are_blamed_once_per_statement(parts: Parts) -> None:
    app = FastAPI()

    @app.get("/v1/capabilities")
    def capabilities() -> Any:
        return parts.service().capabilities()

    @app.post("/v1/observations")
    async def observations() -> None:
        await asyncio.sleep(30)

    loop = parts.loop(timeout=1)
    parts.announce(STRANGER, f"http://127.0.0.1:{free_port()}")
    with serving(SignedRequests(app, MINER)) as url:
        parts.announce(MINER, url)
        asyncio.run(loop.tick())
        asyncio.run(loop.tick())
    assert [change.reason for change in parts.store.changes(MINER.ss58_address)] == ["timed_out"]
    assert [change.reason for change in parts.store.changes(STRANGER.ss58_address)] == ["unreachable"]


@pytest.mark.parametrize(("proved", "outcomes"), [(True, [("observation", "refused", "nobody")]), (False, [])])
def test_tick_miner_that_dropped_the_circuit_counts_as_refusing_once_per_statement(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, proved: bool, outcomes: list[tuple[str, str, str]]
) -> None:
    monkeypatch.setattr(MinerFleet, "has_proved", lambda *_: proved)
    app = FastAPI()

    @app.get("/v1/capabilities")
    def capabilities() -> Any:
        return parts.service().capabilities().model_copy(update={"circuits": ()})

    loop = parts.loop()
    with serving(SignedRequests(app, MINER)) as url:
        parts.announce(MINER, url)
        asyncio.run(loop.tick())
        asyncio.run(loop.tick())
    told = [(outcome.kind, outcome.fault, outcome.blame) for outcome in parts.store.outcomes(MINER.ss58_address)]
    assert told == outcomes


def test_tick_refusal_that_is_nobodys_fault_costs_nothing(parts: Parts) -> None:
    service = parts.service(limit=0)
    service._places.queue.admit(VALIDATOR.ss58_address, RequestKind.QUERY, "any", 60, now=0)
    with serving(SignedRequests(miner_app(service, parts.gate()), MINER)) as url:
        parts.announce(MINER, url)
        asyncio.run(parts.loop().tick())
    assert parts.store.changes(MINER.ss58_address) == ()
    assert parts.store.page(0, 10).items == ()


def test_tick_chain_gone_is_a_chain_error_and_blames_nobody(parts: Parts) -> None:
    gone = parts.home.settings.model_copy(update={"endpoint": f"http://127.0.0.1:{free_port()}"})
    loop = parts.loop(chain=HomeChain(gone))
    with pytest.raises(ChainError, match="does not answer"):
        asyncio.run(loop.tick())
    assert parts.store.scores() == ()
