"""A circuit whose proofs are bound to no request is served to nobody and believed by nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from neurons.validator.askable import require_askable
from statements.errors import ConfigurationError
from statements.instances import InstanceLayout
from tests.unit.manifests import HASH, tiny_manifest
from verifier_gen.choices import Visibility
from verifier_gen.circuit import Circuit, CircuitPaths
from veristake.client.checking import check_manifest
from veristake.client.errors import CircuitFilesError
from veristake.client.pins import PinnedCircuit


def layout(limbs: int) -> InstanceLayout:
    return InstanceLayout(
        input_count=4, tag_limbs=limbs, tag_limb_bits=16, output_count=2, input_scale_bits=11, output_scale_bits=11
    )


def circuit(limbs: int = 4, **fields: Any) -> Circuit:
    return Circuit(CircuitPaths(Path("circuit")), tiny_manifest(layout(limbs), **fields))


def test_require_askable_bound_and_public_is_taken() -> None:
    assert require_askable(circuit()) == circuit()


@pytest.mark.parametrize("limbs", [0, 1, 3])
def test_require_askable_tag_that_binds_nothing_is_refused(limbs: int) -> None:
    with pytest.raises(ConfigurationError, match=f"request tag has {16 * limbs} bits"):
        require_askable(circuit(limbs))


@pytest.mark.parametrize(
    "hidden",
    [
        {"input_visibility": Visibility.PRIVATE},
        {"input_visibility": Visibility.HASHED},
        {"output_visibility": Visibility.HASHED},
        {"param_visibility": Visibility.PRIVATE},
    ],
)
def test_require_askable_what_honest_answers_could_not_show_is_refused(hidden: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="inputs, outputs and weights are"):
        require_askable(circuit(**hidden))


def test_check_manifest_circuit_without_a_tag_is_not_believed() -> None:
    settings = {
        "run_args": {"input_visibility": "Public", "output_visibility": "Public", "param_visibility": "Fixed"},
        "model_instance_shapes": [[4], [2]],
        "model_input_scales": [11],
        "model_output_scales": [11],
    }
    pinned = PinnedCircuit(circuit_id=HASH, settings_hash=HASH, srs_hash=HASH)
    with pytest.raises(CircuitFilesError, match="request tag has 0 bits"):
        check_manifest(tiny_manifest(layout(0)), pinned, json.dumps(settings))
