"""A recipe for an ONNX file that has none."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from statements.errors import CircuitError, ConfigurationError
from verifier_gen.arguments import DECOMPOSITIONS, Chooser, choose_arguments
from verifier_gen.choices import ChainLayout, Visibility
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import CircuitRecipe

TAG_BITS = 128
"""Bits that a request tag should have: nobody finds two requests with one tag."""
_MOST_LIMB_BITS = 16
_CAPACITY_BITS = min(legs * (base.bit_length() - 1) for base, legs in DECOMPOSITIONS)


class RunWishes(BaseModel):
    """What a person fixes of a circuit's run arguments; None is chosen.

    Attributes:
        input_scale: inputs are at 2^input_scale.
        param_scale: weights are; as the inputs by default.
        num_inner_cols: columns that hold a product.
        scale_rebase_multiplier: EZKL's.
        rebase_frac_zero_constants: EZKL's.
        disable_freivalds: whether EZKL's probabilistic check of products is off.
        logrows: log2 of rows.
        decomp_base: base of the range decomposition.
        decomp_legs: its digits.
        lookup_range: what tables cover.
        tag_limbs: limbs of the request tag; as many as ``TAG_BITS`` needs by default.
        input_visibility: who learns the inputs.
        output_visibility: who learns the outputs.
        param_visibility: who learns the weights.
        chain_layout: which chain's precompiles the Solidity calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input_scale: int = Field(default=12, ge=1, le=14)
    param_scale: int | None = Field(default=None, ge=1, le=20)
    num_inner_cols: int = Field(default=1, ge=1, le=8)
    scale_rebase_multiplier: int = Field(default=1, ge=1)
    rebase_frac_zero_constants: bool = False
    disable_freivalds: bool = True
    logrows: int | None = None
    decomp_base: int | None = None
    decomp_legs: int | None = None
    lookup_range: tuple[int, int] | None = None
    tag_limbs: int | None = Field(default=None, ge=0)
    input_visibility: Visibility = Visibility.PUBLIC
    output_visibility: Visibility = Visibility.PUBLIC
    param_visibility: Visibility = Visibility.FIXED
    chain_layout: ChainLayout = ChainLayout.ETHEREUM


def circuit_name(onnx: Path) -> str:
    """A circuit's name from its file's.

    Raises:
        ConfigurationError: the file's name has no letter to begin with.
    """
    name = re.sub(r"[^a-z0-9]+", "_", onnx.stem.lower()).strip("_").lstrip("0123456789_")
    if not name:
        raise ConfigurationError(f"{onnx.name} makes no name for a circuit", remedy="Give --name")
    return name


def recipe_for(
    onnx: Path,
    wishes: RunWishes,
    *,
    name: str = "",
    model_name: str = "",
    chooser: Chooser = choose_arguments,
) -> CircuitRecipe:
    """Check and prepare a network, and choose what a person has not.

    Args:
        onnx: the network as exported.
        wishes: what a person has chosen.
        name: of the circuit; from the file by default.
        model_name: name whose keccak256 is the model id; ``<name>/1`` by default.
        chooser: finds run arguments.

    Raises:
        NetworkError: the network cannot become a circuit.
        CircuitError: EZKL refuses it, or it fits no circuit.
    """
    chosen = name or circuit_name(onnx)
    try:
        from verifier_gen.graph.prepare import prepare_file
    except ModuleNotFoundError as error:
        raise CircuitError(f"{error.name} is not installed", remedy="pip install 'veristake[build]'") from error
    limb_bits = min(_MOST_LIMB_BITS, _CAPACITY_BITS - wishes.input_scale)
    limbs = -(-TAG_BITS // limb_bits) if wishes.tag_limbs is None else wishes.tag_limbs
    fixed = wishes.model_dump(exclude_none=True) | {"tag_limbs": limbs}
    with tempfile.TemporaryDirectory(prefix="veristake-prepare-") as folder:
        target = Path(folder) / "network.onnx"
        prepared = run_isolated(prepare_file, onnx, target, limbs)
        draft: dict[str, object] = {
            "name": chosen,
            "model_name": model_name or f"{chosen}/1",
            "onnx": onnx.resolve(),
            "prepare": True,
            "verifier_contract": "".join(part.capitalize() for part in chosen.split("_")) + "Verifier",
            "inputs": prepared.inputs,
            "outputs": prepared.outputs,
            "tag_limb_bits": limb_bits,
            "param_scale": wishes.input_scale,
            # stand-ins until they are chosen
            "logrows": 20,
            "decomp_base": 16384,
            "decomp_legs": 2,
            "lookup_range": (-100, 100),
        }
        recipe = CircuitRecipe.model_validate(draft | fixed)
        needed = {"logrows", "decomp_base", "decomp_legs", "lookup_range"}
        if needed <= set(fixed):
            return recipe
        return CircuitRecipe.model_validate(recipe.model_dump() | chooser(recipe, target, wishes.lookup_range) | fixed)


def write_recipe(recipe: CircuitRecipe, path: Path) -> None:
    """Write a recipe as TOML; its network is named as seen from the file's folder, if it lies there or below."""
    fields = recipe.model_dump(mode="json")
    folder = path.resolve().parent
    if recipe.onnx.is_relative_to(folder):
        fields["onnx"] = str(recipe.onnx.relative_to(folder))
    # strings, numbers, booleans and lists of numbers look the same in JSON and TOML
    lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
    path.write_text("\n".join(lines) + "\n", "utf-8")
