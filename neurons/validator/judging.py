"""What the miners' other answers say about one of them: whether a timeout or a refusal is its own fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neurons.network import Neuron
from neurons.validator.asking import Outcome
from neurons.validator.blame import Blame, blame_of_answer, blame_of_refusal, blame_of_silence
from neurons.validator.check import SILENT, AnswerFault
from neurons.validator.measurements import Measurements
from neurons.validator.records import printable
from neurons.validator.shared_causes import Service, shared_cause
from neurons.validator.timeouts import TimeoutRule, learned_timeout, most_are_late
from signed_http.refusal import Fault

KEPT_WAITING = (AnswerFault.REFUSED, AnswerFault.ABANDONED)
"""Faults that cost nothing by themselves, and something in a row."""
_DETAIL_CHARACTERS = 300
"""Of what a miner says, in the reason of a change of its score; the outcome keeps more."""


@dataclass(frozen=True)
class Circumstances:
    """What else is known when an outcome is judged.

    Attributes:
        others_reachable: from ``MinerFleet.line_works``.
        most_late: whether most miners do not keep the circuit's timeout.
        shared: whose fault a refusal is because most miners refuse so; None when they do not.
    """

    others_reachable: bool
    most_late: bool
    shared: Blame | None = None


class Judge:
    """Learns from what is settled, and tells what that means for the next.

    Args:
        measurements: learn how long miners take.
        rule: how that becomes a timeout.
    """

    def __init__(self, measurements: Measurements, rule: TimeoutRule) -> None:
        self._measurements = measurements
        self._rule = rule
        self._service = Service()
        self._registered: frozenset[str] | None = None

    def registered(self, neurons: Iterable[Neuron]) -> None:
        """From now on only these count, where they may mine."""
        self._registered = frozenset(neuron.hotkey for neuron in neurons if neuron.may_mine)

    def timeout(self, circuit_id: str) -> float:
        """Seconds that a miner may take for a circuit: the longest while most miners do not keep what was learned."""
        if self._most_late(circuit_id):
            return self._rule.ceiling
        return learned_timeout(self._measurements.of_circuit(circuit_id, self._registered), self._rule)

    def full_seconds(self, circuit_id: str, hotkey: str) -> float:
        """Seconds after which no answer says something about a miner.

        They are those of the circuit, or the miner's own where it is quicker: so it gains nothing by what makes the
        circuit's longer.
        """
        own = learned_timeout([self._measurements.of_miner(circuit_id, hotkey)], self._rule)
        return min(own, self.timeout(circuit_id))

    def failed(self, outcome: Outcome, others_reachable: bool) -> None:
        """Learn from an outcome that is about to be judged."""
        asked = outcome.asked
        # a survey that was not answered is none of the circuit's requests
        waited_all = outcome.fault is AnswerFault.TIMED_OUT and outcome.seconds >= asked.seconds
        if waited_all and asked.had_its_time and others_reachable:
            self._measurements.add_timed_out(asked.question.circuit_id, asked.miner, asked.seconds)
        if _shared_cause(outcome) is not None:
            self._heard(outcome, serves=False)

    def verified(self, outcome: Outcome) -> None:
        """Learn from a verified answer that is stored."""
        self._measurements.add(outcome.asked.question.circuit_id, outcome.hotkey, outcome.seconds)
        self._heard(outcome, serves=True)

    def circumstances(self, outcome: Outcome, others_reachable: bool) -> Circumstances:
        """What the blame for an outcome hangs on beside the outcome itself."""
        question = outcome.asked.question
        cause = _shared_cause(outcome)
        # whoever never proved anything could otherwise refuse for one that did
        proven = self._measurements.proven(question.circuit_id, self._registered)
        most_refuse = self._service.most_refuse(question.circuit_id, question.kind, proven, outcome.asked_at)
        return Circumstances(others_reachable, self._most_late(question.circuit_id), cause if most_refuse else None)

    def _heard(self, outcome: Outcome, *, serves: bool) -> None:
        question = outcome.asked.question
        self._service.heard(question.circuit_id, question.kind, outcome.hotkey, serves=serves, at=outcome.asked_at)

    def _most_late(self, circuit_id: str) -> bool:
        return most_are_late(self._measurements.late(circuit_id, self._registered))


def _shared_cause(outcome: Outcome) -> Blame | None:
    return shared_cause(outcome.refusal, outcome.refusal_code) if outcome.fault is AnswerFault.REFUSED else None


def blame_of(outcome: Outcome, circumstances: Circumstances, in_a_row: int) -> Blame:
    """Whose fault an outcome is.

    Args:
        outcome: what came of a request.
        circumstances: what else is known.
        in_a_row: as for :func:`blame_of_refusal`.
    """
    fault = outcome.fault
    if fault is None:
        return Blame.NOBODY
    if fault in SILENT:
        return blame_of_silence(
            fault,
            full_time=outcome.asked.had_its_time,
            others_reachable=circumstances.others_reachable,
            most_late=circumstances.most_late,
        )
    if fault in KEPT_WAITING:
        refusal = Fault.NOBODY if fault is AnswerFault.ABANDONED else outcome.refusal
        return blame_of_refusal(
            signed=refusal is not None, fault=refusal, in_a_row=in_a_row, shared=circumstances.shared
        )
    return blame_of_answer(fault)


def failure_figures(outcome: Outcome, in_a_row: int) -> dict[str, float | int | str]:
    """Why a failure cost its miner something, for ``explain``.

    Args:
        outcome: what came of a request.
        in_a_row: as for :func:`blame_of_refusal`.
    """
    figures: dict[str, float | int | str] = {
        "allowed_seconds": outcome.asked.seconds,
        "detail": printable(outcome.detail[:_DETAIL_CHARACTERS]),
    }
    if in_a_row:
        figures["in_a_row"] = in_a_row
    if outcome.refusal is not None:
        figures["refusal"] = outcome.refusal
    if outcome.refusal_code is not None:
        figures["refusal_code"] = outcome.refusal_code
    return figures
