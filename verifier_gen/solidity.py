"""The generated Solidity verifier, under a name of its own."""

from __future__ import annotations

import re
from pathlib import Path

from statements.errors import CircuitError
from verifier_gen import ezkl_library
from verifier_gen.circuit import CircuitPaths
from verifier_gen.isolated import run_isolated

_TEMPLATE_NAME = re.compile(r"\bcontract Halo2Verifier\b")


def rename_contract(source: str, name: str) -> str:
    """The template's contract under another name, so that several verifiers live in one Ape project.

    Raises:
        CircuitError: the template has changed: the contract's name does not stand there exactly once.
    """
    renamed, count = _TEMPLATE_NAME.subn(f"contract {name}", source)
    if count != 1 or "Halo2Verifier" in renamed:
        raise CircuitError(
            f"EZKL's verifier template has changed: its contract name stands there {count} times, expected once",
            remedy="Use the EZKL version that the lock file pins",
        )
    return renamed


def write_verifier(paths: CircuitPaths, name: str) -> None:
    """Generate the verifier of a circuit that is set up.

    Raises:
        CircuitError: EZKL failed, or its template has changed.
    """
    raw = paths.verifier_source.with_suffix(".raw.sol")
    run_isolated(ezkl_library.write_solidity, paths.verifying_key, paths.settings, raw, paths.srs)
    paths.verifier_source.write_text(rename_contract(raw.read_text("utf-8"), name), "utf-8")
    raw.unlink()


def install_verifier(paths: CircuitPaths, name: str, contracts: Path) -> Path:
    """Copy the verifier to where Ape and Forge compile it; unchanged when it is there already.

    Args:
        paths: the circuit.
        name: contract name.
        contracts: the project's ``contracts`` folder.
    """
    target = contracts / "generated" / f"{name}.sol"
    source = paths.verifier_source.read_text("utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.is_file() or target.read_text("utf-8") != source:
        target.write_text(source, "utf-8")
    return target
