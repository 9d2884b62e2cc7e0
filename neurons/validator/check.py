"""Whether an answer is what was asked for: a pure decision, before the proof itself is verified."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from statements.instances import InstanceLayout, Instances
from statements.proven_inference import ProvenInference
from statements.proven_run import ProvenRun
from statements.subject import Subject


class AnswerFault(StrEnum):
    """Why an answer is not used; the ``reason`` of log events and score changes."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    BAD_SIGNATURE = "bad_signature"
    REFUSED = "refused"
    DECLINED = "declined"
    MALFORMED = "malformed"
    WRONG_SUBJECT = "wrong_subject"
    WRONG_CIRCUIT = "wrong_circuit"
    WRONG_PROVER = "wrong_prover"
    WRONG_LAYOUT = "wrong_layout"
    WRONG_INPUTS = "wrong_inputs"
    WRONG_TAG = "wrong_tag"
    OUTPUT_OUT_OF_RANGE = "output_out_of_range"
    INVALID_PROOF = "invalid_proof"
    CRASHED_VERIFIER = "crashed_verifier"
    ABANDONED = "abandoned"
    VERIFIER_FAILED = "verifier_failed"


SILENT = (AnswerFault.UNREACHABLE, AnswerFault.TIMED_OUT)
"""No answer at all: the miner's fault, or that of the line between."""


@dataclass(frozen=True)
class Expectation:
    """What a right answer to one request holds.

    Attributes:
        subject: of an observation; None where the inputs belong to no chain's state.
        circuit_id: circuit that was asked for.
        prover: ss58 hotkey that was asked.
        layout: of the validator's own circuit.
        inputs: that the validator read from the chain, drew, or was given by a customer.
        tag: of this request.
    """

    subject: Subject | None
    circuit_id: str
    prover: str
    layout: InstanceLayout
    inputs: tuple[int, ...]
    tag: int


def find_fault(answer: ProvenRun, expected: Expectation) -> AnswerFault | None:
    """The first respect in which an answer differs from what was asked; None when there is none.

    A right answer still needs its proof verified, against :func:`own_instances`.
    """
    subject = answer.subject if isinstance(answer, ProvenInference) else None
    if subject != expected.subject:
        return AnswerFault.WRONG_SUBJECT
    if answer.circuit_id != expected.circuit_id:
        return AnswerFault.WRONG_CIRCUIT
    if answer.prover != expected.prover:
        return AnswerFault.WRONG_PROVER
    instances = answer.instances
    if instances.layout != expected.layout:
        return AnswerFault.WRONG_LAYOUT
    if instances.inputs != expected.inputs:
        return AnswerFault.WRONG_INPUTS
    if _tag_of(instances) != expected.tag:
        return AnswerFault.WRONG_TAG
    one = 1 << expected.layout.output_scale_bits
    if any(not 0 <= output <= one for output in instances.outputs):
        return AnswerFault.OUTPUT_OUT_OF_RANGE
    return None


def own_instances(answer: ProvenRun, expected: Expectation) -> Instances:
    """Instances rebuilt as the contract does it: only the outputs are the answer's."""
    return Instances.build(expected.layout, expected.inputs, expected.tag, answer.instances.outputs)


def _tag_of(instances: Instances) -> int | None:
    try:
        return instances.tag
    except ValueError:  # a limb exceeds its bits
        return None
