"""Ask a validator's API and verify the answer on this machine: ``pip install 'veristake[client]'``, docs/api.md."""

from __future__ import annotations

from veristake.client.answers import VerifiedAnswer
from veristake.client.asynchronous import AsyncClient
from veristake.client.errors import (
    ApiMalformedError,
    ApiRefusedError,
    ApiUnreachableError,
    CircuitFilesError,
    ClientError,
    InvalidProofError,
    StaleNonceError,
    UnbelievableAnswerError,
    VerifierFailedError,
    WrongCalldataError,
    WrongCircuitError,
    WrongInputsError,
    WrongOutputsError,
    WrongTagError,
    WrongValidatorError,
)
from veristake.client.pins import PinnedCircuit
from veristake.client.synchronous import Client

__all__ = [
    "ApiMalformedError",
    "ApiRefusedError",
    "ApiUnreachableError",
    "AsyncClient",
    "CircuitFilesError",
    "Client",
    "ClientError",
    "InvalidProofError",
    "PinnedCircuit",
    "StaleNonceError",
    "UnbelievableAnswerError",
    "VerifiedAnswer",
    "VerifierFailedError",
    "WrongCalldataError",
    "WrongCircuitError",
    "WrongInputsError",
    "WrongOutputsError",
    "WrongTagError",
    "WrongValidatorError",
]
