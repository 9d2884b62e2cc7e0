"""``veristake circuit search``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from statements.errors import CircuitError, ConfigurationError
from verifier_gen.chain.measure import find_chain_tools
from verifier_gen.onnx_recipe import RunWishes, recipe_for, write_recipe
from verifier_gen.recipe import RECIPES, CircuitRecipe, load_recipe
from verifier_gen.search.cost import Weights
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.search.results import Result, ResultsFile
from verifier_gen.search.target import Target, prepare_target, random_tests

_PATH = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("network", default="staking")
@click.option("--tests", type=_FILE, help="JSON list of inputs, each a list of numbers. [default: random in --range]")
@click.option("--range", "bounds", type=(float, float), default=(-1.0, 1.0), show_default=True, help="Of test inputs.")
@click.option("--test-count", type=click.IntRange(1), default=40, show_default=True, help="Random test inputs.")
@click.option("--error-bound", type=float, default=0.005, show_default=True, help="Largest error against float.")
@click.option("--scales", default="", help="Input scales to try, like 11,12. [default: around the recipe's]")
@click.option("--limit", type=click.IntRange(1), help="Try only the first candidates. [default: all]")
@click.option("--prove", type=click.IntRange(0), default=10, show_default=True, help="Candidates to prove.")
@click.option("--tag-limbs", type=click.IntRange(0), default=0, show_default=True, help="ONNX only: of a request tag.")
@click.option("--time-weight", type=float, default=1.0, show_default=True, help="Of processor seconds.")
@click.option("--memory-weight", type=float, default=0.25, show_default=True, help="Of peak memory.")
@click.option("--gas-weight", type=float, default=1.0, show_default=True, help="Of verification gas.")
@click.option("--proof-weight", type=float, default=0.0, show_default=True, help="Of proof bytes.")
@click.option("--seconds", type=float, default=900.0, show_default=True, help="Limit of each step.")
@click.option("--memory", type=float, default=12.0, show_default=True, help="Limit of each step, GiB.")
@click.option("--out", type=_PATH, default=Path("build/search"), show_default=True, help="Folder of results.")
@click.option("--srs", type=_PATH, default=Path("build/srs"), show_default=True, help="Folder of cached SRS.")
@click.option("--chain/--no-chain", default=True, show_default=True, help="Measure gas on Anvil; else predict it.")
@click.option("--plot", type=_PATH, help="Write a picture (PNG or SVG).")
@click.option("--write-recipe", "recipe_path", type=_PATH, help="Write the best as a recipe, its network beside it.")
@click.option("--json", "as_json", is_flag=True, help="Print all results as JSON.")
def search(
    network: str,
    out: Path,
    plot: Path | None,
    recipe_path: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Find the cheapest circuit of NETWORK: a recipe's name, a TOML recipe or an ONNX file.

    Counts the rows of every candidate (scales, columns, decompositions, graph rewrites) and compares its outputs with
    floats, then proves the most promising and measures time, memory, proof and gas. Killed at any point it goes on
    where it stopped: results are kept in OUT/<name>.jsonl.
    """
    recipe, from_onnx = _recipe(network, options["tag_limbs"])
    try:
        from verifier_gen.search.runner import Plan, Search
        from verifier_gen.search.space import candidates

        target = _target(recipe, out / recipe.name, options, range_given=not from_onnx)
        operators = run_limited(Limits(), _operators, target.prepared)
    except ModuleNotFoundError as error:
        raise CircuitError(f"{error.name} is not installed", remedy="pip install 'veristake[build,miner]'") from error
    weights = (options[f"{name}_weight"] for name in Weights._fields)
    plan = Plan(
        error_bound=options["error_bound"],
        prove=options["prove"],
        weights=Weights(*weights),
        limits=Limits(options["seconds"], int(options["memory"] * 2**30)),
        folder=out / recipe.name,
        srs_cache=options["srs"],
        tools=find_chain_tools(Path.cwd()) if options["chain"] and options["prove"] else None,
    )
    found = candidates(recipe, operators, _integers(options["scales"]))[: options["limit"]]
    running = Search(target, plan, ResultsFile(out / f"{recipe.name}.jsonl"), lambda line: click.echo(line, err=True))
    results = running.run(found)
    if plot is not None:
        from verifier_gen.search.plot import plot_results

        plot_results(results, plan.error_bound, plot)
    if recipe_path is not None:
        _write(running, target, running.best(results), recipe_path)
    _print(results, plan.error_bound, running.best(results), as_json)


def _recipe(network: str, tag_limbs: int) -> tuple[CircuitRecipe, bool]:
    if network.endswith(".onnx"):
        # stand-ins: the search chooses them
        wishes = RunWishes(
            tag_limbs=tag_limbs, logrows=20, decomp_base=16384, decomp_legs=2, lookup_range=(-(1 << 18), 1 << 18)
        )
        return recipe_for(Path(network), wishes), True
    return load_recipe(Path(network) if network.endswith(".toml") else RECIPES / f"{network}.toml"), False


def _target(recipe: CircuitRecipe, folder: Path, options: dict[str, Any], *, range_given: bool) -> Target:
    low, high = options["bounds"]
    tests = random_tests(recipe.inputs, low, high, options["test_count"])
    if options["tests"] is not None:
        try:
            tests = [[float(x) for x in row] for row in json.loads(options["tests"].read_text("utf-8"))]
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                f"{options['tests']} is not a JSON list of lists of numbers: {error}", remedy="See --help"
            ) from error
    return prepare_target(recipe, folder, tests, range_given=range_given)


def _operators(prepared: Path) -> frozenset[str]:
    from verifier_gen.graph.network import load_network

    return frozenset(node.op_type for node in load_network(prepared).graph.node)


def _integers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part)
    except ValueError as error:
        raise ConfigurationError(f"--scales {text} is not a list of integers", remedy="Like 11,12") from error


def _write(running: Any, target: Target, best: Result | None, path: Path) -> None:
    from verifier_gen.search.count import candidate_recipe

    if best is None or best.counted is None:
        raise CircuitError("no proven candidate lies within the error bound", remedy="Raise --prove or --error-bound")
    onnx = path.with_suffix(".onnx")
    onnx.write_bytes(running.files(best).onnx.read_bytes())
    write_recipe(
        candidate_recipe(target, best.candidate, best.counted).model_copy(update={"onnx": onnx.resolve()}), path
    )


def _print(results: list[Result], error_bound: float, best: Result | None, as_json: bool) -> None:
    from verifier_gen.search.report import LEGEND, markdown_table, summary

    if as_json:
        document = {
            "results": [result.model_dump(mode="json") for result in results],
            "best": best.key if best is not None else None,
        }
        click.echo(json.dumps(document))
        return
    click.echo(f"{summary(results, error_bound)}\n\n{markdown_table(results, error_bound)}\n\n{LEGEND}")
    if best is not None:
        click.echo(f"\nbest of the proven: {best.candidate.label}")
