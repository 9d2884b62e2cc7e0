"""What the API needs of whoever asks miners: :mod:`neurons.validator.queries` in a validator, a prover in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from statements.errors import VeristakeError
from statements.proven_run import ProvenRun
from verifier_gen.circuit import Circuit


class Attempt(Protocol):
    """One miner that was asked."""

    @property
    def miner(self) -> str:
        """ss58 hotkey."""

    @property
    def fault(self) -> str | None:
        """What was wrong with its answer; None for the right one."""

    @property
    def seconds(self) -> float:
        """From request to the end of it."""


class Answer(Protocol):
    """A verified answer."""

    @property
    def run(self) -> ProvenRun:
        """The proof, already verified."""

    @property
    def nonce(self) -> bytes:
        """Of the request tag, 32 bytes."""

    @property
    def tag(self) -> int:
        """The request tag."""

    @property
    def miner(self) -> str:
        """ss58 hotkey."""

    @property
    def seconds(self) -> float:
        """From request to verified."""

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Each miner that was asked."""


class Runner(Protocol):
    """Has an input proven by a miner."""

    async def run(self, circuit_id: str, inputs: tuple[int, ...], deadline_seconds: float) -> Answer:
        """The verified answer.

        Raises:
            QueryFailedError: no miner gave one.
        """

    def circuits(self) -> tuple[Circuit, ...]:
        """Circuits that can be asked for."""


@dataclass(frozen=True)
class MinerAttempt:
    """One miner that was asked.

    Attributes:
        miner: ss58 hotkey.
        fault: what was wrong with its answer; None for the right one.
        seconds: from request to the end of it.
    """

    miner: str
    fault: str | None
    seconds: float


@dataclass(frozen=True)
class QueryAnswer:
    """A verified answer.

    Attributes:
        run: the proof, already verified.
        nonce: of the request tag, 32 bytes.
        tag: the request tag.
        outputs: from the verified instances, at 2^output_scale_bits.
        miner: ss58 hotkey.
        endpoint: the miner's URL.
        seconds: from request to verified.
        attempts: each miner that was asked.
    """

    run: ProvenRun
    nonce: bytes
    tag: int
    outputs: tuple[int, ...]
    miner: str
    endpoint: str
    seconds: float
    attempts: tuple[MinerAttempt, ...]


class QueryFailedError(VeristakeError):
    """No miner gave a right answer in time.

    Args:
        message: what is wrong.
        remedy: what to do about it.
        fault: who has to change something: ``caller``, ``miners``, ``validator``, ``network`` or ``nobody``.
        attempts: everyone who was asked, in order.
    """

    def __init__(self, message: str, *, remedy: str, fault: str, attempts: tuple[MinerAttempt, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.fault = fault
        self.attempts = attempts
