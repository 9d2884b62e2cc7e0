"""Where the checkout is, and where builds go."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from statements.errors import ConfigurationError


@dataclass(frozen=True)
class Project:
    """A checkout with contracts and scripts.

    Attributes:
        root: folder that holds ape-config.yaml.
    """

    root: Path

    @property
    def build(self) -> Path:
        """Everything that is made and never committed."""
        return self.root / "build"

    @property
    def circuits(self) -> Path:
        """Built circuits."""
        return self.build / "circuits"

    @property
    def srs(self) -> Path:
        """Cached SRS files."""
        return self.build / "srs"

    @property
    def contracts(self) -> Path:
        """Solidity sources."""
        return self.root / "contracts"

    @property
    def deployments(self) -> Path:
        """Deployments of local chains."""
        return self.build / "deployments"


def find_project() -> Project:
    """The checkout: VERISTAKE_PROJECT, else the nearest folder upward with ape-config.yaml, else this package's.

    Raises:
        ConfigurationError: there is none.
    """
    named = os.environ.get("VERISTAKE_PROJECT")
    if named:
        if not (Path(named) / "ape-config.yaml").is_file():
            raise ConfigurationError(
                f"VERISTAKE_PROJECT = {named!r} has no ape-config.yaml", remedy="Name a checkout of veristake"
            )
        return Project(Path(named).resolve())
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (folder / "ape-config.yaml").is_file() and (folder / "contracts").is_dir():
            return Project(folder)
    raise ConfigurationError(
        "contracts and scripts are not here: no ape-config.yaml in this folder or above",
        remedy="Run inside a checkout of veristake, or set VERISTAKE_PROJECT to one",
    )
