"""Instances, tag and statement id."""

import hashlib

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from statements.instances import Instances
from statements.quantities import FIELD_MODULUS
from statements.request_tag import join_tag, request_tag, split_tag
from statements.subject import Subject, model_id
from tests.unit.statements.examples import INFERENCE, JOB, LAYOUT, SUBJECT

REQUEST = {
    "nonce": bytes(range(32)), "validator": "5V", "miner": "5M", "circuit_id": "0xab", "inputs": (-5, 7), "bits": 136,
}  # fmt: skip


@given(
    st.tuples(st.integers(-2048, 2048), st.integers(-2048, 2048)),
    st.integers(0, 2**34 - 1),
    st.tuples(st.integers(0, 2048), st.integers(0, 2048)),
)
def test_build_parts_come_back_as_they_were(inputs, tag, outputs) -> None:
    instances = Instances.build(LAYOUT, inputs, tag, outputs)
    assert (instances.inputs, instances.tag, instances.outputs) == (inputs, tag, outputs)
    assert len(instances.elements) == LAYOUT.instance_count == 6


def test_build_negative_input_is_modulus_minus_magnitude() -> None:
    assert Instances.build(LAYOUT, (-3, 0), 0, (0, 0)).elements[0] == FIELD_MODULUS - 3


def test_instances_wrong_count_is_refused() -> None:
    with pytest.raises(ValidationError, match="5 instances given, the circuit has 6"):
        Instances(layout=LAYOUT, elements=(0,) * 5)


def test_instances_element_outside_the_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="below the field modulus"):
        Instances(layout=LAYOUT, elements=(0, 0, 0, 0, 0, FIELD_MODULUS))


@given(st.integers(0, 2**136 - 1))
def test_split_tag_and_join_tag_are_inverse(tag: int) -> None:
    limbs = split_tag(tag, limbs=8, limb_bits=17)
    assert all(0 <= limb < 2**17 for limb in limbs)
    assert join_tag(limbs, limb_bits=17) == tag


def test_split_tag_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        split_tag(2**136, limbs=8, limb_bits=17)


def test_join_tag_limb_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        join_tag([2**17], limb_bits=17)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": bytes(32)}, {"validator": "5W"}, {"miner": "5N"}, {"circuit_id": "0xac"}, {"inputs": (-5, 8)},
        {"validator": "5V5", "miner": "M"},
    ],
)  # fmt: skip
def test_request_tag_changes_with_each_part(change) -> None:
    assert request_tag(**REQUEST) != request_tag(**(REQUEST | change))
    assert 0 <= request_tag(**REQUEST) < 2**136


def test_request_tag_nonce_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="31 bytes"):
        request_tag(**(REQUEST | {"nonce": bytes(31)}))


def test_request_tag_is_the_documented_hash() -> None:
    input_hash = hashlib.sha256((FIELD_MODULUS - 5).to_bytes(32, "big") + (7).to_bytes(32, "big")).digest()
    parts = [bytes(range(32)), b"5V", b"5M", b"0xab", input_hash]
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    digest = hashlib.sha256(b"veristake/request-tag/1\n" + framed).digest()
    assert request_tag(**REQUEST) == int.from_bytes(digest, "big") % 2**136


def test_statement_id_is_keccak_of_the_padded_words() -> None:
    words = [31337, int(SUBJECT.observer, 16), 1, int(SUBJECT.model_id, 16), int(SUBJECT.asset, 16), SUBJECT.epoch]
    encoded = b"".join(word.to_bytes(32, "big") for word in words)
    assert SUBJECT.statement_id == "0x" + keccak(encoded).hex()
    assert INFERENCE.statement_id == SUBJECT.statement_id


@pytest.mark.parametrize(
    "change", [{"epoch": 1}, {"home_chain_id": 1}, {"config_version": 2}, {"model_id": model_id("m/2")}]
)
def test_statement_id_changes_with_the_subject(change) -> None:
    assert Subject(**(SUBJECT.model_dump() | change)).statement_id != SUBJECT.statement_id


def test_proof_bytes_are_the_decoded_proof() -> None:
    assert INFERENCE.proof_bytes == b"\x01\x02"


def test_job_key_names_chain_kind_and_statement() -> None:
    assert JOB.key == f"31338:submit:{SUBJECT.statement_id}"
