"""What a proof's instances show for each choice of visibility."""

from typing import Any

import pytest

from statements.errors import ConfigurationError
from statements.instances import InstanceLayout
from statements.quantities import FIELD_MODULUS
from verifier_gen.choices import Visibility
from verifier_gen.manifest import CircuitManifest
from verifier_gen.poseidon import poseidon_hash
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.visibility import check_visibility, exposed_layout, parameters_hash, shows

INPUTS, TAG, OUTPUT, WEIGHTS = [3, -4], 0x0102, 99, 77
FIELD_INPUTS = [3, FIELD_MODULUS - 4]
LIMBS = [0x02, 0x01]
HASHES = [poseidon_hash(FIELD_INPUTS), poseidon_hash(LIMBS)]
PUBLIC, HASHED, PRIVATE, FIXED = Visibility.PUBLIC, Visibility.HASHED, Visibility.PRIVATE, Visibility.FIXED


def manifest(inputs: Visibility, weights: Visibility) -> CircuitManifest:
    layout = InstanceLayout(
        input_count=2, tag_limbs=2, tag_limb_bits=8, output_count=1, input_scale_bits=8, output_scale_bits=8
    )
    known: dict[str, Any] = {"layout": layout, "input_visibility": inputs, "param_visibility": weights}
    return CircuitManifest.model_construct(**known)


SHOWN = [
    (PUBLIC, FIXED, [*FIELD_INPUTS, *LIMBS, OUTPUT]),
    (PUBLIC, PRIVATE, [*FIELD_INPUTS, *LIMBS, OUTPUT]),
    (PUBLIC, HASHED, [WEIGHTS, *FIELD_INPUTS, *LIMBS, OUTPUT]),
    (HASHED, FIXED, [*HASHES, OUTPUT]),
    (HASHED, HASHED, [*HASHES, WEIGHTS, OUTPUT]),
    (PRIVATE, FIXED, [OUTPUT]),
    (PRIVATE, HASHED, [WEIGHTS, OUTPUT]),
]


@pytest.mark.parametrize(("inputs", "weights", "elements"), SHOWN)
def test_exposed_layout_counts_the_instances(inputs: Visibility, weights: Visibility, elements: list[int]) -> None:
    layout = exposed_layout(manifest(inputs, weights))
    assert layout.instance_count == len(elements)
    assert layout.output_count == 1


def test_exposed_layout_of_a_public_circuit_is_its_own() -> None:
    public = manifest(PUBLIC, FIXED)
    assert exposed_layout(public) is public.layout


@pytest.mark.parametrize(("inputs", "weights", "elements"), SHOWN)
def test_shows_the_run_itself_and_the_hash_of_its_weights(
    inputs: Visibility, weights: Visibility, elements: list[int]
) -> None:
    circuit = manifest(inputs, weights)
    assert shows(circuit, elements, INPUTS, TAG)
    assert parameters_hash(circuit, elements) == (WEIGHTS if weights is HASHED else None)


@pytest.mark.parametrize(("inputs", "weights", "elements"), SHOWN)
def test_shows_another_run_only_where_inputs_are_private(
    inputs: Visibility, weights: Visibility, elements: list[int]
) -> None:
    circuit = manifest(inputs, weights)
    assert shows(circuit, elements, [3, -5], TAG) is (inputs is PRIVATE)
    assert shows(circuit, elements, INPUTS, TAG + 1) is (inputs is PRIVATE)


@pytest.mark.parametrize(
    ("field", "value"), [("input_visibility", FIXED), ("output_visibility", HASHED), ("param_visibility", PUBLIC)]
)
def test_check_visibility_useless_choice_is_refused(field: str, value: Visibility) -> None:
    recipe = load_recipe(RECIPES / "tiny.toml")
    check_visibility(recipe)
    with pytest.raises(ConfigurationError, match=f"{field} = '{value.value}' is not possible"):
        check_visibility(recipe.model_copy(update={field: value}))
