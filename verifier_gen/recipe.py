"""How a circuit is to be built: the part that is committed, while keys and SRS are made on the spot."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from statements.errors import ConfigurationError

RECIPES = Path(__file__).parent / "recipes"


class CircuitRecipe(BaseModel):
    """Everything that decides what circuit EZKL makes of a model.

    Attributes:
        name: folder under build/circuits.
        model_name: name whose keccak256 is the model id on-chain.
        onnx: the network; relative to the recipe file.
        verifier_contract: name of the generated Solidity contract.
        maximum_duration: staking duration that an output of one stands for, seconds.
        inputs: model inputs.
        outputs: results, each in [0, 1].
        tag_limbs: limbs of the request tag.
        tag_limb_bits: bits per limb; at most log2(base^legs) - input_scale, and 24.
        input_scale: inputs and tag limbs are at 2^input_scale in the circuit.
        param_scale: weights are at 2^param_scale.
        scale_rebase_multiplier: EZKL's; above 1 it is wrong with ONNX recurrent operators.
        logrows: log2 of the circuit's rows.
        num_inner_cols: columns that hold a product; more cost gas.
        decomp_base: base of EZKL's range decomposition.
        decomp_legs: digits of it; base^legs must exceed the largest intermediate value.
        lookup_range: inputs that lookup tables cover; a value outside fails to prove.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    model_name: str
    onnx: Path
    verifier_contract: str = Field(pattern="^[A-Z][A-Za-z0-9]*$")
    maximum_duration: int = Field(gt=0, lt=1 << 40)
    inputs: int = Field(ge=1)
    outputs: int = Field(ge=1)
    tag_limbs: int = Field(ge=1)
    tag_limb_bits: int = Field(ge=1, le=24)
    input_scale: int = Field(ge=1, le=14)
    param_scale: int = Field(ge=1, le=20)
    scale_rebase_multiplier: int = Field(default=1, ge=1)
    logrows: int = Field(ge=8, le=22)
    num_inner_cols: int = Field(ge=1, le=2)
    decomp_base: int = Field(ge=2)
    decomp_legs: int = Field(ge=1)
    lookup_range: tuple[int, int]


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
