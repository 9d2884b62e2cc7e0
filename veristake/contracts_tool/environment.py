"""Where the Solidity project lies, and the environment that Ape and its compiler need."""

from __future__ import annotations

import os
from pathlib import Path

from statements.errors import ConfigurationError

SOLC_VERSION = "0.8.37"
"""Compiler of ape-config.yaml and foundry.toml."""
_MARK = "ape-config.yaml"


def find_project(start: Path | None = None) -> Path:
    """Folder of the Solidity project: the working folder or one above it, else the checkout of this package.

    Raises:
        ConfigurationError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / _MARK).is_file() and (folder / "contracts").is_dir():
            return folder
    raise ConfigurationError(
        f"no {_MARK} in {here} or above it", remedy="Run this in a checkout of veristake, which has the contracts"
    )


def prepare_ape(project: Path) -> None:
    """Point Ape at its data folder and compiler below ``project``; to be called before Ape is imported.

    Raises:
        ConfigurationError: the compiler or OpenZeppelin's contracts are not installed.
    """
    solc_folder = Path(os.environ.get("SOLCX_BINARY_PATH", project / "build" / "solc"))
    needed = (solc_folder / f"solc-v{SOLC_VERSION}", project / "node_modules" / "@openzeppelin" / "contracts")
    for path in needed:
        if not path.exists():
            raise ConfigurationError(f"{path} is missing", remedy="Set the project up: make setup")
    os.environ.setdefault("APE_DATA_FOLDER", str(project / "build" / "ape"))
    os.environ.setdefault("SOLCX_BINARY_PATH", str(solc_folder))
    tools = str(project / "node_modules" / ".bin")
    if tools not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join((tools, os.environ.get("PATH", "")))
