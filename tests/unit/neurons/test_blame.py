from __future__ import annotations

import pytest

from neurons.validator.blame import (
    MOST_REFUSALS_IN_A_ROW,
    Blame,
    blame_of_answer,
    blame_of_refusal,
    blame_of_silence,
)
from neurons.validator.check import AnswerFault
from signed_http.refusal import Fault

_DEPENDS_ON_MORE = {AnswerFault.UNREACHABLE, AnswerFault.TIMED_OUT, AnswerFault.REFUSED, AnswerFault.ABANDONED}


@pytest.mark.parametrize("fault", sorted(set(AnswerFault) - _DEPENDS_ON_MORE))
def test_blame_of_answer_every_other_fault_is_in_the_table(fault: AnswerFault) -> None:
    expected = {AnswerFault.VERIFIER_FAILED: Blame.VALIDATOR, AnswerFault.DECLINED: Blame.NOBODY}
    assert blame_of_answer(fault) is expected.get(fault, Blame.MINER)


@pytest.mark.parametrize(
    ("fault", "full_time", "others", "blame"),
    [
        (AnswerFault.UNREACHABLE, True, True, Blame.MINER),
        (AnswerFault.UNREACHABLE, False, True, Blame.MINER),
        (AnswerFault.UNREACHABLE, True, False, Blame.NETWORK),
        (AnswerFault.TIMED_OUT, True, True, Blame.MINER),
        (AnswerFault.TIMED_OUT, True, False, Blame.NETWORK),
        (AnswerFault.TIMED_OUT, False, True, Blame.NOBODY),
    ],
)
def test_blame_of_silence_by_time_and_other_miners(
    fault: AnswerFault, full_time: bool, others: bool, blame: Blame
) -> None:
    assert blame_of_silence(fault, full_time=full_time, others_reachable=others) is blame


@pytest.mark.parametrize("full_time", [False, True])
@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize(("fault", "excused"), [(AnswerFault.UNREACHABLE, False), (AnswerFault.TIMED_OUT, True)])
def test_blame_of_silence_most_miners_late_excuses_slowness_only(
    fault: AnswerFault, excused: bool, full_time: bool, others: bool
) -> None:
    usual = blame_of_silence(fault, full_time=full_time, others_reachable=others)
    found = blame_of_silence(fault, full_time=full_time, others_reachable=others, most_late=True)
    assert found is (Blame.NOBODY if excused and others else usual)


@pytest.mark.parametrize(
    ("signed", "fault", "blame"),
    [
        (True, Fault.NOBODY, Blame.NOBODY),
        (True, Fault.CALLER, Blame.NOBODY),
        (True, Fault.RESPONDER, Blame.MINER),
        (True, None, Blame.MINER),
        (False, None, Blame.NOBODY),
        (False, Fault.RESPONDER, Blame.NOBODY),
    ],
)
def test_blame_of_refusal_only_a_signed_one_blames(signed: bool, fault: Fault | None, blame: Blame) -> None:
    assert blame_of_refusal(signed=signed, fault=fault, in_a_row=1) is blame


def test_blame_of_refusal_who_always_refuses_is_to_blame() -> None:
    def blame(in_a_row: int, *, signed: bool) -> Blame:
        return blame_of_refusal(signed=signed, fault=Fault.NOBODY, in_a_row=in_a_row)

    for signed in (True, False):
        assert blame(MOST_REFUSALS_IN_A_ROW, signed=signed) is Blame.NOBODY
        assert blame(MOST_REFUSALS_IN_A_ROW + 1, signed=signed) is Blame.MINER
