"""What is searched for: a network, its recipe and the inputs it is tried on."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from statements.errors import ConfigurationError
from verifier_gen.manifest import sha256_file
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.witnesses import CircuitInputs

TEST_SCALE_BITS = 24
"""Test inputs are integers at 2^24, which floats hold exactly; a circuit gets them rounded to its scale."""
_SEED = 20_26


@dataclass(frozen=True)
class Target:
    """A network to search circuits for.

    Attributes:
        recipe: instances, names and ranges; its run arguments are where candidates start.
        prepared: the network in the form that is compiled, before any rewrite.
        tests: inputs at 2^TEST_SCALE_BITS.
        range_given: whether the recipe's lookup range is to be kept, because it is proven for all inputs.
    """

    recipe: CircuitRecipe
    prepared: Path
    tests: tuple[tuple[int, ...], ...]
    range_given: bool

    @property
    def onnx_hash(self) -> str:
        """Of the network and its instances."""
        recipe = self.recipe
        shape = f"{recipe.inputs}/{recipe.tag_limbs}/{recipe.tag_limb_bits}/{recipe.lookup_range}/{self.range_given}"
        return f"{sha256_file(self.prepared)}/{shape}"

    @property
    def test_hash(self) -> str:
        """Of the test inputs."""
        return hashlib.sha256(json.dumps(self.tests).encode()).hexdigest()


def prepare_target(
    recipe: CircuitRecipe, folder: Path, tests: Sequence[Sequence[float]], *, range_given: bool
) -> Target:
    """Prepare the recipe's network into ``folder``.

    Raises:
        NetworkError: it cannot become a circuit.
        ConfigurationError: a test input has the wrong length.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(tests):
        if len(row) != recipe.inputs:
            raise ConfigurationError(
                f"test input {number} has {len(row)} values, the network takes {recipe.inputs}",
                remedy="Give a JSON list of lists of numbers",
            )
    target = folder / "prepared.onnx"
    if recipe.prepare:
        run_limited(Limits(), _prepare, recipe.onnx, target, recipe.tag_limbs)
    else:
        target.write_bytes(recipe.onnx.read_bytes())
    whole = tuple(tuple(round(value * 2**TEST_SCALE_BITS) for value in row) for row in tests)
    return Target(recipe, target, whole, range_given)


def _prepare(source: Path, target: Path, limbs: int) -> None:
    from verifier_gen.graph.prepare import prepare_file

    prepare_file(source, target, limbs)


def random_tests(inputs: int, low: float, high: float, count: int) -> list[list[float]]:
    """Both ends of the range, its middle, ends at random, and uniform inputs; the same for the same arguments."""
    chance = random.Random(_SEED)  # noqa: S311 - repeatable tests, no secret
    rows = [[value] * inputs for value in (low, high, (low + high) / 2)]
    rows += [[chance.choice((low, high)) for _ in range(inputs)] for _ in range(count // 4)]
    rows += [[chance.uniform(low, high) for _ in range(inputs)] for _ in range(max(0, count - len(rows)))]
    return rows[:count]


def circuit_inputs(row: Sequence[int], recipe: CircuitRecipe, input_scale: int) -> CircuitInputs:
    """A test input as a circuit takes it, every bit of the tag set."""
    shift = 1 << (TEST_SCALE_BITS - input_scale)
    values = tuple((value + shift // 2) // shift for value in row)
    tag = ((1 << recipe.tag_limb_bits) - 1,) * recipe.tag_limbs
    return (values, tag) if tag else (values,)
