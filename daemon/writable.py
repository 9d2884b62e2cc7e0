"""Whether a file could be written, found out without writing: for a doctor."""

from __future__ import annotations

import os
from pathlib import Path

from statements.errors import ConfigurationError


def require_writable(path: Path, name: str) -> None:
    """A file can be written with others beside it, or made together with its folders; nothing is.

    Args:
        path: of the file.
        name: of the setting, for the message.

    Raises:
        ConfigurationError: it could not.
    """
    absolute = path.absolute()
    folder = next(parent for parent in absolute.parents if parent.exists())
    usable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    if usable and absolute.exists():
        usable = absolute.is_file() and os.access(absolute, os.R_OK | os.W_OK)
    if not usable:
        raise ConfigurationError(
            f"{name} {path} cannot be written",
            remedy="Choose a file on a disk and in a folder that this user may write",
        )
