"""One question to one miner: the request, the answer, the first fault found in it, and who is to blame."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError

from neurons.home_chain import Reading
from neurons.messages import MAXIMUM_CLAIM_BYTES, Capabilities, CompetitionEntry, CompetitionRequest
from neurons.validator.check import AnswerFault, find_fault, own_instances
from neurons.validator.choose import Candidate
from neurons.validator.peers import PeerClients
from neurons.validator.questions import Asked, Question
from neurons.validator.verification import ProofCrashesVerifierError, Verifier
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
from statements.causes import cause_of
from statements.proven_run import ProvenRun
from statements.subject import Subject

_log = structlog.get_logger(__name__)
_SURVEY_TIMEOUT_SECONDS = 5.0
_BRIEF = 300
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
    """What came of one question to one miner.

    Attributes:
        asked: what went to whom.
        asked_at: Unix time, seconds.
        run: the verified answer; None when there is a fault.
        fault: why there is none.
        refusal: what the miner says of its refusal, if it signed one.
        detail: one sentence on the fault.
        seconds: from request to complete answer.
        verify_seconds: from complete answer to verdict; 0 where nothing was verified.
        retry_after: seconds after which a signed refusal says that asking again makes sense.
        refusal_code: code of a signed refusal.
    """

    asked: Asked
    asked_at: float
    run: ProvenRun | None
    fault: AnswerFault | None
    refusal: Fault | None
    detail: str
    seconds: float
    verify_seconds: float = 0.0
    retry_after: float | None = None
    refusal_code: str | None = None

    @property
    def hotkey(self) -> str:
        """The miner."""
        return self.asked.miner


@dataclass(frozen=True)
class Obstacle:
    """Why a registered miner cannot be asked for a circuit.

    Attributes:
        fault: that stands for its answer.
        refusal: whose fault a refusal is; None for a silence, or a refusal that the miner did not sign.
        detail: one sentence on it.
        code: of a refusal that it signed.
        lacks_circuit: whether all it says is that it does not hold the circuit.
    """

    fault: AnswerFault
    refusal: Fault | None
    detail: str
    code: str | None = None
    lacks_circuit: bool = False

    @classmethod
    def of_survey(cls, error: PeerError) -> Obstacle:
        """A miner that does not say what it can do."""
        said = _said(error)
        return cls(fault_of(error), said.get("refusal"), error.message, said.get("refusal_code"))


class Asker:
    """Asks miners.

    Args:
        keypair: hotkey of the validator.
        verifier: verifies their proofs.
        survey_seconds: how long a miner may take to say what it can do.
    """

    def __init__(
        self, keypair: HotkeyKeypair, verifier: Verifier, survey_seconds: float = _SURVEY_TIMEOUT_SECONDS
    ) -> None:
        self._hotkey = keypair.ss58_address
        self._verifier = verifier
        self.survey_seconds = survey_seconds
        self._clients = PeerClients(keypair)

    @property
    def validator(self) -> str:
        """Hotkey in whose name it asks."""
        return self._hotkey

    async def survey(self, hotkey: str, endpoint: str) -> Capabilities:
        """What a miner can do now.

        Raises:
            PeerError: it gives no believable answer.
        """
        content = await self._bounded(
            hotkey, endpoint, "/v1/capabilities", None, self.survey_seconds, MAXIMUM_CLAIM_BYTES
        )
        try:
            return Capabilities.model_validate(content)
        except ValidationError as error:
            raise MalformedResponseError(endpoint, f"{endpoint} describes no capabilities: {_first(error)}") from error

    async def entry(self, hotkey: str, endpoint: str, competition: str) -> CompetitionEntry:
        """The circuit that a miner enters into a competition.

        Raises:
            PeerError: it gives no believable answer, or names none.
        """
        request = CompetitionRequest(competition_id=competition, nonce="0x" + secrets.token_hex(32))
        message = request.model_dump(mode="json")
        content = await self._bounded(
            hotkey, endpoint, "/v1/competitions", message, self.survey_seconds, MAXIMUM_CLAIM_BYTES
        )
        try:
            entry = CompetitionEntry.model_validate(content)
        except ValidationError as error:
            raise MalformedResponseError(endpoint, f"{endpoint} describes no entry: {_first(error)}") from error
        if (entry.nonce, entry.competition_id) != (request.nonce, competition):
            raise MalformedResponseError(endpoint, f"{endpoint} answers for another competition or request")
        return entry

    async def ask(self, miner: Candidate, question: Question, seconds: float, full_seconds: float = 0.0) -> Outcome:
        """Ask one miner and check its answer.

        Args:
            miner: whom.
            question: what.
            seconds: how long it may take.
            full_seconds: how long it would have without a customer's deadline; what has none gives the full time.
        """
        asked = Asked(question, self._hotkey, miner.hotkey, seconds, full_seconds)
        asked_at, started = time.time(), time.monotonic()

        def outcome(run: ProvenRun | None, fault: AnswerFault | None, detail: str, **more: Any) -> Outcome:
            taken = answered - started
            verifying = time.monotonic() - answered
            fields = {"refusal": None, "verify_seconds": verifying} | more
            return Outcome(asked, asked_at, run, fault, detail=detail, seconds=taken, **fields)

        message = asked.message.model_dump(mode="json")
        try:
            content = await self._bounded(
                miner.hotkey, miner.endpoint, asked.path, message, seconds, question.maximum_answer_bytes
            )
        except Exception as given:
            answered, error = time.monotonic(), peer_error(miner.endpoint, given)
            return outcome(None, fault_of(error), error.message, verify_seconds=0.0, **_said(error))
        answered = time.monotonic()
        try:
            answer = asked.answer_type.model_validate(content)
        except ValidationError as error:
            return outcome(None, AnswerFault.MALFORMED, _first(error))
        fault = await self._examine(asked, answer)
        if fault is None:
            return outcome(answer, None, "")
        return outcome(None, fault, "the answer is not what was asked for")

    def not_asked(self, hotkey: str, question: Question, seconds: float, obstacle: Obstacle) -> Outcome:
        """A miner that cannot be asked.

        Args:
            hotkey: the miner.
            question: what it would have been asked.
            seconds: that it would have been allowed.
            obstacle: why not.
        """
        asked = Asked(question=question, validator=self._hotkey, miner=hotkey, seconds=seconds)
        waited = self.survey_seconds if obstacle.fault is AnswerFault.TIMED_OUT else 0.0
        return Outcome(
            asked,
            time.time(),
            None,
            obstacle.fault,
            obstacle.refusal,
            obstacle.detail,
            waited,
            refusal_code=obstacle.code,
        )

    def given_up(self, miner: Candidate, question: Question, seconds: float, waited: float) -> Outcome:
        """A miner that was given up for another's answer, with a nonce of its own as the question goes on record.

        Args:
            miner: who.
            question: what it was asked.
            seconds: that it was allowed.
            waited: seconds that it had.
        """
        asked = Asked(question=question, validator=self._hotkey, miner=miner.hotkey, seconds=seconds)
        detail = "another miner answered first"
        return Outcome(asked, time.time() - waited, None, AnswerFault.ABANDONED, None, detail, waited)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._clients.aclose()

    async def _examine(self, asked: Asked, answer: ProvenRun) -> AnswerFault | None:
        expected = asked.expectation()
        fault = find_fault(answer, expected)
        if fault is not None:
            return fault
        try:
            instances = own_instances(answer, expected)
            holds = await self._verifier.verify(asked.question.circuit, instances, answer.proof_bytes)
        except ProofCrashesVerifierError:
            return AnswerFault.CRASHED_VERIFIER
        except Exception as error:
            # the validator's own files, processes or disk: the miner may have answered rightly
            _log.error("verifier_failed", circuit_id=asked.question.circuit_id, reason=cause_of(error))
            return AnswerFault.VERIFIER_FAILED
        return None if holds else AnswerFault.INVALID_PROOF

    async def _bounded(
        self, hotkey: str, endpoint: str, path: str, message: Any, seconds: float, maximum_bytes: int
    ) -> Any:
        client = self._clients.of(hotkey, endpoint)

        async def exchange() -> Any:
            if message is None:
                return await client.get_json(path, maximum_bytes=maximum_bytes)
            return await client.post_json(path, message, maximum_bytes=maximum_bytes)

        try:
            async with asyncio.timeout(seconds):
                try:
                    return await exchange()
                except PeerTimeoutError:
                    raise
                except PeerUnreachableError:
                    # a kept connection may be closed by the miner just as it is used: only a new one tells
                    return await exchange()
        except TimeoutError as error:
            raise PeerTimeoutError(endpoint, f"{endpoint} gave no complete answer within {seconds:g} s") from error


def brief(text: str) -> str:
    """What a miner said, no longer than anybody reads: it is the miner that chooses its length."""
    return text if len(text) <= _BRIEF else text[: _BRIEF - 3] + "..."


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return brief(f"{place}: {problem['msg']}")


def fault_of(error: PeerError) -> AnswerFault:
    """The fault that an error of the transport stands for."""
    return next((fault for kind, fault in _FAULT_OF_ERROR if isinstance(error, kind)), AnswerFault.MALFORMED)


def peer_error(endpoint: str, error: Exception) -> PeerError:
    """An error that asking a miner raised: whatever its answer set off, no other miner pays for it."""
    if isinstance(error, PeerError):
        return error
    return MalformedResponseError(endpoint, f"{endpoint} gives an answer that ends in {type(error).__name__}")


def _said(error: PeerError) -> dict[str, Any]:
    """What a refusal says that the miner has signed; nothing of any other error."""
    if not isinstance(error, PeerRefusedError) or not error.authentic:
        return {}
    if error.refusal is None:
        # one that it signed without saying why is its own
        return {"refusal": Fault.RESPONDER}
    refusal = error.refusal
    return {"refusal": refusal.fault, "retry_after": refusal.retry_after_seconds, "refusal_code": refusal.code}
