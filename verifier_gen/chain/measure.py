"""From a circuit's files to what its verifier costs on a chain."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from statements.errors import CircuitError, ConfigurationError
from verifier_gen.chain.anvil import running_anvil
from verifier_gen.chain.compiler import LARGEST_CODE, CompiledVerifier, compile_verifier
from verifier_gen.choices import ChainLayout, VerifierKind
from verifier_gen.circuit import CircuitPaths
from verifier_gen.manifest import ChainMeasurement
from verifier_gen.prover import Proof
from verifier_gen.solidity import read_vka, write_reusable_verifier
from verifier_gen.toolchain import ensure_solc, find_tool


@dataclass(frozen=True)
class ChainTools:
    """What a verifier is compiled and tried with.

    Attributes:
        root: the checkout, where the compiler is.
        anvil: binary.
    """

    root: Path
    anvil: Path


def find_chain_tools(root: Path) -> ChainTools:
    """Compiler, Anvil and web3.

    Raises:
        ConfigurationError: one of them is missing; building without a chain is possible.
    """
    try:
        ensure_solc(root)
        anvil = find_tool("anvil", root)
    except ConfigurationError as error:
        raise ConfigurationError(error.message, remedy=f"{error.remedy}; or build with --no-chain") from error
    if importlib.util.find_spec("web3") is None:
        raise ConfigurationError(
            "web3 is not installed", remedy="pip install 'veristake[contracts]', or build with --no-chain"
        )
    return ChainTools(root, anvil)


def fitting_verifier(
    paths: CircuitPaths, contract: str, layout: ChainLayout, tools: ChainTools, progress: Callable[[str], None]
) -> tuple[VerifierKind, CompiledVerifier]:
    """Compile the monolithic verifier; where no chain would take it, put the reusable one with its VKA in its place.

    Raises:
        CircuitError: neither compiles to a size that a chain takes.
    """
    compiled = compile_verifier(paths.verifier_source, contract, tools.root)
    if compiled.is_deployable:
        return VerifierKind.MONOLITHIC, compiled
    progress(f"verifier has {len(compiled.runtime_code)} bytes, a chain takes {LARGEST_CODE}: reusable one with VKA")
    write_reusable_verifier(paths, contract, layout)
    compiled = compile_verifier(paths.verifier_source, contract, tools.root)
    if not compiled.is_deployable:
        raise CircuitError(
            f"even the reusable verifier has {len(compiled.runtime_code)} bytes, a chain takes {LARGEST_CODE}",
            remedy="Use fewer columns",
        )
    return VerifierKind.REUSABLE, compiled


def measure_on_chain(
    paths: CircuitPaths, kind: VerifierKind, compiled: CompiledVerifier, layout: ChainLayout, proof: Proof, anvil: Path
) -> ChainMeasurement:
    """Try a compiled verifier with a proof on a fresh Anvil.

    Anvil has Ethereum's precompiles only, so a verifier of another layout is measured in bytes alone.

    Raises:
        CircuitError: the chain refuses the proof, or accepts a changed one.
    """
    size = ChainMeasurement(
        verifier_bytes=len(compiled.runtime_code),
        verifier_code_hash=compiled.code_hash,
        solc_version=compiled.solc_version,
    )
    if layout is not ChainLayout.ETHEREUM:
        return size
    # web3 is slow to import, and most builds do without
    from verifier_gen.chain.verification import verify_on_chain

    vka = read_vka(paths.vka) if kind is VerifierKind.REUSABLE else ()
    with running_anvil(anvil) as url:
        seen = verify_on_chain(url, compiled, proof, vka)
    return size.model_copy(
        update={
            "verification_gas": seen.verification_gas,
            "registration_gas": seen.registration_gas,
            "vka_digest": seen.vka_digest,
        }
    )
