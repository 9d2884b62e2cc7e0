"""What the client refuses to believe, and what keeps it from asking; each with a class of its own."""

from __future__ import annotations

from signed_http.refusal import Fault, Refusal
from statements.errors import VeristakeError


class ClientError(VeristakeError):
    """The client gives no answer."""


class ApiUnreachableError(ClientError):
    """The API gave no answer in time, or cannot be reached."""


class ApiMalformedError(ClientError):
    """The API's answer is not one of this release's API."""


class ApiRefusedError(ClientError):
    """The API refused, or the query failed there.

    Args:
        status: HTTP status.
        refusal: code, sentence and whose fault it is.
    """

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(f"the API refuses ({status} {refusal.code}): {refusal.message}")
        self.status = status
        self.code = refusal.code
        self.fault: Fault = refusal.fault
        self.retry_after_seconds = refusal.retry_after_seconds


class CircuitFilesError(ClientError):
    """The circuit's files are not the pinned ones, or contradict each other."""


class VerifierFailedError(ClientError):
    """The verifier on this machine did not work, so nothing is known of the proof."""


class UnbelievableAnswerError(ClientError):
    """An answer that does not hold; nothing of it may be used."""


class WrongCircuitError(UnbelievableAnswerError):
    """The answer is of another circuit than the pinned one."""


class WrongInputsError(UnbelievableAnswerError):
    """The proof is of other inputs than those that were asked for."""


class WrongOutputsError(UnbelievableAnswerError):
    """The outputs told are not those in the proof's instances."""


class WrongValidatorError(UnbelievableAnswerError):
    """The answer is of another validator than the pinned one."""


class WrongTagError(UnbelievableAnswerError):
    """The request tag is not that of nonce, validator, miner, circuit and inputs."""


class StaleNonceError(UnbelievableAnswerError):
    """The answer to an earlier query was given again."""


class WrongCalldataError(UnbelievableAnswerError):
    """The calldata is not that of this proof and these instances."""


class InvalidProofError(UnbelievableAnswerError):
    """The proof does not verify against instances rebuilt on this machine."""
