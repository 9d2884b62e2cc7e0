"""One question to one miner: the request, the answer, and the first fault found in it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from pydantic import ValidationError

from neurons.home_chain import Reading
from neurons.messages import Capabilities, ObservationRequest
from neurons.validator.check import AnswerFault, Expectation, find_fault, own_instances
from neurons.validator.choose import Candidate
from signed_http.client import SignedClient
from signed_http.errors import (
    MalformedResponseError,
    PeerError,
    PeerRefusedError,
    PeerTimeoutError,
    PeerUnreachableError,
    ResponseSignatureError,
)
from signed_http.refusal import Fault
from signed_http.wallets import HotkeyKeypair
from statements.proven_inference import ProvenInference
from statements.request_tag import request_tag
from statements.subject import Subject
from verifier_gen.circuit import Circuit
from verifier_gen.pool import ProverPool

_SURVEY_TIMEOUT_SECONDS = 5.0
_FAULT_OF_ERROR: tuple[tuple[type[PeerError], AnswerFault], ...] = (
    (PeerTimeoutError, AnswerFault.TIMED_OUT),
    (PeerUnreachableError, AnswerFault.UNREACHABLE),
    (ResponseSignatureError, AnswerFault.BAD_SIGNATURE),
    (MalformedResponseError, AnswerFault.MALFORMED),
    (PeerRefusedError, AnswerFault.REFUSED),
)
"""First match counts: a timeout is also an unreachable peer."""


@dataclass(frozen=True)
class Due:
    """A statement that is not published yet.

    Attributes:
        symbol: of the asset, for people.
        subject: what to ask for.
        reading: the validator's own reading of the chain.
    """

    symbol: str
    subject: Subject
    reading: Reading


@dataclass(frozen=True)
class Outcome:
    """What came of one question.

    Attributes:
        inference: the verified answer; None when there is a fault.
        fault: why there is none.
        detail: one sentence on the fault.
        blameless: the miner is not at fault, so that its score stays.
        seconds: from request to answer.
    """

    inference: ProvenInference | None
    fault: AnswerFault | None
    detail: str
    blameless: bool
    seconds: float


class Asker:
    """Asks miners under one circuit.

    Args:
        keypair: hotkey of the validator.
        circuit: what miners shall prove.
        pool: verifies.
        timeout: seconds a miner may take.
    """

    def __init__(self, keypair: HotkeyKeypair, circuit: Circuit, pool: ProverPool, timeout: float) -> None:
        self._keypair = keypair
        self._circuit = circuit
        self._pool = pool
        self._timeout = timeout

    async def survey(self, hotkey: str, endpoint: str) -> Capabilities:
        """What a miner can do now.

        Raises:
            PeerError: it gives no believable answer.
        """
        timeout = min(_SURVEY_TIMEOUT_SECONDS, self._timeout)
        async with SignedClient(self._keypair, endpoint, hotkey, timeout) as client:
            try:
                return Capabilities.model_validate(await client.get_json("/v1/capabilities"))
            except ValidationError as error:
                raise MalformedResponseError(endpoint, f"{endpoint} describes no capabilities: {error}") from error

    async def ask(self, miner: Candidate, due: Due) -> Outcome:
        """Ask one miner for one statement and check its answer.

        Raises:
            CircuitError: the validator's own circuit or prover process failed.
        """
        request = ObservationRequest(
            nonce="0x" + secrets.token_hex(32),
            circuit_id=self._circuit.manifest.circuit_id,
            subject=due.subject,
            deadline_seconds=self._timeout,
        )
        client = SignedClient(self._keypair, miner.endpoint, miner.hotkey, self._timeout)
        started = time.monotonic()
        try:
            async with client:
                content = await client.post_json("/v1/observations", request.model_dump(mode="json"))
        except PeerError as error:
            return _failed(error, time.monotonic() - started)
        seconds = time.monotonic() - started
        try:
            answer = ProvenInference.model_validate(content)
        except ValidationError as error:
            return _faulty(AnswerFault.MALFORMED, str(error.errors()[0]["msg"]), seconds)
        expected = self._expectation(request, miner, due)
        fault = find_fault(answer, expected)
        if fault is None and not await self._verifies(answer, expected):
            fault = AnswerFault.INVALID_PROOF
        if fault is not None:
            return _faulty(fault, "the answer is not what was asked for", seconds)
        return Outcome(inference=answer, fault=None, detail="", blameless=True, seconds=seconds)

    def _expectation(self, request: ObservationRequest, miner: Candidate, due: Due) -> Expectation:
        layout = self._circuit.manifest.layout
        tag = request_tag(
            nonce=request.nonce_bytes,
            validator=self._keypair.ss58_address,
            miner=miner.hotkey,
            circuit_id=request.circuit_id,
            inputs=due.reading.inputs,
            bits=layout.tag_bits,
        )
        return Expectation(
            subject=due.subject,
            circuit_id=request.circuit_id,
            prover=miner.hotkey,
            layout=layout,
            inputs=due.reading.inputs,
            tag=tag,
        )

    async def _verifies(self, answer: ProvenInference, expected: Expectation) -> bool:
        instances = own_instances(answer, expected)
        return await self._pool.verify(self._circuit.directory, instances, answer.proof_bytes)


def fault_of(error: PeerError) -> AnswerFault:
    """The fault that an error of the transport stands for."""
    return next((fault for kind, fault in _FAULT_OF_ERROR if isinstance(error, kind)), AnswerFault.MALFORMED)


def _failed(error: PeerError, seconds: float) -> Outcome:
    refusal = error.refusal if isinstance(error, PeerRefusedError) and error.authentic else None
    blameless = refusal is not None and refusal.fault is not Fault.RESPONDER
    return Outcome(inference=None, fault=fault_of(error), detail=error.message, blameless=blameless, seconds=seconds)


def _faulty(fault: AnswerFault, detail: str, seconds: float) -> Outcome:
    return Outcome(inference=None, fault=fault, detail=detail, blameless=False, seconds=seconds)
