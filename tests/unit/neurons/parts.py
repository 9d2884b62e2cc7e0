"""Crafted objects for the tests of the neurons."""

from __future__ import annotations

from typing import Any

from neurons.home_chain import Reading
from neurons.validator.records import ScoreChange
from statements.instances import InstanceLayout, Instances
from statements.proven_inference import ProvenInference
from statements.subject import Subject, model_id

LAYOUT = InstanceLayout(
    input_count=4, tag_limbs=2, tag_limb_bits=17, output_count=2, input_scale_bits=11, output_scale_bits=11
)
INPUTS = (1, -2, 3, -2048)
TAG = 123_456
OUTPUTS = (1024, 2048)
CIRCUIT_ID = "0x" + "cc" * 32
ADDRESS = "0x00000000000000000000000000000000000000AA"


def make_subject(**fields: Any) -> Subject:
    values = {
        "home_chain_id": 31337,
        "observer": ADDRESS,
        "config_version": 1,
        "model_id": model_id("model"),
        "asset": "0x00000000000000000000000000000000000000bb",
        "epoch": 100,
    }
    return Subject.model_validate(values | fields)


def make_inference(**fields: Any) -> ProvenInference:
    values = {
        "circuit_id": CIRCUIT_ID,
        "subject": make_subject(),
        "instances": Instances.build(LAYOUT, INPUTS, TAG, OUTPUTS),
        "proof": "0xab",
        "prover": "miner",
        "prove_seconds": 1.0,
    }
    return ProvenInference.model_validate(values | fields)


def make_reading(**fields: Any) -> Reading:
    values: dict[str, Any] = {
        "asset": make_subject().asset,
        "epoch": 100,
        "inputs": INPUTS,
        "config_version": 1,
        "input_scale_bits": 11,
        "features_hash": "0x" + "fe" * 32,
        "observed_at": 1_700_000_000,
        "block_number": 7,
        "block_hash": "0x" + "dd" * 32,
        "block_time": 1_700_000_100,
    }
    return Reading(**(values | fields))


def make_change(hotkey: str = "miner", **fields: Any) -> ScoreChange:
    values = {"hotkey": hotkey, "previous": 0.0, "score": 0.1, "reason": "verified", "seconds": 2.0, "at": 5.0}
    return ScoreChange.model_validate(values | fields)
