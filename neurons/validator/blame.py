"""Whose fault it is that there is no usable answer, as a table; only the miner's own faults cost it score."""

from __future__ import annotations

from enum import StrEnum

from neurons.validator.check import AnswerFault


class Blame(StrEnum):
    """Who has to change something."""

    MINER = "miner"
    VALIDATOR = "validator"
    NETWORK = "network"
    NOBODY = "nobody"


_ALWAYS: dict[AnswerFault, Blame] = {
    AnswerFault.BAD_SIGNATURE: Blame.MINER,
    AnswerFault.MALFORMED: Blame.MINER,
    AnswerFault.WRONG_SUBJECT: Blame.MINER,
    AnswerFault.WRONG_CIRCUIT: Blame.MINER,
    AnswerFault.WRONG_PROVER: Blame.MINER,
    AnswerFault.WRONG_LAYOUT: Blame.MINER,
    AnswerFault.WRONG_INPUTS: Blame.MINER,
    AnswerFault.WRONG_TAG: Blame.MINER,
    AnswerFault.OUTPUT_OUT_OF_RANGE: Blame.MINER,
    AnswerFault.INVALID_PROOF: Blame.MINER,
    AnswerFault.CRASHED_VERIFIER: Blame.MINER,
    AnswerFault.VERIFIER_FAILED: Blame.VALIDATOR,
    AnswerFault.DECLINED: Blame.NOBODY,
}
MOST_REFUSALS_IN_A_ROW = 8
"""A queue may be full for a while; a miner that refuses more often than this without one proof between offers
nothing, and its score must not outlive that."""


def blame_of_silence(fault: AnswerFault, *, full_time: bool, others_reachable: bool, most_late: bool = False) -> Blame:
    """Who is to blame for no answer at all.

    Args:
        fault: unreachable or timed_out.
        full_time: whether the miner had at least the time that the circuit's proofs, or its own, are known to take.
        others_reachable: whether a survey made since was answered by another miner, or by the miner itself where it
            has only been slow; when none answers, the fault is the validator's line.
        most_late: whether most miners do not keep the timeout: then it is the timeout that is wrong.
    """
    if not others_reachable:
        return Blame.NETWORK
    if fault is AnswerFault.TIMED_OUT and (most_late or not full_time):
        return Blame.NOBODY
    return Blame.MINER


def blame_of_refusal(*, signed: bool, fault: str | None, in_a_row: int, shared: Blame | None = None) -> Blame:
    """Who is to blame for a refusal.

    Args:
        signed: whether the miner's hotkey signed it; an unsigned one may come from anybody on the way, and blames
            nobody but by its number in a row.
        fault: what the refusal says of itself (``signed_http.refusal.Fault``); None when it says nothing.
        in_a_row: minutes in which this miner refused, or was given up late, since its last verified proof of the same
            circuit and kind of request, this one included; 0 when this minute is counted already.
        shared: whose fault it is when most miners refuse so: the validator's, or a node's; None when they do not.
    """
    if shared is not None:
        return shared
    if in_a_row > MOST_REFUSALS_IN_A_ROW:
        return Blame.MINER
    return Blame.MINER if signed and fault in (None, "responder") else Blame.NOBODY


def blame_of_answer(fault: AnswerFault) -> Blame:
    """Who is to blame for an answer that is not right.

    Raises:
        KeyError: the fault is a silence, a refusal or slowness, which hang on more than their name.
    """
    return _ALWAYS[fault]
