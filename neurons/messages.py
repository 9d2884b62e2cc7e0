"""What validator and miner say to each other.

An ObservationRequest is answered by a ProvenInference, an InputRequest by a ProvenRun; each may be refused.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from neurons.bounded_request import BoundedRequest
from statements.quantities import Hash32
from statements.subject import Subject
from statements.traveller import Traveller

MAXIMUM_INPUTS = 65_536
"""More do not fit into a request of one MiB."""
MAXIMUM_CIRCUITS = 256
"""That a miner can say it holds."""
MAXIMUM_COMPETITIONS = 64
MAXIMUM_SOURCES = 16
MAXIMUM_CLAIM_BYTES = 128 * 1024
"""Of what a miner says of itself; a list of as many circuits as it can name takes half of it."""
LARGEST_COUNT = 1_000_000
"""Of workers, or of waiting requests, that a miner can claim."""
LONGEST_SECONDS = 1e9
"""That a miner can claim: larger than any true figure, and small enough to reckon with."""


class ProofRequest(BoundedRequest):
    """What every request for a proof holds.

    Attributes:
        nonce: 32 random bytes that enter the request tag.
        circuit_id: sha256 of the verifying key to prove under.
        deadline_seconds: the asker stops waiting after this many seconds.
    """

    nonce: Hash32
    circuit_id: Hash32
    deadline_seconds: float = Field(gt=0, le=3600)

    @property
    def nonce_bytes(self) -> bytes:
        """The nonce as 32 bytes."""
        return bytes.fromhex(self.nonce[2:])


class ObservationRequest(ProofRequest):
    """Prove the score of one observation, whose inputs the miner reads from the home chain.

    Attributes:
        subject: what to score.
    """

    subject: Subject


class InputRequest(ProofRequest):
    """Prove a circuit's outputs for inputs that the request carries: a customer's query, or a benchmark.

    Attributes:
        inputs: signed fixed point at the circuit's input scale, in circuit order.
    """

    inputs: tuple[int, ...] = Field(min_length=1, max_length=MAXIMUM_INPUTS, fail_fast=True)


CompetitionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""Name of a competition, agreed on outside of the protocol."""


class CompetitionRequest(BoundedRequest):
    """Name the circuit that you enter into a competition.

    Attributes:
        competition_id: which competition.
        nonce: 32 random bytes, which the entry repeats.
    """

    competition_id: CompetitionId
    nonce: Hash32


class CompetitionEntry(Traveller):
    """A miner's entry: a circuit that anybody can fetch by its hash and measure with benchmarks.

    Attributes:
        competition_id: which competition.
        nonce: of the request.
        circuit_id: circuit entered; the miner answers benchmarks for it.
        bundle: sha256 of its bundle, the list of its files with their hashes.
        sources: base URLs that serve bundle and files as ``/v1/artefacts/{sha256}``.
    """

    competition_id: CompetitionId
    nonce: Hash32
    circuit_id: Hash32
    bundle: Hash32
    sources: tuple[Annotated[str, StringConstraints(max_length=2000)], ...] = Field(max_length=MAXIMUM_SOURCES)


class CircuitCapability(Traveller):
    """A circuit that a miner holds.

    Attributes:
        circuit_id: sha256 of the verifying key.
        model_name: model it proves.
        seconds_per_proof: median of the latest proofs on this machine; None before the first.
    """

    circuit_id: Hash32
    model_name: Annotated[str, StringConstraints(max_length=100)]
    seconds_per_proof: float | None = Field(default=None, ge=0, le=LONGEST_SECONDS)


class Capabilities(Traveller):
    """What a miner can do now.

    Attributes:
        circuits: circuits it holds.
        workers: proofs it makes at the same time.
        queue_limit: requests that may wait for a worker.
        queue_length: requests that wait now.
        expected_wait_seconds: that a query admitted now would wait for a worker.
        competitions: ids of the competitions that it takes part in.
    """

    circuits: tuple[CircuitCapability, ...] = Field(max_length=MAXIMUM_CIRCUITS)
    workers: int = Field(ge=1, le=LARGEST_COUNT)
    queue_limit: int = Field(ge=0, le=LARGEST_COUNT)
    queue_length: int = Field(ge=0, le=LARGEST_COUNT)
    expected_wait_seconds: float = Field(default=0.0, ge=0, le=LONGEST_SECONDS)
    competitions: tuple[CompetitionId, ...] = Field(default=(), max_length=MAXIMUM_COMPETITIONS)

    def holds(self, circuit_id: str) -> bool:
        """Whether the miner can prove under this circuit."""
        return circuit_id in self.circuit_ids

    @cached_property
    def circuit_ids(self) -> frozenset[str]:
        """Ids of the circuits, for looking one up: a validator does it for each miner and request."""
        return frozenset(circuit.circuit_id for circuit in self.circuits)


class RefusalCode(StrEnum):
    """Why a neuron does not answer; the ``code`` of a signed_http Refusal."""

    MALFORMED_REQUEST = "malformed_request"
    UNKNOWN_ROUTE = "unknown_route"
    NOT_A_VALIDATOR = "not_a_validator"
    NOT_A_READER = "not_a_reader"
    RATE_LIMITED = "rate_limited"
    NO_VALIDATOR_PERMIT = "no_validator_permit"
    NOT_ENOUGH_STAKE = "not_enough_stake"
    NETWORK_UNAVAILABLE = "network_unavailable"
    CIRCUIT_NOT_HELD = "circuit_not_held"
    CIRCUIT_TOO_LARGE = "circuit_too_large"
    WRONG_INPUT_COUNT = "wrong_input_count"
    INPUT_OUT_OF_RANGE = "input_out_of_range"
    NOT_COMPETING = "not_competing"
    WRONG_HOME = "wrong_home"
    WRONG_MODEL = "wrong_model"
    WRONG_CONFIG_VERSION = "wrong_config_version"
    INPUTS_UNAVAILABLE = "inputs_unavailable"
    CHAIN_UNAVAILABLE = "chain_unavailable"
    QUEUE_FULL = "queue_full"
    CALLER_LIMIT = "caller_limit"
    CALLER_LEFT = "caller_left"
    DEADLINE_TOO_SHORT = "deadline_too_short"
    DEADLINE_PASSED = "deadline_passed"
    PROVING_FAILED = "proving_failed"
