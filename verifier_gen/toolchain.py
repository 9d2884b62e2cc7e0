"""Finding Anvil, Node and the Solidity compiler, each with a remedy when it is not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from statements.errors import ConfigurationError

SOLC_VERSION = "0.8.37"


def find_tool(name: str, project_root: Path) -> Path:
    """A tool that the set-up linked into build/bin, else one of PATH.

    Raises:
        ConfigurationError: it is in neither.
    """
    local = project_root / "build" / "bin" / name
    if local.exists():
        return local
    found = shutil.which(name)
    if found:
        return Path(found)
    raise ConfigurationError(
        f"{name} is not installed", remedy="Run 'make setup' in the checkout: npm brings it (needs Node 20)"
    )


def ensure_solc(project_root: Path) -> Path:
    """The compiler in the folder and under the name that py-solc-x and foundry.toml expect; made when missing.

    A compiler that somebody put there (a native one is faster) is left alone.

    Raises:
        ConfigurationError: the npm compiler is not installed.
    """
    solc = project_root / "build" / "solc" / f"solc-v{SOLC_VERSION}"
    if solc.exists():
        return solc
    if not (project_root / "node_modules" / "solc").is_dir():
        raise ConfigurationError(
            f"the Solidity compiler {SOLC_VERSION} is not installed", remedy="Run 'make setup' in the checkout"
        )
    solc.parent.mkdir(parents=True, exist_ok=True)
    solc.unlink(missing_ok=True)
    solc.symlink_to(Path("../../scripts/solc.js"))
    return solc


def tool_environment(project_root: Path) -> dict[str, str]:
    """Environment for Ape and Forge: our Anvil first, our compiler, and Ape's data inside build/."""
    environment = dict(os.environ)
    binaries = project_root / "build" / "bin"
    environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
    environment["SOLCX_BINARY_PATH"] = str(project_root / "build" / "solc")
    environment["APE_DATA_FOLDER"] = str(project_root / "build" / "ape")
    # Ape unpacks libraries among the sources of a checkout below the system's temporary folder, and then finds no more
    # than 500 of them: it gets a temporary folder that no checkout lies in
    temporary = project_root / "build" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment["TMPDIR"] = str(temporary)
    return environment
