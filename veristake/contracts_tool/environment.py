"""The environment that Ape and its compiler need."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from statements.errors import ConfigurationError
from veristake.toolchain import ensure_solc, tool_environment


def prepare_ape(root: Path) -> None:
    """Point Ape at its data folder and compiler below ``root``; to be called before Ape is imported.

    Args:
        root: folder with ape-config.yaml.

    Raises:
        ConfigurationError: the compiler or OpenZeppelin's contracts are not installed.
    """
    ensure_solc(root)
    library = root / "node_modules" / "@openzeppelin" / "contracts"
    if not library.is_dir():
        raise ConfigurationError(f"{library} is missing", remedy="Run 'make setup' in the checkout")
    variables = tool_environment(root)
    if os.environ.get("PATH", "").startswith(str(root / "build" / "bin")):
        del variables["PATH"]
    os.environ.update(variables)
    # read again from TMPDIR, which this process may have read before
    tempfile.tempdir = None
