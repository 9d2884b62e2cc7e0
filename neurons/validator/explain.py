"""Why a miner's score is what it is, in words: what was asked, what was measured, which formula with which figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from neurons.network import Neuron
from neurons.validator.awards import with_awards
from neurons.validator.blame import MOST_REFUSALS_IN_A_ROW
from neurons.validator.entries.standing import EntryStanding, standings
from neurons.validator.prizes import prizes_of
from neurons.validator.records import OutcomeRecord, ScoreChange
from neurons.validator.scoring import DECAY, RECOVERY
from neurons.validator.settings import CompetitionSettings
from neurons.validator.store import VERIFIED, ValidatorStore
from neurons.validator.weights import normalised

FAULTS = {
    "unreachable": "it could not be reached",
    "timed_out": "no whole answer came in time",
    "bad_signature": "the answer was not signed by the miner for this request",
    "refused": "it refused",
    "declined": "it refused a request that left it less than the circuit's timeout",
    "malformed": "the answer has another form than the protocol's",
    "wrong_subject": "the answer is about another asset, epoch or model",
    "wrong_circuit": "the answer is of another circuit than was asked for",
    "wrong_prover": "the answer claims another prover",
    "wrong_layout": "the instances are laid out or scaled as another circuit's",
    "wrong_inputs": "the proof is over other inputs than were sent",
    "wrong_tag": "the proof was made for another request or by another miner",
    "output_out_of_range": "an output lies outside [0, 1]",
    "invalid_proof": "the proof does not show what the answer claims",
    "crashed_verifier": "the proof ended two verifier processes",
    "abandoned": "another miner answered first",
    "verifier_failed": "the validator could not verify",
}
_BLAMES = {
    "miner": "the miner's fault",
    "validator": "the validator's fault: it costs the miner nothing",
    "network": "most other miners failed alike, so the fault is on the way or in a node: it costs the miner nothing",
    "nobody": "nobody's fault: it costs the miner nothing",
}


class Explanation(BaseModel):
    """Everything that made a score.

    Attributes:
        hotkey: the miner.
        uid: its number in the network; None when it is not registered.
        score: at present.
        share: of the weights, if they were set now.
        changes: of the score, newest first.
        outcomes: of the latest requests, newest first.
        entries: what it entered into each competition, and what came of it.
    """

    model_config = ConfigDict(frozen=True)

    hotkey: str
    uid: int | None
    score: float
    share: float
    changes: tuple[ScoreChange, ...]
    outcomes: tuple[OutcomeRecord, ...]
    entries: tuple[EntryStanding, ...] = ()

    def lines(self) -> list[str]:
        """For people."""
        place = "not registered" if self.uid is None else f"uid {self.uid}"
        shown = [
            f"{self.hotkey} ({place}): score {self.score:.6f}, {self.share:.2%} of the weights if they were set now",
            "",
            "Changes of the score, newest first:" if self.changes else "The score has never changed.",
        ]
        shown += [f"  {line}" for change in self.changes for line in change_lines(change)]
        if self.entries:
            shown += ["", "Competitions:", *(f"  {line}" for entry in self.entries for line in entry.lines())]
        shown += ["", "Latest requests, newest first:" if self.outcomes else "No request is on record."]
        return shown + [f"  {outcome_line(outcome)}" for outcome in self.outcomes]


def explain(
    store: ValidatorStore,
    neurons: tuple[Neuron, ...],
    hotkey: str,
    limit: int,
    competitions: Sequence[CompetitionSettings] = (),
) -> Explanation:
    """What the store knows of a miner.

    Args:
        store: of this validator.
        neurons: of the network.
        hotkey: the miner.
        limit: most changes and outcomes to show.
        competitions: of the settings.
    """
    uid = next((neuron.uid for neuron in neurons if neuron.hotkey == hotkey), None)
    prizes = prizes_of(competitions, store.engine)
    shares, awards = with_awards(normalised(store.score_by_hotkey(), neurons), prizes, neurons)
    return Explanation(
        hotkey=hotkey,
        uid=uid,
        score=store.score(hotkey),
        share=0.0 if uid is None else shares.get(uid, 0.0),
        changes=store.changes(hotkey, limit),
        outcomes=store.outcomes(hotkey, limit),
        entries=standings(store.engine, awards, hotkey),
    )


def change_lines(change: ScoreChange) -> list[str]:
    """One change in words: what was asked and came of it, and how that moved the score."""
    kind = change.kind or "request"
    circuit = f" of circuit {change.circuit_id[:12]}…" if change.circuit_id else ""
    if change.reason != VERIFIED:
        meaning = FAULTS.get(change.reason, change.reason)
        return [
            f"{_when(change.at)}  {kind}{circuit}: {change.reason}: {meaning}",
            *_failure_lines(change),
            f"    score x {1 - DECAY:g}: {change.previous:.6f} -> {change.score:.6f}",
        ]
    seconds = "" if change.seconds is None else f" in {change.seconds:.3f} s"
    return [
        f"{_when(change.at)}  {kind}{circuit}: verified{seconds}",
        *_formula_lines(change),
        f"    score + {RECOVERY:g} x (target - score): {change.previous:.6f} -> {change.score:.6f}",
    ]


def _failure_lines(change: ScoreChange) -> list[str]:
    """Why it was the miner's fault; nothing for a change of a release that did not keep that."""
    figures, shown = change.figures or {}, []
    in_a_row, refusal = figures.get("in_a_row", 0), figures.get("refusal")
    if isinstance(in_a_row, int) and in_a_row > MOST_REFUSALS_IN_A_ROW:
        shown.append(f"minute {in_a_row} in a row without a proof of this kind; {MOST_REFUSALS_IN_A_ROW} are free")
    elif refusal is not None:
        shown.append("its signed refusal calls that its own fault")
    if "allowed_seconds" in figures:
        shown.append(f"it was allowed {_figure(figures, 'allowed_seconds')} s")
    if refusal is not None:
        code = f", code {figures['refusal_code']}" if "refusal_code" in figures else ""
        shown.append(f"its refusal: fault {refusal}{code}")
    if figures.get("detail"):
        shown.append(f"in words: {figures['detail']}")
    return [f"    {line}" for line in shown]


def _formula_lines(change: ScoreChange) -> list[str]:
    figures = change.figures
    if figures is None or "fraction" not in figures:
        return ["    the figures were not kept by the release that scored this"]
    shown = [
        f"    formula {change.formula}: between {_figure(figures, 'fastest')} s (fastest) and "
        f"{_figure(figures, 'slowest')} s (slowest) that is {_figure(figures, 'fraction')} of a full score"
    ]
    if "accuracy" in figures:
        shown.append(
            f"    of accuracy {_figure(figures, 'accuracy')}, a proof of {_figure(figures, 'proof_bytes')} bytes, "
            f"time {_figure(figures, 'time_fraction')} and delivered work {_figure(figures, 'delivered')}"
        )
    target, miners = _figure(figures, "target"), _figure(figures, "miners")
    return [*shown, f"    target = that / {miners} registered miners = {target}"]


def outcome_line(outcome: OutcomeRecord) -> str:
    """One request in words."""
    asked = f"{_when(outcome.asked_at)}  {outcome.kind} of circuit {outcome.circuit_id[:12]}…"
    if outcome.fault is None:
        return f"{asked}: verified in {outcome.seconds:.3f} s"
    meaning = FAULTS.get(outcome.fault, outcome.fault)
    return f"{asked}: {outcome.fault} after {outcome.seconds:.3f} s: {meaning} ({_BLAMES[outcome.blame]})"


def _figure(figures: dict[str, float | int | str], name: str) -> str:
    value = figures.get(name, "unknown")
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
