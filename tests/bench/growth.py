"""How a circuit grows with hidden size, window and features: rows of all, proofs of a few; and a plot of both."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.bench.benchmark import Figures
from verifier_gen.circuit import CircuitPaths
from verifier_gen.graph.rewrites_kinds import Rewrite
from verifier_gen.onnx_recipe import RunWishes, recipe_for
from verifier_gen.search.candidate import Candidate
from verifier_gen.search.count import count_candidate
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.search.prove import prove_candidate
from verifier_gen.search.results import Counted, Proven
from verifier_gen.search.target import prepare_target, random_tests

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "build" / "bench" / "growth"
PICTURE = PROJECT / "docs" / "images" / "circuit_growth.png"
HIDDEN, WINDOW, FEATURES = 8, 8, 4
HIDDEN_SIZES, WINDOWS, FEATURE_COUNTS = (4, 8, 16, 32), (2, 4, 8, 16), (1, 4, 16)
PROVEN_HIDDEN = (8, 16, 32)
PLAIN = Candidate(input_scale=12, param_scale=12, decomp_base=16_384, decomp_legs=2)
REWRITTEN = Candidate(rewrites=tuple(Rewrite), input_scale=12, param_scale=0, decomp_base=16_384, decomp_legs=2)
LIMITS = Limits()

MEANINGS = {
    **{f"growth_rows_h{n}": f"LSTM of {n} units, window 8, 4 features, rewritten: rows" for n in HIDDEN_SIZES},
    **{f"growth_rows_h{n}_plain": f"the same, unrolled only: rows, {n} units" for n in HIDDEN_SIZES},
    **{f"growth_rows_w{n}": f"8 units, 4 features, window {n}, rewritten: rows" for n in WINDOWS},
    **{f"growth_rows_f{n}": f"8 units, window 8, {n} features, rewritten: rows" for n in FEATURE_COUNTS},
    **{f"growth_cpu_s_h{n}": f"{n} units, window 8, 4 features, rewritten: processor seconds" for n in PROVEN_HIDDEN},
}


def write_lstm(path: Path, hidden: int, window: int, features: int) -> None:
    """A random LSTM with a dense layer of two outputs."""
    chance = np.random.default_rng(7)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(chance.uniform(-0.4, 0.4, shape).astype(np.float32), name)

    constants = [
        weights("w", 1, 4 * hidden, features),
        weights("r", 1, 4 * hidden, hidden),
        weights("b", 1, 8 * hidden),
        weights("d", hidden, 2),
        weights("e", 2),
        numpy_helper.from_array(np.array([window, 1, features]), "sequence"),
        numpy_helper.from_array(np.array([1, hidden]), "last"),
    ]
    nodes = [
        helper.make_node("Reshape", ["x", "sequence"], ["steps"]),
        helper.make_node("LSTM", ["steps", "w", "r", "b"], ["all", "state"], hidden_size=hidden),
        helper.make_node("Reshape", ["state", "last"], ["h"]),
        helper.make_node("Gemm", ["h", "d", "e"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "lstm",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, window * features])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])],
        constants,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), str(path))


def circuit(
    hidden: int, window: int, features: int, candidate: Candidate, *, prove: bool
) -> tuple[Counted, Proven | None]:
    """Count a candidate of such a network, and prove it if wanted; gas is not measured."""
    name = f"lstm_{hidden}_{window}_{features}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    source = FOLDER / f"{name}.onnx"
    write_lstm(source, hidden, window, features)
    wishes = RunWishes(tag_limbs=0, logrows=20, decomp_base=16384, decomp_legs=2, lookup_range=(-100, 100))
    recipe = recipe_for(source, wishes, name=name)
    target = prepare_target(recipe, FOLDER / name, random_tests(recipe.inputs, -1, 1, 8), range_given=False)
    paths = CircuitPaths(FOLDER / name / "circuit")
    counted = run_limited(LIMITS, count_candidate, target, candidate, paths)
    if not prove:
        return counted, None
    return counted, prove_candidate(target, candidate, counted, paths, PROJECT / "build" / "srs", None, LIMITS)


def measure() -> Figures:
    """Rows by each dimension, and processor seconds by hidden size."""
    figures: Figures = {}
    for n in HIDDEN_SIZES:
        counted, proven = circuit(n, WINDOW, FEATURES, REWRITTEN, prove=n in PROVEN_HIDDEN)
        figures[f"growth_rows_h{n}"] = counted.rows
        figures[f"growth_rows_h{n}_plain"] = circuit(n, WINDOW, FEATURES, PLAIN, prove=False)[0].rows
        if proven is not None:
            figures[f"growth_cpu_s_h{n}"] = round(proven.cost.cpu_s, 1)
    for n in WINDOWS:
        figures[f"growth_rows_w{n}"] = circuit(HIDDEN, n, FEATURES, REWRITTEN, prove=False)[0].rows
    for n in FEATURE_COUNTS:
        figures[f"growth_rows_f{n}"] = circuit(HIDDEN, WINDOW, n, REWRITTEN, prove=False)[0].rows
    plot(figures)
    return figures


def plot(figures: Figures) -> None:
    """Rows against each dimension, and processor seconds against hidden size, into docs/images."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    picture, axes = pyplot.subplots(1, 3, figsize=(9.6, 3.2), dpi=80)
    axes[0].plot(HIDDEN_SIZES, [figures[f"growth_rows_h{n}_plain"] for n in HIDDEN_SIZES], "o--", label="unrolled")
    axes[0].plot(HIDDEN_SIZES, [figures[f"growth_rows_h{n}"] for n in HIDDEN_SIZES], "o-", label="rewritten")
    axes[0].set(xlabel="hidden units (8 steps, 4 features)", ylabel="rows")
    axes[0].legend()
    axes[1].plot(WINDOWS, [figures[f"growth_rows_w{n}"] for n in WINDOWS], "o-", label="window")
    axes[1].plot(FEATURE_COUNTS, [figures[f"growth_rows_f{n}"] for n in FEATURE_COUNTS], "s-", label="features")
    axes[1].set(xlabel="window or features (8 units)", ylabel="rows")
    axes[1].legend()
    axes[2].plot(PROVEN_HIDDEN, [figures[f"growth_cpu_s_h{n}"] for n in PROVEN_HIDDEN], "o-", color="tab:red")
    axes[2].set(xlabel="hidden units (8 steps, 4 features)", ylabel="processor seconds of a proof")
    for axis in axes:
        axis.grid(alpha=0.3)
        axis.set_ylim(bottom=0)
    picture.tight_layout()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(PICTURE)
    pyplot.close(picture)
