"""What a validator asks one miner: the request that travels, and what a right answer to it holds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from neurons.messages import InputRequest, ObservationRequest, ProofRequest
from neurons.validator.check import Expectation
from statements.proven_inference import ProvenInference
from statements.proven_run import ProvenRun
from statements.request_tag import request_tag
from statements.subject import Subject
from verifier_gen.circuit import Circuit


class Kind(StrEnum):
    """Why a miner is asked."""

    OBSERVATION = "observation"
    """The feed's own request, whose inputs the chain gives."""
    QUERY = "query"
    """A customer's inputs."""
    BENCHMARK = "benchmark"
    """Inputs that the validator drew, to measure."""


_PATHS = {
    Kind.OBSERVATION: "/v1/observations",
    Kind.QUERY: "/v1/queries",
    Kind.BENCHMARK: "/v1/benchmarks",
}


_ANSWER_BYTES, _INSTANCE_BYTES = 16 * 1024, 128
"""Of an answer in JSON: all but proof and instances, and one instance, which takes 70; twice of what either needs."""


@dataclass(frozen=True)
class Question:
    """One run of a circuit that the validator wants proved, whoever proves it.

    Attributes:
        kind: why.
        circuit: the validator's own files of the circuit.
        inputs: signed fixed point in circuit order: read from the chain, given by a customer, or drawn.
        subject: of an observation; None for the other kinds.
    """

    kind: Kind
    circuit: Circuit
    inputs: tuple[int, ...]
    subject: Subject | None = None

    @property
    def circuit_id(self) -> str:
        """Circuit that is asked for."""
        return self.circuit.manifest.circuit_id

    @property
    def maximum_answer_bytes(self) -> int:
        """Bytes beyond which no right answer can be: a larger one is not even read."""
        manifest = self.circuit.manifest
        return _ANSWER_BYTES + 2 * manifest.proof_bytes + _INSTANCE_BYTES * manifest.layout.instance_count

    @property
    def statement_id(self) -> str | None:
        """What an observation publishes; None for the other kinds."""
        return self.subject.statement_id if self.subject is not None else None


@dataclass(frozen=True)
class Asked:
    """A question as it goes to one miner, with a nonce of its own.

    Attributes:
        question: what is asked.
        validator: ss58 hotkey that asks.
        miner: ss58 hotkey that is asked.
        seconds: how long the miner may take.
        full_seconds: how long it would have had without a customer's deadline, by what was known when it was asked.
        nonce: 0x-hex of 32 bytes from the system's generator.
    """

    question: Question
    validator: str
    miner: str
    seconds: float
    full_seconds: float = 0.0
    nonce: str = field(default_factory=lambda: "0x" + secrets.token_hex(32))

    @property
    def had_its_time(self) -> bool:
        """Whether not answering in time says something about the miner."""
        return self.seconds >= self.full_seconds

    @property
    def path(self) -> str:
        """Route of the miner."""
        return _PATHS[self.question.kind]

    @property
    def message(self) -> ProofRequest:
        """What travels."""
        question = self.question
        if question.subject is not None:
            return ObservationRequest(
                nonce=self.nonce,
                circuit_id=question.circuit_id,
                deadline_seconds=self.seconds,
                subject=question.subject,
            )
        return InputRequest(
            nonce=self.nonce, circuit_id=question.circuit_id, deadline_seconds=self.seconds, inputs=question.inputs
        )

    @property
    def tag(self) -> int:
        """Request tag that the proof must carry."""
        return request_tag(
            nonce=bytes.fromhex(self.nonce[2:]),
            validator=self.validator,
            miner=self.miner,
            circuit_id=self.question.circuit_id,
            inputs=self.question.inputs,
            bits=self.question.circuit.manifest.layout.tag_bits,
        )

    @property
    def answer_type(self) -> type[ProvenRun]:
        """Type of a right answer."""
        return ProvenRun if self.question.subject is None else ProvenInference

    def expectation(self) -> Expectation:
        """What a right answer holds, all of it from the validator's own side."""
        question = self.question
        return Expectation(
            subject=question.subject,
            circuit_id=question.circuit_id,
            prover=self.miner,
            layout=question.circuit.manifest.layout,
            inputs=question.inputs,
            tag=self.tag,
        )
