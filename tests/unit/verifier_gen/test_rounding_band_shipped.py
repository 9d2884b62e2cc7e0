"""The shipped networks' rounding bands, at their recipes' scales."""

from pathlib import Path

import pytest

from tests.unit.verifier_gen.reference_networks import write_settings
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.reference import Program, load_program
from verifier_gen.reference.adversary import widest_gap
from verifier_gen.reference.samples import sample_inputs
from verifier_gen.rounding_band import input_ranges, program_band

RISK = 1
"""Position of the exit risk among the outputs."""


def shipped(name: str, folder: Path) -> Program:
    recipe = load_recipe(RECIPES / f"{name}.toml")
    shapes = [[1, recipe.inputs], [1, recipe.tag_limbs], [1, recipe.outputs]]
    settings = write_settings(
        folder / "settings.json",
        shapes,
        scale=recipe.input_scale,
        param_scale=recipe.param_scale,
        multiplier=recipe.scale_rebase_multiplier,
        lookup_range=recipe.lookup_range,
    )
    return load_program(recipe.onnx, settings)


def test_program_band_staking_risk_is_within_half_a_percent(tmp_path: Path) -> None:
    program = shipped("staking", tmp_path)
    assert program_band(program)[RISK] / (1 << program.output_scale_bits[0]) <= 0.005


@pytest.mark.parametrize("name", ["staking", "tiny"])
def test_widest_gap_shipped_network_stays_within_its_band(name: str, tmp_path: Path) -> None:
    program = shipped(name, tmp_path)
    gap = widest_gap(program, sample_inputs(program, input_ranges(program), 100, seed=1))
    assert all(0 < found <= units for found, units in zip(gap, program_band(program), strict=True))
