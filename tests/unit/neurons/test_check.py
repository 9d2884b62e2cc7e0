from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurons.validator.check import AnswerFault, Expectation, find_fault, own_instances
from statements.instances import Instances
from statements.quantities import to_field
from tests.unit.neurons.parts import CIRCUIT_ID, INPUTS, LAYOUT, OUTPUTS, TAG, make_inference, make_subject

EXPECTED = Expectation(
    subject=make_subject(), circuit_id=CIRCUIT_ID, prover="miner", layout=LAYOUT, inputs=INPUTS, tag=TAG
)


def test_find_fault_right_answer_finds_none() -> None:
    assert find_fault(make_inference(), EXPECTED) is None


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"subject": make_subject(epoch=99)}, AnswerFault.WRONG_SUBJECT),
        ({"subject": make_subject(config_version=2)}, AnswerFault.WRONG_SUBJECT),
        ({"circuit_id": "0x" + "00" * 32}, AnswerFault.WRONG_CIRCUIT),
        ({"prover": "somebody"}, AnswerFault.WRONG_PROVER),
    ],
)
def test_find_fault_other_claim_is_named(fields: dict[str, Any], fault: AnswerFault) -> None:
    assert find_fault(make_inference(**fields), EXPECTED) is fault


def test_find_fault_other_layout_is_named() -> None:
    layout = LAYOUT.model_copy(update={"output_scale_bits": 12})
    answer = make_inference(instances=Instances.build(layout, INPUTS, TAG, OUTPUTS))
    assert find_fault(answer, EXPECTED) is AnswerFault.WRONG_LAYOUT


@given(st.integers(0, 3), st.integers(-2048, 2048))
def test_find_fault_any_changed_input_is_named(position: int, value: int) -> None:
    inputs = [*INPUTS]
    inputs[position] = value
    answer = make_inference(instances=Instances.build(LAYOUT, tuple(inputs), TAG, OUTPUTS))
    expected = None if tuple(inputs) == INPUTS else AnswerFault.WRONG_INPUTS
    assert find_fault(answer, EXPECTED) is expected


@pytest.mark.parametrize("limb", [0, 1 << 17, to_field(-1)])
def test_find_fault_changed_or_too_wide_limb_is_wrong_tag(limb: int) -> None:
    elements = list(make_inference().instances.elements)
    elements[len(INPUTS)] = limb
    answer = make_inference(instances=Instances(layout=LAYOUT, elements=tuple(elements)))
    assert find_fault(answer, EXPECTED) is AnswerFault.WRONG_TAG


@pytest.mark.parametrize(("output", "in_range"), [(0, True), (2048, True), (2049, False), (-1, False)])
def test_find_fault_output_outside_unit_interval_is_named(output: int, in_range: bool) -> None:
    answer = make_inference(instances=Instances.build(LAYOUT, INPUTS, TAG, (output, 0)))
    assert find_fault(answer, EXPECTED) is (None if in_range else AnswerFault.OUTPUT_OUT_OF_RANGE)


def test_own_instances_take_only_outputs_from_the_answer() -> None:
    answer = make_inference(instances=Instances.build(LAYOUT, (9, 9, 9, 9), 1, (7, 8)))
    assert own_instances(answer, EXPECTED) == Instances.build(LAYOUT, INPUTS, TAG, (7, 8))
