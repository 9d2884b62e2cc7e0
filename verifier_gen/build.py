"""Build a circuit from its recipe: files, one tried proof, the correctness gate, a trial on a chain, manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from statements.errors import CircuitError
from statements.instances import InstanceLayout
from statements.subject import model_id
from verifier_gen.chain.measure import ChainTools, fitting_verifier, measure_on_chain
from verifier_gen.choices import VerifierKind
from verifier_gen.circuit import EZKL_VERSION, Circuit, CircuitPaths, open_circuit, read_manifest
from verifier_gen.files import Progress, make_files
from verifier_gen.isolated import run_isolated
from verifier_gen.manifest import CircuitManifest, Correctness, sha256_file
from verifier_gen.recipe import CircuitRecipe
from verifier_gen.srs.provenance import ChosenSrs, choose_srs, read_provenance
from verifier_gen.tampering import BUILD_FLIPS, BUILD_SWAPS, check_tampering_off_chain, tampered_proofs
from verifier_gen.trial import Trial, try_circuit

GENERATOR = ("chain_layout.py", "ezkl_library.py", "files.py", "graph", "solidity.py", "vanishing_columns.py")
"""Modules and folders of this package that decide what is made of a recipe."""
FLOAT_BOUND = 0.01
"""Largest difference from the network in floats that a build takes, unless told otherwise."""


@dataclass(frozen=True)
class BuildOptions:
    """What a build does besides the files.

    Attributes:
        ceremony_srs: imported SRS to build with; None takes what is built, or a development SRS.
        chain: try the verifier on Anvil; None leaves the manifest's ``chain`` empty.
        correctness: run the correctness gate; False leaves the manifest's ``correctness`` empty.
        float_bound: largest difference from the network in floats, of outputs as real numbers.
    """

    ceremony_srs: Path | None = None
    chain: ChainTools | None = None
    correctness: bool = True
    float_bound: float = field(default=FLOAT_BOUND)


@cache
def generator_hash(package: Path = Path(__file__).parent) -> str:
    """sha256 over the code of the generator, hex: what an older one built is not taken for what this one builds."""
    digest = hashlib.sha256()
    for name in GENERATOR:
        for source in sorted((package / name).rglob("*.py")) or [package / name]:
            digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def recipe_hash(recipe: CircuitRecipe) -> str:
    """sha256 over recipe, network, EZKL's version and the generator, 0x-hex: what decides whether to build again."""
    fields = recipe.model_dump(mode="json", exclude={"onnx"})
    text = json.dumps(fields, sort_keys=True) + sha256_file(recipe.onnx) + f"{EZKL_VERSION}/{generator_hash()}"
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def ensure_circuit(
    recipe: CircuitRecipe,
    circuits: Path,
    srs_cache: Path,
    progress: Progress = lambda _: None,
    ceremony_srs: Path | None = None,
    options: BuildOptions | None = None,
) -> Circuit:
    """The built circuit, from an earlier build when nothing that decides it has changed.

    Args:
        recipe: what to build.
        circuits: folder of circuits; this one goes to ``circuits/<recipe.name>``.
        srs_cache: folder of SRS files.
        progress: told of each step.
        ceremony_srs: shorthand for an option of the same name.
        options: what else to do; without a chain by default.

    Raises:
        CircuitError: the network is missing or cannot become a circuit, EZKL refuses it, the SRS does not fit, or the
            circuit does not pass its trials.
    """
    if not recipe.onnx.is_file():
        raise CircuitError(f"network {recipe.onnx} is missing", remedy="Train it: veristake model train")
    chosen = options or BuildOptions(ceremony_srs=ceremony_srs)
    directory = circuits / recipe.name
    if directory.exists():
        try:
            manifest = read_manifest(directory)
            if _is_current(manifest, recipe, chosen):
                return open_circuit(directory, with_proving_key=True)
        except CircuitError as error:
            progress(f"building anew: {error.message}")
    return build_circuit(recipe, circuits, srs_cache, progress, chosen)


def _is_current(manifest: CircuitManifest, recipe: CircuitRecipe, options: BuildOptions) -> bool:
    # whoever comes to vouch for the same SRS later gets a manifest that says so
    ceremony = options.ceremony_srs
    same_srs = ceremony is None or manifest.srs_source == read_provenance(ceremony).summary
    tried = options.chain is None or manifest.chain is not None
    checked = not options.correctness or manifest.correctness is not None
    return same_srs and tried and checked and manifest.recipe_hash == recipe_hash(recipe)


def build_circuit(
    recipe: CircuitRecipe,
    circuits: Path,
    srs_cache: Path,
    progress: Progress,
    options: BuildOptions,
) -> Circuit:
    """Build into a folder beside and move it into place when it is whole.

    Raises:
        CircuitError: EZKL refuses, or the circuit does not pass its trials.
    """
    try:
        circuits.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CircuitError(
            f"circuits cannot be built in {circuits}: {error.strerror}", remedy="Name a folder that can be written"
        ) from error
    with tempfile.TemporaryDirectory(prefix=f".{recipe.name}-", dir=circuits) as folder:
        paths = CircuitPaths(Path(folder) / recipe.name)
        paths.directory.mkdir()
        progress(f"{'ceremony' if options.ceremony_srs else 'development'} SRS for k={recipe.logrows}")
        srs = choose_srs(recipe.logrows, srs_cache, options.ceremony_srs)
        make_files(recipe, paths, srs, progress)
        manifest = _tried(_manifest(recipe, paths, srs), paths, progress, options)
        paths.manifest.write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")
        target = circuits / recipe.name
        if target.exists():
            shutil.rmtree(target)
        paths.directory.rename(target)
    return open_circuit(target, with_proving_key=True)


def _tried(
    manifest: CircuitManifest, paths: CircuitPaths, progress: Progress, options: BuildOptions
) -> CircuitManifest:
    """The manifest with what trials of the circuit have shown."""
    progress("proving once")
    trial = run_isolated(try_circuit, Circuit(paths, manifest))
    found = {"proof_bytes": len(trial.proof.proof), "prover": trial.cost, "parameters_hash": trial.parameters_hash}
    tried = manifest.model_copy(update=found)
    if options.correctness:
        progress("correctness gate: circuit against integer reference and floats")
        tried = tried.model_copy(update={"correctness": _gated(paths, options.float_bound)})
        progress("changed proofs: each must be refused")
        shown = trial.proof.instances.elements, trial.proof.proof
        changes = tampered_proofs(*shown, flips=BUILD_FLIPS, swaps=BUILD_SWAPS)
        run_isolated(check_tampering_off_chain, paths, *shown, changes).require()
    if options.chain is not None:
        tried = _tried_on_chain(tried, paths, trial, progress, options.chain)
    return tried


def _gated(paths: CircuitPaths, float_bound: float) -> Correctness:
    try:
        # numpy, onnx and onnxruntime are no dependencies of those who only verify
        from verifier_gen.correctness import check_circuit
    except ModuleNotFoundError as error:
        raise CircuitError(
            f"the correctness gate needs {error.name}", remedy="pip install 'veristake[build,miner]'"
        ) from error
    report = check_circuit(paths, proofs=0, float_bound=float_bound).require()
    return Correctness(
        inputs=report.samples, rounding_band=report.rounding_band, float_error=round(report.float_error, 9)
    )


def _tried_on_chain(
    manifest: CircuitManifest, paths: CircuitPaths, trial: Trial, progress: Progress, tools: ChainTools
) -> CircuitManifest:
    progress("compiling the verifier")
    kind, compiled = fitting_verifier(paths, manifest.verifier_contract, manifest.chain_layout, tools, progress)
    progress("verifying on Anvil")
    measured = measure_on_chain(paths, kind, compiled, manifest.chain_layout, trial.proof, tools.anvil)
    return manifest.model_copy(
        update={
            "verifier_kind": kind,
            "verifier_source_hash": sha256_file(paths.verifier_source),
            "vka_hash": sha256_file(paths.vka) if kind is VerifierKind.REUSABLE else None,
            "chain": measured,
        }
    )


def _manifest(recipe: CircuitRecipe, paths: CircuitPaths, srs: ChosenSrs) -> CircuitManifest:
    settings = json.loads(paths.settings.read_text("utf-8"))
    verifying_key_hash = sha256_file(paths.verifying_key)
    return CircuitManifest(
        name=recipe.name,
        model_name=recipe.model_name,
        model_id=model_id(recipe.model_name),
        circuit_id=verifying_key_hash,
        layout=InstanceLayout(
            input_count=recipe.inputs,
            tag_limbs=recipe.tag_limbs,
            tag_limb_bits=recipe.tag_limb_bits,
            output_count=recipe.outputs,
            input_scale_bits=settings["model_input_scales"][0],
            output_scale_bits=settings["model_output_scales"][0],
        ),
        maximum_duration=recipe.maximum_duration,
        dev_srs=srs.is_dev,
        srs_source=srs.source,
        logrows=settings["run_args"]["logrows"],
        rows=settings["num_rows"],
        proof_bytes=0,
        verifier_contract=recipe.verifier_contract,
        chain_layout=recipe.chain_layout,
        recipe_hash=recipe_hash(recipe),
        onnx_hash=sha256_file(paths.onnx),
        given_onnx_hash=sha256_file(recipe.onnx),
        settings_hash=sha256_file(paths.settings),
        compiled_hash=sha256_file(paths.compiled),
        verifying_key_hash=verifying_key_hash,
        proving_key_hash=sha256_file(paths.proving_key),
        srs_hash=sha256_file(paths.srs),
        verifier_source_hash=sha256_file(paths.verifier_source),
        ezkl_version=EZKL_VERSION,
        param_scale_bits=recipe.param_scale,
        input_visibility=recipe.input_visibility,
        output_visibility=recipe.output_visibility,
        param_visibility=recipe.param_visibility,
    )
