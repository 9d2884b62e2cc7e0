"""What one part of a deployment leaves on the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from veristake.contracts_tool.deployer import Contract


@dataclass(frozen=True)
class StepResult:
    """Contracts, and what they have to answer.

    Attributes:
        contracts: by name.
        settings: by name, what views without arguments have to answer.
    """

    contracts: Mapping[str, Contract] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
