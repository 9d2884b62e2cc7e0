"""How a circuit is to be built: the part that is committed, while keys and SRS are made on the spot."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from statements.errors import ConfigurationError
from verifier_gen.choices import ChainLayout, Visibility

RECIPES = Path(__file__).parent / "recipes"


class CircuitRecipe(BaseModel):
    """Everything that decides what circuit EZKL makes of a model.

    Attributes:
        name: folder under build/circuits.
        model_name: name whose keccak256 is the model id on-chain.
        onnx: the network; relative to the recipe file.
        verifier_contract: name of the generated Solidity contract.
        prepare: whether to unroll recurrent operators and to add the request tag first; False for a network that is
            in circuit form already, as the shipped ones are.
        maximum_duration: staking duration that an output of one stands for, seconds; 1 where no output is a duration.
        inputs: model inputs.
        outputs: results.
        tag_limbs: limbs of the request tag; 0 for a circuit without.
        tag_limb_bits: bits per limb; at most log2(base^legs) - input_scale, and 24.
        input_scale: inputs and tag limbs are at 2^input_scale in the circuit.
        param_scale: weights are at 2^param_scale; 0 where a rewrite made integers of them.
        scale_rebase_multiplier: EZKL's; above 1 it is wrong with ONNX recurrent operators.
        logrows: log2 of the circuit's rows.
        num_inner_cols: columns that hold a product; more cost gas.
        decomp_base: base of EZKL's range decomposition.
        decomp_legs: digits of it; base^legs must exceed the largest intermediate value.
        lookup_range: inputs that lookup tables cover; a value outside fails to prove.
        rebase_frac_zero_constants: EZKL's; wrong with ONNX recurrent operators.
        disable_freivalds: EZKL's probabilistic check of products costs 1.6 times the time, 1.5 times the gas.
        input_visibility: who learns the inputs; the tag is an input too.
        output_visibility: who learns the outputs.
        param_visibility: who learns the weights; fixed puts them into the verifying key.
        chain_layout: which chain's precompiles the Solidity calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    model_name: str
    onnx: Path
    verifier_contract: str = Field(pattern="^[A-Z][A-Za-z0-9]*$")
    prepare: bool = False
    maximum_duration: int = Field(default=1, gt=0, lt=1 << 40)
    inputs: int = Field(ge=1)
    outputs: int = Field(ge=1)
    tag_limbs: int = Field(ge=0)
    tag_limb_bits: int = Field(ge=1, le=24)
    input_scale: int = Field(ge=1, le=16)
    param_scale: int = Field(ge=0, le=20)
    scale_rebase_multiplier: int = Field(default=1, ge=1)
    logrows: int = Field(ge=8, le=22)
    num_inner_cols: int = Field(ge=1, le=8)
    decomp_base: int = Field(ge=2)
    decomp_legs: int = Field(ge=1)
    lookup_range: tuple[int, int]
    rebase_frac_zero_constants: bool = False
    disable_freivalds: bool = True
    input_visibility: Visibility = Visibility.PUBLIC
    output_visibility: Visibility = Visibility.PUBLIC
    param_visibility: Visibility = Visibility.FIXED
    chain_layout: ChainLayout = ChainLayout.ETHEREUM


def load_recipe(path: Path) -> CircuitRecipe:
    """Read a recipe; its ``onnx`` comes back as an absolute path.

    Raises:
        ConfigurationError: the file is missing, is not TOML, or a field does not fit.
    """
    try:
        fields = tomllib.loads(path.read_text("utf-8"))
        recipe = CircuitRecipe.model_validate(fields)
    except FileNotFoundError as error:
        raise ConfigurationError(f"recipe {path} does not exist", remedy=f"Shipped ones are in {RECIPES}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"recipe {path} is not TOML: {error}", remedy="Mend the file") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"recipe {path}: {field} = {first['input']!r}: {first['msg']}",
            remedy="See verifier_gen/recipe.py for what each field takes",
        ) from error
    return recipe.model_copy(update={"onnx": (path.parent / recipe.onnx).resolve()})
