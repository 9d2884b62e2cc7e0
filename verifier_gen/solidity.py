"""The generated Solidity verifier, under a name of its own."""

from __future__ import annotations

import re
from pathlib import Path

from statements.errors import CircuitError
from verifier_gen import ezkl_library
from verifier_gen.chain_layout import for_chain
from verifier_gen.choices import ChainLayout
from verifier_gen.circuit import CircuitPaths
from verifier_gen.isolated import run_isolated
from verifier_gen.vanishing_columns import without_vanishing_columns

_TEMPLATE_NAME = re.compile(r"\bcontract Halo2Verifier(Reusable)?\b")
_WORD = 32


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


def write_verifier(paths: CircuitPaths, name: str, layout: ChainLayout = ChainLayout.ETHEREUM) -> None:
    """Generate the monolithic verifier of a circuit that is set up, for chains of ``layout``.

    Raises:
        CircuitError: EZKL failed, or its template has changed.
    """
    _write_source(paths, name, layout, reusable=False)


def write_reusable_verifier(paths: CircuitPaths, name: str, layout: ChainLayout = ChainLayout.ETHEREUM) -> None:
    """Generate the reusable verifier in place of the monolithic one, and the circuit's VKA.

    Raises:
        CircuitError: EZKL failed, or its template has changed.
    """
    _write_source(paths, name, layout, reusable=True)
    run_isolated(ezkl_library.write_vka, paths.verifying_key, paths.settings, paths.vka, paths.srs)


def _write_source(paths: CircuitPaths, name: str, layout: ChainLayout, *, reusable: bool) -> None:
    raw = paths.verifier_source.with_suffix(".raw.sol")
    run_isolated(ezkl_library.write_solidity, paths.verifying_key, paths.settings, raw, paths.srs, reusable)
    source = for_chain(rename_contract(raw.read_text("utf-8"), name), layout)
    if not reusable:
        source = without_vanishing_columns(source)
    paths.verifier_source.write_text(source, "utf-8")
    raw.unlink()


def read_vka(path: Path) -> tuple[bytes, ...]:
    """Words of a VKA file: their number as eight bytes little-endian, then 32 bytes each.

    Raises:
        CircuitError: the file's length is not the one that it names.
    """
    content = path.read_bytes()
    count = int.from_bytes(content[:8], "little")
    if len(content) != 8 + _WORD * count:
        raise CircuitError(f"{path} is not a VKA: {len(content)} bytes", remedy="Build the circuit again")
    return tuple(content[8 + _WORD * i : 8 + _WORD * (i + 1)] for i in range(count))


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
