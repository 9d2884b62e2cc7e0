"""Run arguments that fit a network: the smallest circuit among a few decompositions, with a table that holds.

`veristake circuit search` looks for a better circuit; this finds one that works, in seconds.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from statements.errors import CircuitError
from verifier_gen import ezkl_library
from verifier_gen.isolated import run_isolated
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.witnesses import CircuitInputs, run_witnesses

RESERVED_ROWS: Final = 32
"""Rows that blinding takes; EZKL reserves fewer."""
SMALLEST_LOGROWS: Final = 8
LARGEST_LOGROWS: Final = 22
DECOMPOSITIONS: Final = ((64, 5), (128, 4), (256, 4), (1024, 3), (16384, 2))
"""Base and digits, each for numbers of 28 bits or more: a small base needs few rows, a large base fewer per number."""
PROBE_LOGROWS: Final = 20
PROBE_LOOKUPS: Final = (-(1 << 18), 1 << 18)
LOOKUP_MARGIN: Final = 1.5
"""How much larger than on the samples the arguments of lookups may get."""
_NO_LOOKUPS: Final = (-100, 100)
_SAMPLES, _SEED = 24, 20_26


@dataclass(frozen=True)
class Probe:
    """What a decomposition costs a network.

    Attributes:
        base: of the decomposition.
        legs: digits.
        rows: that the circuit uses.
        lookups: smallest and largest argument that tables must cover; None without lookups.
    """

    base: int
    legs: int
    rows: int
    lookups: tuple[int, int] | None

    @property
    def logrows(self) -> int:
        """Smallest log2 of rows that holds circuit, range check and table, one column each."""
        table = self.lookups[1] - self.lookups[0] + 1 if self.lookups else 0
        height = max(self.rows, self.base, table) + RESERVED_ROWS
        return max(SMALLEST_LOGROWS, (height - 1).bit_length())


RunArguments: TypeAlias = dict[str, object]
"""Fields of a recipe."""
Chooser: TypeAlias = Callable[[CircuitRecipe, Path, tuple[int, int] | None], RunArguments]
"""Finds run arguments for a recipe's prepared network; ``veristake circuit search`` offers another one."""


def choose_arguments(recipe: CircuitRecipe, onnx: Path, lookup_range: tuple[int, int] | None = None) -> RunArguments:
    """Decomposition, rows and lookup range for a network.

    Args:
        recipe: with scales and columns as wanted; the other run arguments are not looked at.
        onnx: the prepared network.
        lookup_range: what tables must cover, where that is known; else what samples need, with a margin.

    Returns:
        ``decomp_base``, ``decomp_legs``, ``logrows`` and ``lookup_range`` for the recipe.

    Raises:
        CircuitError: EZKL refuses the network, or it fits no circuit.
    """
    probes = run_isolated(_probe_all, recipe, onnx, lookup_range)
    best = min(probes, key=lambda probe: (probe.logrows, probe.rows))
    if best.logrows > LARGEST_LOGROWS:
        raise CircuitError(
            f"the network needs 2^{best.logrows} rows, at most 2^{LARGEST_LOGROWS} are built",
            remedy="Lower the scales, use more columns, or train a smaller network",
        )
    return {
        "decomp_base": best.base,
        "decomp_legs": best.legs,
        "logrows": best.logrows,
        "lookup_range": lookup_range or _lookup_range(best),
    }


def sample_inputs(recipe: CircuitRecipe) -> list[CircuitInputs]:
    """Inputs in [-1, 1]: its corners where all inputs are alike, and random ones; the tag at its largest."""
    chance, one = random.Random(_SEED), 1 << recipe.input_scale  # noqa: S311 - repeatable samples, no secret
    rows: list[tuple[int, ...]] = [(value,) * recipe.inputs for value in (0, one, -one)]
    rows += [tuple(chance.choice((-one, one)) for _ in range(recipe.inputs)) for _ in range(_SAMPLES // 3)]
    rows += [tuple(chance.randint(-one, one) for _ in range(recipe.inputs)) for _ in range(_SAMPLES - len(rows))]
    tag = ((1 << recipe.tag_limb_bits) - 1,) * recipe.tag_limbs
    return [(row, tag) if tag else (row,) for row in rows]


def _lookup_range(probe: Probe) -> tuple[int, int]:
    if not probe.lookups:
        return _NO_LOOKUPS
    # a table as high as the circuit costs nothing, and more inputs can be proven
    half = ((1 << probe.logrows) - RESERVED_ROWS) // 2 - 1
    return -half, half


def _probe_all(recipe: CircuitRecipe, onnx: Path, lookup_range: tuple[int, int] | None) -> list[Probe]:
    """Probes of all decompositions that take the network; calls EZKL, so run it isolated."""
    inputs = sample_inputs(recipe)
    probes, refusal = [], ""
    for base, legs in DECOMPOSITIONS:
        try:
            probes.append(_probe(recipe, onnx, base, legs, inputs, lookup_range))
        except RuntimeError as error:
            refusal = str(error)
    if not probes:
        raise RuntimeError(refusal)
    return probes


def _probe(
    recipe: CircuitRecipe,
    onnx: Path,
    base: int,
    legs: int,
    inputs: Sequence[CircuitInputs],
    lookup_range: tuple[int, int] | None,
) -> Probe:
    wide = recipe.model_copy(
        update={
            "decomp_base": base,
            "decomp_legs": legs,
            "logrows": PROBE_LOGROWS,
            "lookup_range": PROBE_LOOKUPS,
        }
    )
    with tempfile.TemporaryDirectory(prefix="veristake-probe-") as folder:
        settings, compiled = Path(folder) / "settings.json", Path(folder) / "circuit.ezkl"
        ezkl_library.write_settings(onnx, settings, wide)
        ezkl_library.compile_circuit(onnx, compiled, settings)
        document = json.loads(settings.read_text("utf-8"))
        seen = run_witnesses(compiled, inputs)
    if not document["required_lookups"]:
        return Probe(base, legs, document["num_rows"], None)
    largest = max(max(abs(item.lookups[0]), abs(item.lookups[1])) for item in seen)
    half = int(LOOKUP_MARGIN * largest) + 1
    return Probe(base, legs, document["num_rows"], lookup_range or (-half, half))
