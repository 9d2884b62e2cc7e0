from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from neurons.network import Neuron, Role
from neurons.validator.blame import Blame
from neurons.validator.check import AnswerFault
from neurons.validator.explain import FAULTS, explain, outcome_line
from neurons.validator.formulas import Evidence, Formula, score_verified
from neurons.validator.records import OutcomeRecord
from neurons.validator.scoring import TimeBounds
from neurons.validator.scoring_output import OutputWeights
from neurons.validator.store import ValidatorStore, open_store
from tests.unit.neurons.parts import CIRCUIT_ID, make_change

NEURONS = tuple(
    Neuron(uid=uid, hotkey=hotkey, role=Role.MINER, endpoint="http://127.0.0.1:1")
    for uid, hotkey in ((4, "miner"), (5, "other"))
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ValidatorStore]:
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", "validator")
    yield store
    store.close()


@pytest.mark.parametrize("formula", list(Formula))
def test_explain_verified_answer_names_formula_figures_and_share(store: ValidatorStore, formula: Formula) -> None:
    evidence = Evidence(
        seconds=2.0, bounds=TimeBounds(1.0, 9.0), miners=2, accuracy=0.9, proof_bytes=1952, delivered=0.5
    )
    scored = score_verified(formula, OutputWeights(), 0.25, evidence)
    change = make_change(
        previous=0.25, score=scored.score, formula=formula, figures=scored.figures, kind="query", circuit_id=CIRCUIT_ID
    )
    store.settle(None, change)
    store.settle(None, make_change("other", score=scored.score))
    explanation = explain(store, NEURONS, "miner", 10)
    told = "\n".join(explanation.lines())
    assert (explanation.uid, explanation.share) == (4, 0.5)
    assert explanation.changes == (change,)
    for said in ("query of circuit 0xcccccccccc…", "verified in 2.000 s", f"formula {formula}", "1 s (fastest)", "9 s"):
        assert said in told
    assert f"{scored.figures['target']:.6g}" in told
    assert f"0.250000 -> {scored.score:.6f}" in told
    assert ("a proof of 1952 bytes" in told) == (formula is Formula.OUTPUT)


def test_explain_fault_says_what_it_means_and_what_it_cost(store: ValidatorStore) -> None:
    store.settle(None, make_change(previous=0.5, score=0.3, reason="wrong_tag", kind="benchmark", figures={}))
    told = "\n".join(explain(store, (), "miner", 10).lines())
    assert "not registered" in told
    assert "wrong_tag: the proof was made for another request or by another miner" in told
    assert "score x 0.6: 0.500000 -> 0.300000" in told


def test_explain_change_of_the_release_before_says_that_figures_are_missing(store: ValidatorStore) -> None:
    store.settle(None, make_change())
    assert "were not kept by the release" in "\n".join(explain(store, NEURONS, "miner", 10).lines())


def test_explain_unknown_miner_has_nothing_on_record(store: ValidatorStore) -> None:
    told = "\n".join(explain(store, NEURONS, "nobody", 10).lines())
    assert "never changed" in told
    assert "No request is on record" in told


@pytest.mark.parametrize("blame", list(Blame))
@pytest.mark.parametrize("fault", list(AnswerFault))
def test_outcome_line_every_fault_and_blame_has_words(fault: AnswerFault, blame: Blame) -> None:
    outcome = OutcomeRecord(
        nonce="0x00",
        kind="query",
        circuit_id=CIRCUIT_ID,
        hotkey="miner",
        statement_id=None,
        asked_at=0.0,
        seconds=1.0,
        fault=fault,
        blame=blame,
        detail="",
    )
    line = outcome_line(outcome)
    assert FAULTS[fault] in line
    assert ("costs the miner nothing" in line) == (blame is not Blame.MINER)
