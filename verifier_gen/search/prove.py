"""A candidate with keys: proven, verified, its verifier compiled and called on a local chain."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path

from statements.errors import CircuitError
from statements.instances import InstanceLayout, Instances
from verifier_gen import ezkl_library
from verifier_gen.chain.anvil import running_anvil
from verifier_gen.chain.compiler import compile_verifier
from verifier_gen.chain.measure import ChainTools
from verifier_gen.circuit import CircuitPaths
from verifier_gen.prover import Proof
from verifier_gen.search.candidate import Candidate
from verifier_gen.search.cost import predicted
from verifier_gen.search.count import output_error
from verifier_gen.search.limits import Limits, run_limited
from verifier_gen.search.results import Cost, Counted, Proven
from verifier_gen.search.target import Target, circuit_inputs
from verifier_gen.solidity import write_verifier
from verifier_gen.srs import dev_srs
from verifier_gen.witnesses import CircuitInputs, ShownProof, prove_sample, run_witnesses


def prove_candidate(
    target: Target,
    candidate: Candidate,
    counted: Counted,
    paths: CircuitPaths,
    srs_cache: Path,
    tools: ChainTools | None,
    limits: Limits,
) -> Proven:
    """Set up, prove the last test input, verify, compile and call on a chain.

    Args:
        target: what is searched for.
        candidate: as counted into ``paths``.
        counted: what counting it found.
        paths: its files.
        srs_cache: folder of SRS files.
        tools: compiler and Anvil; None leaves gas predicted.
        limits: of each step.

    Raises:
        CircuitError: a step failed, ran over its limits, or the proof does not verify.
    """
    paths.srs.unlink(missing_ok=True)
    paths.srs.symlink_to(dev_srs(counted.logrows, srs_cache).resolve())
    started = time.monotonic()
    run_limited(limits, ezkl_library.setup, paths.compiled, paths.verifying_key, paths.proving_key, paths.srs)
    setup_s = time.monotonic() - started
    row = len(target.tests) - 1
    sample = circuit_inputs(target.tests[row], target.recipe, candidate.input_scale)
    shown, wall, processor, memory = run_limited(limits, measured_proof, paths, sample)
    if not shown.verified:
        raise CircuitError("the proof does not verify", remedy="Leave the candidate out")
    guess = predicted(candidate, counted)
    gas, size = _on_chain(target, paths, shown, tools)
    return Proven(
        cost=Cost(cpu_s=processor, memory_mb=memory, gas=gas or guess.gas, proof_bytes=len(shown.proof)),
        gas_measured=gas is not None,
        wall_s=wall,
        setup_s=setup_s,
        verifier_bytes=size,
        error=run_limited(limits, output_error, target, paths, [shown.outputs], [row]),
    )


def measured_proof(paths: CircuitPaths, sample: CircuitInputs) -> tuple[ShownProof, float, float, float]:
    """A proof, its wall and processor seconds, and peak memory in MB; calls EZKL, so run it limited.

    Raises:
        CircuitError: a lookup's argument lies outside the table, where EZKL would hang.
    """
    lowest, highest = json.loads(paths.settings.read_text("utf-8"))["run_args"]["lookup_range"]
    held = run_witnesses(paths.compiled, [sample])[0].lookups
    if held[0] < lowest or held[1] > highest:
        raise CircuitError(f"lookup inputs {held} leave the table {lowest} to {highest}", remedy="Widen the margin")
    started, before = time.monotonic(), time.process_time()
    shown = prove_sample(paths, sample)
    wall, processor = time.monotonic() - started, time.process_time() - before
    return shown, wall, processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _on_chain(
    target: Target, paths: CircuitPaths, shown: ShownProof, tools: ChainTools | None
) -> tuple[int | None, int | None]:
    """Gas of a verification, and bytes of the verifier; None for what was not measured."""
    if tools is None:
        return None, None
    # web3 is slow to import
    from verifier_gen.chain.verification import verify_on_chain

    recipe = target.recipe
    write_verifier(paths, recipe.verifier_contract)
    compiled = compile_verifier(paths.verifier_source, recipe.verifier_contract, tools.root)
    if not compiled.is_deployable:
        return None, len(compiled.runtime_code)
    document = json.loads(paths.settings.read_text("utf-8"))
    layout = InstanceLayout(
        input_count=recipe.inputs,
        tag_limbs=recipe.tag_limbs,
        tag_limb_bits=recipe.tag_limb_bits,
        output_count=recipe.outputs,
        input_scale_bits=document["model_input_scales"][0],
        output_scale_bits=document["model_output_scales"][0],
    )
    proof = Proof(Instances(layout=layout, elements=shown.instances), shown.proof, 0.0)
    with running_anvil(tools.anvil) as url:
        return verify_on_chain(url, compiled, proof).verification_gas, len(compiled.runtime_code)
