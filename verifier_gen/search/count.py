"""A candidate without keys: rows, lookup range, and outputs of its witnesses against float and the reference."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from verifier_gen import ezkl_library
from verifier_gen.circuit import CircuitPaths
from verifier_gen.float_network import float_outputs
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.reference.compile import load_program
from verifier_gen.reference.evaluate import evaluate
from verifier_gen.reference.program import ReferenceCircuitError
from verifier_gen.search.candidate import Candidate
from verifier_gen.search.results import Counted
from verifier_gen.search.target import TEST_SCALE_BITS, Target, circuit_inputs
from verifier_gen.witnesses import CircuitInputs, Witnessed, run_witnesses

RESERVED_ROWS = 16
"""Rows of blinding; EZKL reserves fewer."""
_PROBE_LOGROWS, _PROBE_LOOKUPS = 20, (-(1 << 19), 1 << 19)


def count_candidate(target: Target, candidate: Candidate, paths: CircuitPaths) -> Counted:
    """Rewrite, settle, compile and try a candidate; leaves its files in ``paths``. Calls EZKL: run it limited.

    Raises:
        NetworkError: a rewrite does not fit.
        RuntimeError: EZKL refuses the candidate.
    """
    paths.directory.mkdir(parents=True, exist_ok=True)
    _write_network(target.prepared, candidate, paths.onnx)
    probe = _recipe(target, candidate, _PROBE_LOGROWS, _PROBE_LOOKUPS)
    _compile(probe, paths)
    inputs = [circuit_inputs(row, target.recipe, candidate.input_scale) for row in target.tests]
    seen = run_witnesses(paths.compiled, inputs)
    document = json.loads(paths.settings.read_text("utf-8"))
    lookups = _lookup_range(target, candidate, seen) if document["required_lookups"] else (-1, 1)
    logrows = _logrows(candidate, document["num_rows"], lookups)
    _compile(_recipe(target, candidate, logrows, lookups), paths)
    recipe = target.recipe
    return Counted(
        rows=document["num_rows"],
        logrows=logrows,
        tables=len(document["required_lookups"]) + len(document["required_range_checks"]),
        instances=recipe.inputs + recipe.tag_limbs + recipe.outputs,
        lookup_range=lookups,
        max_error=output_error(target, paths, [w.outputs for w in seen], list(range(len(seen)))),
        mismatches=_mismatches(paths, inputs, seen),
    )


def output_error(target: Target, paths: CircuitPaths, outputs: list[tuple[int, ...]], rows: list[int]) -> float:
    """Largest difference from the given network in floats, at the test inputs as they were before rounding."""
    bits = json.loads(paths.settings.read_text("utf-8"))["model_output_scales"]
    values = np.array([target.tests[row] for row in rows], dtype=np.int64)
    arrays, scales = [values], [TEST_SCALE_BITS]
    if target.recipe.tag_limbs:
        arrays.append(np.zeros((len(rows), target.recipe.tag_limbs), dtype=np.int64))
        scales.append(0)
    expected = float_outputs(target.prepared, arrays, scales)
    return float(np.abs(np.array(outputs) / 2.0 ** bits[0] - expected).max())


def _write_network(prepared: Path, candidate: Candidate, onnx: Path) -> None:
    from verifier_gen.graph.network import load_network
    from verifier_gen.graph.rewrites import rewrite

    model = load_network(prepared)
    if candidate.rewrites:
        model = rewrite(model, candidate.rewrites, weight_bits=candidate.weight_bits)
    onnx.write_bytes(model.SerializeToString(deterministic=True))


def candidate_recipe(target: Target, candidate: Candidate, counted: Counted) -> CircuitRecipe:
    """The recipe of a candidate; its network is still the given one."""
    return _recipe(target, candidate, counted.logrows, counted.lookup_range)


def _recipe(target: Target, candidate: Candidate, logrows: int, lookups: tuple[int, int]) -> CircuitRecipe:
    shared = ("input_scale", "param_scale", "num_inner_cols", "decomp_base", "decomp_legs", "scale_rebase_multiplier")
    fields = {field: getattr(candidate, field) for field in shared}
    return target.recipe.model_copy(update=fields | {"logrows": logrows, "lookup_range": lookups, "prepare": False})


def _compile(recipe: CircuitRecipe, paths: CircuitPaths) -> None:
    ezkl_library.write_settings(paths.onnx, paths.settings, recipe)
    ezkl_library.compile_circuit(paths.onnx, paths.compiled, paths.settings)


def _lookup_range(target: Target, candidate: Candidate, seen: list[Witnessed]) -> tuple[int, int]:
    if target.range_given:
        factor = 2.0 ** (candidate.input_scale - target.recipe.input_scale)
        low, high = (round(bound * factor) for bound in target.recipe.lookup_range)
        return low, high
    low, high = min(w.lookups[0] for w in seen), max(w.lookups[1] for w in seen)
    margin = int((high - low) * candidate.lookup_margin / 2) + 1
    return low - margin, high + margin


def _logrows(candidate: Candidate, rows: int, lookups: tuple[int, int]) -> int:
    height = max(rows, candidate.decomp_base)
    if not candidate.split_tables:
        height = max(height, lookups[1] - lookups[0] + 1)
    return (height + RESERVED_ROWS - 1).bit_length()


def _mismatches(paths: CircuitPaths, inputs: list[CircuitInputs], seen: list[Witnessed]) -> int | None:
    try:
        program = load_program(paths.onnx, paths.settings)
    except ReferenceCircuitError:
        return None
    arrays = [np.array([row[i] for row in inputs], dtype=np.int64) for i in range(len(inputs[0]))]
    expected = np.concatenate(evaluate(program, arrays), axis=1)
    return sum(tuple(row.tolist()) != w.outputs for row, w in zip(expected, seen, strict=True))
