"""What travels between an application and the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neurons.bounded_request import BoundedRequest
from neurons.messages import MAXIMUM_INPUTS
from neurons.validator.api.states import QueryState
from signed_http.refusal import Refusal
from statements.quantities import BigInteger, FieldElement, Hash32, HexBytes
from statements.traveller import Traveller

LONGEST_DEADLINE_SECONDS = 3600.0
IDEMPOTENCY_KEY_PATTERN = "^[!-~]{1,255}$"


class QueryRequest(BoundedRequest):
    """Have a circuit's outputs proven for an input of the caller's.

    Attributes:
        circuit_id: sha256 of the verifying key.
        inputs: signed integers at 2^input_scale_bits in circuit order; or give ``values``.
        values: real numbers in [-1, 1]; each becomes value * 2^input_scale_bits, rounded to the nearest integer, halves
            away from zero. The answer holds the integers.
        deadline_seconds: after this the query expires.
        idempotency_key: the same key with the same body is the same query, as long as that can be read; the header
            Idempotency-Key says the same.
        respond_async: answer 202 at once; the header ``Prefer: respond-async`` says the same.
    """

    circuit_id: Hash32
    inputs: tuple[Annotated[int, Field(strict=True)], ...] | None = Field(
        default=None, max_length=MAXIMUM_INPUTS, fail_fast=True
    )
    values: tuple[Annotated[float, Field(strict=True, allow_inf_nan=False)], ...] | None = Field(
        default=None, max_length=MAXIMUM_INPUTS, fail_fast=True
    )
    deadline_seconds: float = Field(default=60.0, gt=0, le=LONGEST_DEADLINE_SECONDS, strict=True)
    idempotency_key: str | None = Field(default=None, pattern=IDEMPOTENCY_KEY_PATTERN)
    respond_async: bool = Field(default=False, strict=True)


class AttemptView(Traveller):
    """One miner that was asked.

    Attributes:
        miner: ss58 hotkey.
        fault: what was wrong with its answer; None for the right one.
        seconds: from request to the end of it.
    """

    miner: str
    fault: str | None
    seconds: float = Field(ge=0)


class QueryResult(Traveller):
    """A verified answer, with all that is needed to verify it again.

    Attributes:
        circuit_id: sha256 of the verifying key.
        inputs: signed integers at 2^input_scale_bits.
        outputs: signed integers at 2^output_scale_bits, from the verified instances.
        output_values: the outputs as real numbers.
        instances: public field elements in circuit order: inputs, tag limbs, outputs.
        proof: Halo2 proof bytes.
        calldata: of ``verifyProof(bytes,uint256[])`` of the circuit's generated verifier; None for a circuit that has a
            reusable verifier, whose call takes the circuit's artefact too.
        nonce: of the request tag, 32 bytes.
        tag: the request tag, which binds the proof to nonce, validator, miner, circuit and inputs.
        validator: ss58 hotkey that asked.
        miner: ss58 hotkey that proved.
        seconds: from request to verified answer, as the validator measured.
        prove_seconds: what the miner says the proof took.
        attempts: every miner that was asked.
    """

    circuit_id: Hash32
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    output_values: tuple[float, ...]
    instances: tuple[FieldElement, ...]
    proof: HexBytes
    calldata: HexBytes | None
    nonce: Hash32
    tag: BigInteger
    validator: str
    miner: str
    seconds: float = Field(ge=0)
    prove_seconds: float = Field(ge=0)
    attempts: tuple[AttemptView, ...]


class QueryView(Traveller):
    """A query.

    Attributes:
        query_id: names it.
        state: where it is.
        circuit_id: sha256 of the verifying key.
        inputs: the integers that the circuit takes.
        received_at: Unix time, seconds.
        deadline_at: Unix time, seconds.
        state_since: Unix time, seconds.
        times_asked: how often miners were asked; more than once only after a restart of the validator.
        result: the answer, when it is ``answered``.
        failure: what is wrong and whose fault it is, when it ``failed`` or ``expired``.
        attempts: every miner that was asked, as far as known when the query failed.
    """

    query_id: str
    state: QueryState
    circuit_id: Hash32
    inputs: tuple[int, ...]
    received_at: float
    deadline_at: float
    state_since: float
    times_asked: int = Field(ge=0)
    result: QueryResult | None = None
    failure: Refusal | None = None
    attempts: tuple[AttemptView, ...] = ()


class PublicFile(Traveller):
    """A file of a circuit that verification needs.

    Attributes:
        name: under ``/v1/circuits/{circuit_id}/files/``.
        sha256: of its content.
        size: bytes.
    """

    name: str
    sha256: Hash32
    size: int = Field(ge=0)


class Shape(Traveller):
    """Numbers that go into a circuit, or come out.

    Attributes:
        count: how many.
        scale_bits: they are at 2^scale_bits.
        minimum: smallest integer allowed.
        maximum: largest integer allowed.
    """

    count: int = Field(ge=1)
    scale_bits: int = Field(ge=0)
    minimum: int
    maximum: int


class CircuitView(Traveller):
    """A circuit that can be asked for.

    Attributes:
        circuit_id: sha256 of the verifying key.
        model_name: model it proves.
        model_id: keccak256 of that name.
        inputs: what it takes.
        outputs: what it gives.
        tag_bits: bits of the request tag.
        files: what verification needs, with hashes; pin circuit id, settings and SRS together.
        onnx_hash: sha256 of the network as compiled.
        compiled_hash: sha256 of the compiled circuit.
        proof_bytes: length of a proof.
        expected_seconds: of a query, median of the latest answers; before the first, what a proof took where the
            circuit was built; None where that is unknown.
        dev_srs: the SRS may have a known trapdoor, so that anybody could forge proofs.
    """

    circuit_id: Hash32
    model_name: str
    model_id: Hash32
    inputs: Shape
    outputs: Shape
    tag_bits: int = Field(ge=0)
    files: tuple[PublicFile, ...]
    onnx_hash: Hash32
    compiled_hash: Hash32
    proof_bytes: int = Field(gt=0)
    expected_seconds: float | None = Field(default=None, ge=0)
    dev_srs: bool


class CircuitList(Traveller):
    """All circuits that can be asked for."""

    circuits: tuple[CircuitView, ...]


class MinerView(Traveller):
    """A miner of the network.

    Attributes:
        uid: number in the subnet.
        hotkey: ss58 address.
        score: as this validator scores it.
        seconds: of its latest verified answer; None before the first.
        circuits: circuit ids that it said it holds, when last asked.
    """

    uid: int = Field(ge=0)
    hotkey: str
    score: float
    seconds: float | None = Field(default=None, ge=0)
    circuits: tuple[Hash32, ...] = ()


class MinerList(Traveller):
    """All miners of the network."""

    miners: tuple[MinerView, ...]
