"""``veristake circuit build``: a recipe or an ONNX file to a circuit that has been tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from statements.errors import ConfigurationError
from verifier_gen.build import FLOAT_BOUND, BuildOptions, ensure_circuit
from verifier_gen.chain.measure import find_chain_tools
from verifier_gen.choices import ChainLayout, Visibility
from verifier_gen.manifest import CircuitManifest
from verifier_gen.onnx_recipe import RunWishes, recipe_for, write_recipe
from verifier_gen.recipe import RECIPES, CircuitRecipe, load_recipe
from verifier_gen.solidity import install_verifier

_BUILD = Path("build")
_PATH, _FILE = click.Path(path_type=Path), click.Path(path_type=Path, exists=True, dir_okay=False)
_MEBIBYTE = 1 << 20
_INPUT_CHOICES = [Visibility.PUBLIC.value, Visibility.HASHED.value, Visibility.PRIVATE.value]
_PARAM_CHOICES = [Visibility.FIXED.value, Visibility.HASHED.value, Visibility.PRIVATE.value]
_RUN_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--input-scale", {"type": int, "help": "ONNX only: inputs are at 2^this. [default: 12]"}),
    ("--param-scale", {"type": int, "help": "ONNX only: weights are at 2^this. [default: as the inputs]"}),
    ("--num-inner-cols", {"type": int, "help": "ONNX only: columns; each more costs gas. [default: 1]"}),
    ("--scale-rebase-multiplier", {"type": int, "help": "ONNX only: rescale later; EZKL's. [default: 1]"}),
    (
        "--rebase-frac-zero-constants/--no-rebase-frac-zero-constants",
        {"default": None, "help": "ONNX only: EZKL's. [default: no]"},
    ),
    (
        "--disable-freivalds/--no-disable-freivalds",
        {"default": None, "help": "ONNX only: check products exactly, which is cheaper. [default: disable]"},
    ),
    ("--logrows", {"type": int, "help": "ONNX only: log2 of rows. [default: the smallest that fits]"}),
    ("--decomp-base", {"type": int, "help": "ONNX only: base of range decompositions. [default: chosen]"}),
    ("--decomp-legs", {"type": int, "help": "ONNX only: digits of them. [default: chosen]"}),
    ("--lookup-range", {"type": int, "nargs": 2, "help": "ONNX only: what tables cover. [default: chosen]"}),
    ("--tag-limbs", {"type": int, "help": "ONNX only: limbs of the request tag, 0 for none. [default: 128 bits]"}),
    ("--input-visibility", {"type": click.Choice(_INPUT_CHOICES), "help": "ONNX only: see docs/privacy.md."}),
    ("--output-visibility", {"type": click.Choice(_INPUT_CHOICES), "help": "ONNX only: see docs/privacy.md."}),
    ("--param-visibility", {"type": click.Choice(_PARAM_CHOICES), "help": "ONNX only: see docs/privacy.md."}),
    (
        "--chain-layout",
        {"type": click.Choice([layout.value for layout in ChainLayout]), "help": "ONNX only: where precompiles are."},
    ),
)


def _run_options(command: Callable[..., None]) -> Callable[..., None]:
    for name, settings in reversed(_RUN_OPTIONS):
        command = click.option(name, **settings)(command)
    return command


@click.command()
@click.argument("source", metavar="RECIPE|MODEL.onnx", default="staking")
@click.option("--out", type=_PATH, default=_BUILD / "circuits", show_default=True, help="Folder of circuits.")
@click.option("--srs", type=_PATH, default=_BUILD / "srs", show_default=True, help="Folder of cached SRS.")
@click.option(
    "--ceremony-srs",
    type=_FILE,
    help="SRS written by 'veristake circuit srs import'; without it a development SRS is made, for local chains only.",
)
@click.option(
    "--contracts",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("contracts"),
    show_default=True,
    help="Solidity sources; the verifier goes to its folder 'generated'. Skipped where there is no such folder.",
)
@click.option(
    "--chain/--no-chain",
    default=True,
    show_default=True,
    help="Compile the verifier, try it on a local Anvil and measure its gas.",
)
@click.option(
    "--skip-correctness",
    is_flag=True,
    help="Leave out the comparison with the integer reference, for operators that it does not know.",
)
@click.option(
    "--float-bound",
    type=click.FloatRange(min=0),
    default=FLOAT_BOUND,
    show_default=True,
    help="Largest difference from the network in floats that is taken.",
)
@click.option("--name", default="", help="ONNX only: name of the circuit. [default: from the file]")
@click.option("--model-name", default="", help="ONNX only: its keccak256 is the model id. [default: <name>/1]")
@click.option("--save-recipe", type=_PATH, help="Write what was chosen to this TOML file, to build it again.")
@_run_options
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def build(
    source: str,
    out: Path,
    srs: Path,
    ceremony_srs: Path | None,
    contracts: Path,
    chain: bool,
    skip_correctness: bool,
    float_bound: float,
    name: str,
    model_name: str,
    save_recipe: Path | None,
    as_json: bool,
    **run_options: Any,
) -> None:
    """Build a circuit from RECIPE or MODEL.onnx unless it is built already.

    RECIPE is a name shipped with veristake or a TOML file. MODEL.onnx is any network with one float input of fixed
    shape, clipped to [-1, 1]: it is checked, recurrent operators are unrolled, the request tag is added, and run
    arguments that fit are chosen unless given here.

    Makes the compiled circuit, both keys and the Solidity verifier; proves once, compares 200 outputs with an
    independent integer reference, verifies on a local chain, and writes all of it to circuit.json.
    """
    tools = find_chain_tools(Path.cwd()) if chain else None
    recipe = _recipe(source, name, model_name, run_options)
    options = BuildOptions(ceremony_srs, tools, not skip_correctness, float_bound)
    built = ensure_circuit(recipe, out, srs, lambda step: click.echo(f"  {step}", err=True), options=options)
    if contracts.is_dir():
        install_verifier(built.paths, built.manifest.verifier_contract, contracts)
    if save_recipe is not None:
        write_recipe(recipe, save_recipe)
    click.echo(built.manifest.to_json() if as_json else "\n".join(_summary(built.manifest, built.directory)))


def _recipe(source: str, name: str, model_name: str, run_options: dict[str, Any]) -> CircuitRecipe:
    given = {key: value for key, value in run_options.items() if value is not None}
    if not source.endswith(".onnx"):
        if given or name or model_name:
            first = next(iter(given), "name" if name else "model_name").replace("_", "-")
            raise ConfigurationError(f"--{first} is for ONNX files", remedy="Change the recipe instead")
        return load_recipe(Path(source) if source.endswith(".toml") else RECIPES / f"{source}.toml")
    try:
        wishes = RunWishes.model_validate(given)
        return recipe_for(Path(source), wishes, name=name, model_name=model_name)
    except ValidationError as error:
        wrong = error.errors()[0]
        option = ".".join(str(part) for part in wrong["loc"]).replace("_", "-")
        raise ConfigurationError(
            f"--{option} {wrong['input']!r}: {wrong['msg']}", remedy="See: veristake circuit build --help"
        ) from error


def _summary(manifest: CircuitManifest, directory: Path) -> list[str]:
    lines = [
        f"circuit {manifest.name} in {directory}",
        f"  id {manifest.circuit_id}",
        f"  k={manifest.logrows}, {manifest.rows} rows, proof {manifest.proof_bytes} bytes",
    ]
    if cost := manifest.prover:
        lines.append(
            f"  proved in {cost.wall_seconds:.1f} s ({cost.processor_seconds:.1f} processor seconds, "
            f"{cost.peak_memory_bytes / _MEBIBYTE:.0f} MiB)"
        )
    if seen := manifest.correctness:
        lines.append(
            f"  equal to the reference on {seen.inputs} inputs, {seen.float_error:.6f} from floats at most, "
            f"rounding band {', '.join(map(str, seen.rounding_band))}"
        )
    else:
        lines.append("  NOT compared with the integer reference")
    if chain := manifest.chain:
        gas = f"{chain.verification_gas:,} gas" if chain.verification_gas else "gas not measured for this layout"
        lines.append(f"  {manifest.verifier_kind.value} verifier of {chain.verifier_bytes:,} bytes, {gas}")
    else:
        lines.append("  not tried on a chain")
    if manifest.dev_srs:
        lines.append(f"  SRS {manifest.srs_source}: for local chains only")
    return lines
