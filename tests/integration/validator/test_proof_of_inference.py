"""The invariants of proof-of-inference, each attacked, for every kind of request: each attack has its own reason.

One honest proof serves all: the nonce is pinned, so that every request of a test carries the same tag.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from neurons.validator.asking import Asker, Outcome
from neurons.validator.benchmarks import draw_inputs
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.choose import Candidate
from neurons.validator.questions import Kind, Question
from neurons.validator.verification import Verifier
from signed_http.server import SignedRequests
from statements.instances import Instances
from statements.quantities import FIELD_MODULUS, to_field
from statements.subject import Subject
from tests.integration.neurons.parts import serving
from tests.integration.validator.miners import FIRST, SECOND, VALIDATOR, Bench, inputs_of
from tests.integration.validator.proofs import NONCE, Proofs, flipped, run_of
from tests.unit.neurons.parts import make_subject
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool, WorkerDiedError
from verifier_gen.prover import Proof

KINDS = list(Kind)


def with_elements(proof: Proof, changes: dict[int, int]) -> Instances:
    elements = [changes.get(place, element) for place, element in enumerate(proof.instances.elements)]
    return Instances(layout=proof.instances.layout, elements=tuple(elements))


def claiming_inputs(proof: Proof, inputs: tuple[int, ...]) -> Instances:
    return with_elements(proof, {place: to_field(value) for place, value in enumerate(inputs)})


def _output(proofs: Proofs) -> int:
    return proofs.honest.instances.outputs[-1]


ATTACKS: dict[str, tuple[Callable[[Proofs], Any], AnswerFault]] = {
    "1: proof changed in one bit": (
        lambda p: run_of(p, p.honest, proof="0x" + flipped(p.honest.proof, 700).hex()),
        AnswerFault.INVALID_PROOF,
    ),
    "1: proof truncated": (
        lambda p: run_of(p, p.honest, proof="0x" + p.honest.proof[:-1].hex()),
        AnswerFault.INVALID_PROOF,
    ),
    "1: proof with a byte behind it": (
        lambda p: run_of(p, p.honest, proof="0x" + p.honest.proof.hex() + "00"),
        AnswerFault.INVALID_PROOF,
    ),
    "1: no proof": (lambda p: run_of(p, p.honest, proof="0x"), AnswerFault.INVALID_PROOF),
    "2: model swapped, under the name of the right circuit": (
        lambda p: run_of(p, p.of_another_model),
        AnswerFault.INVALID_PROOF,
    ),
    "2: model swapped, showing what the right one gives": (
        lambda p: run_of(p, p.of_another_model, instances=p.honest.instances),
        AnswerFault.INVALID_PROOF,
    ),
    "2: wrong circuit version, under its own name": (
        lambda p: run_of(p, p.of_another_model, circuit_id=p.another_model.manifest.circuit_id),
        AnswerFault.WRONG_CIRCUIT,
    ),
    "3: input tampered": (lambda p: run_of(p, p.of_other_inputs), AnswerFault.WRONG_INPUTS),
    "3: input tampered, showing the one that was asked": (
        lambda p: run_of(p, p.of_other_inputs, instances=claiming_inputs(p.of_other_inputs, inputs_of(p.circuit))),
        AnswerFault.INVALID_PROOF,
    ),
    "3: input beyond the field": (
        lambda p: {**run_of(p, p.honest), "instances": _beyond_the_field(p)},
        AnswerFault.MALFORMED,
    ),
    "4: output tampered": (
        lambda p: run_of(p, p.honest, instances=with_elements(p.honest, {41: _output(p) ^ 1})),
        AnswerFault.INVALID_PROOF,
    ),
    "4: output out of range": (
        lambda p: run_of(p, p.honest, instances=with_elements(p.honest, {41: 1 << 20})),
        AnswerFault.OUTPUT_OUT_OF_RANGE,
    ),
    "4: outputs in a field beside the proof": (
        lambda p: {**run_of(p, p.honest), "outputs": [1, 2]},
        AnswerFault.MALFORMED,
    ),
    "5: proof of another miner": (lambda p: run_of(p, p.of_another_miner), AnswerFault.WRONG_TAG),
    "5: proof of another miner, under its name": (
        lambda p: run_of(p, p.of_another_miner, prover=SECOND.ss58_address),
        AnswerFault.WRONG_PROVER,
    ),
    "5: proof of another miner, showing the right tag": (
        lambda p: run_of(p, p.of_another_miner, instances=p.honest.instances),
        AnswerFault.INVALID_PROOF,
    ),
    "5: proof of an older request": (lambda p: run_of(p, p.of_an_older_request), AnswerFault.WRONG_TAG),
}


def _beyond_the_field(proofs: Proofs) -> Any:
    content = proofs.honest.instances.model_dump(mode="json")
    first = content["elements"][0]
    content["elements"][0] = hex(FIELD_MODULUS) if isinstance(first, str) else FIELD_MODULUS
    return content


@contextmanager
def answering(content: dict[str, Any], signer: Any = FIRST, seconds: float = 0.0) -> Iterator[str]:
    """A miner that sends ``content``, whatever it is asked."""
    app = FastAPI()

    async def answer() -> Any:
        await asyncio.sleep(seconds)
        return content["answer"]

    for path in ("/v1/observations", "/v1/queries", "/v1/benchmarks"):
        app.post(path)(answer)
    with serving(SignedRequests(app, signer)) as url:
        yield url


def question(kind: Kind, circuit: Circuit) -> Question:
    subject: Subject | None = make_subject() if kind is Kind.OBSERVATION else None
    return Question(kind, circuit, inputs_of(circuit), subject)


def about(kind: Kind, content: Any) -> Any:
    """The answer as it is sent for a kind of request."""
    if kind is Kind.OBSERVATION and isinstance(content, dict):
        return {**content, "subject": make_subject().model_dump(mode="json")}
    return content


async def ask(asker: Asker, url: str, kind: Kind, circuit: Circuit, seconds: float = 30.0) -> Outcome:
    miner = Candidate(hotkey=FIRST.ss58_address, endpoint=url, workers=1, in_flight=0, asked=0)
    return await asker.ask(miner, question(kind, circuit), seconds)


@pytest.fixture
def asker(shared_pool: ProverPool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    monkeypatch.setattr("neurons.validator.questions.secrets.token_hex", lambda size: NONCE)
    verifier = Verifier(shared_pool)
    yield Asker(VALIDATOR, verifier)
    verifier.close()


@pytest.mark.parametrize("kind", KINDS)
def test_ask_each_attack_is_refused_with_its_own_reason(kind: Kind, proofs: Proofs, asker: Asker) -> None:
    content: dict[str, Any] = {}

    async def go(url: str) -> dict[str, AnswerFault | None]:
        found = {}
        for name, (attack, _) in ATTACKS.items():
            content["answer"] = about(kind, attack(proofs))
            outcome = await ask(asker, url, kind, proofs.circuit)
            assert outcome.run is None
            found[name] = outcome.fault
        return found

    with answering(content) as url:
        assert asyncio.run(go(url)) == {name: fault for name, (_, fault) in ATTACKS.items()}


def test_ask_honest_answer_is_taken_and_the_same_one_late_or_signed_by_another_is_not(
    proofs: Proofs, asker: Asker
) -> None:
    content: dict[str, Any] = {}

    async def ask_all(url: str, seconds: float = 30.0) -> list[Outcome]:
        outcomes = []
        for kind in KINDS:
            content["answer"] = about(kind, run_of(proofs, proofs.honest))
            outcomes.append(await ask(asker, url, kind, proofs.circuit, seconds))
        return outcomes

    with answering(content) as url:
        for taken in asyncio.run(ask_all(url)):
            assert taken.fault is None
            assert taken.run is not None
            assert taken.run.instances == proofs.honest.instances
    with answering(content, seconds=3600) as url:
        assert {outcome.fault for outcome in asyncio.run(ask_all(url, 0.1))} == {AnswerFault.TIMED_OUT}
    with answering(content, signer=SECOND) as url:
        assert {outcome.fault for outcome in asyncio.run(ask_all(url))} == {AnswerFault.BAD_SIGNATURE}


def test_ask_other_kind_of_answer_is_malformed(proofs: Proofs, asker: Asker) -> None:
    with answering({"answer": run_of(proofs, proofs.honest)}) as url:
        assert asyncio.run(ask(asker, url, Kind.OBSERVATION, proofs.circuit)).fault is AnswerFault.MALFORMED
    with answering({"answer": about(Kind.OBSERVATION, run_of(proofs, proofs.honest))}) as url:
        assert asyncio.run(ask(asker, url, Kind.QUERY, proofs.circuit)).fault is AnswerFault.MALFORMED


def test_ask_circuit_tampered_after_its_build_is_the_validators_fault_and_costs_nothing(
    bench: Bench, proofs: Proofs, asker: Asker, tmp_path: Path
) -> None:
    tampered = tmp_path / "tampered"
    tampered.mkdir()
    for file in proofs.circuit.directory.iterdir():
        (tampered / file.name).write_bytes(file.read_bytes() + (b" " if file.name == "settings.json" else b""))
    circuit = Circuit(type(proofs.circuit.paths)(tampered), proofs.circuit.manifest)
    with answering({"answer": run_of(proofs, proofs.honest)}) as url:
        outcome = asyncio.run(ask(asker, url, Kind.QUERY, circuit))
    assert outcome.fault is AnswerFault.VERIFIER_FAILED
    settlement = asyncio.run(bench.workings().scorekeeper.settle(outcome, others_reachable=True))
    assert settlement.blame is Blame.VALIDATOR
    assert bench.store.changes(FIRST.ss58_address) == ()


@pytest.mark.parametrize(("drawn", "value"), [(lambda below: 0, -1), (lambda below: below - 1, 1)])
def test_draw_inputs_are_what_the_systems_generator_draws_within_the_range(
    tiny_circuit: Circuit, monkeypatch: pytest.MonkeyPatch, drawn: Callable[[int], int], value: int
) -> None:
    monkeypatch.setattr("neurons.validator.benchmarks.secrets.randbelow", drawn)
    layout = tiny_circuit.manifest.layout
    assert draw_inputs(layout) == (value << layout.input_scale_bits,) * layout.input_count


class DyingPool:
    """Stands for a pool whose workers a proof ends."""

    def __init__(self) -> None:
        self.tried = 0

    async def warm(self, directory: Path, *, with_proving_key: bool) -> None:
        """As a pool does."""

    async def verify(self, directory: Path, instances: Instances, proof: bytes) -> bool:
        self.tried += 1
        raise WorkerDiedError("a prover process died")

    def close(self) -> None:
        """As a pool does."""


def test_ask_proof_that_ends_each_verifier_process_is_the_miners_fault(
    proofs: Proofs, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, alone = DyingPool(), DyingPool()
    monkeypatch.setattr(asker._verifier, "_pool", pool)
    monkeypatch.setattr(asker._verifier, "_suspects", alone)
    with answering({"answer": run_of(proofs, proofs.honest)}) as url:
        outcome = asyncio.run(ask(asker, url, Kind.QUERY, proofs.circuit))
    assert outcome.fault is AnswerFault.CRASHED_VERIFIER
    assert (pool.tried, alone.tried) == (1, 1)
