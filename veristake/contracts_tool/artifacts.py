"""What the compiler made of each contract, in the shape that a deployment needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from statements.errors import ConfigurationError
from veristake.contracts_tool.create2 import without_metadata_hash

if TYPE_CHECKING:
    from ape.managers.project import LocalProject

MAXIMUM_CODE_BYTES = 24_576
"""EIP-170: a longer contract cannot be deployed."""


@dataclass(frozen=True)
class Artifact:
    """A compiled contract.

    Attributes:
        name: as in the source.
        abi: JSON ABI.
        init_code: creation code, without constructor arguments; its metadata hash is zero.
        runtime_code: what it leaves on the chain, immutables still zero.
    """

    name: str
    abi: list[dict[str, Any]]
    init_code: bytes
    runtime_code: bytes


class Artifacts:
    """All contracts of a compiled project.

    Args:
        project: as Ape compiled it.
    """

    def __init__(self, project: LocalProject) -> None:
        self._project = project
        self._known: dict[str, Artifact] = {}

    def get(self, name: str) -> Artifact:
        """A contract by name.

        Raises:
            ConfigurationError: it is not compiled.
        """
        if name not in self._known:
            self._known[name] = _artifact(self._project, name)
        return self._known[name]


def _artifact(project: LocalProject, name: str) -> Artifact:
    container = project.contracts.get(name, check_for_changes=False)
    if container is None:
        raise ConfigurationError(f"contract {name} is not compiled", remedy="See: veristake contracts compile")
    kind = container.contract_type
    return Artifact(
        name=name,
        abi=[item.model_dump(mode="json", by_alias=True, exclude_none=True) for item in kind.abi],
        init_code=without_metadata_hash(bytes(kind.get_deployment_bytecode() or b"")),
        runtime_code=without_metadata_hash(bytes(kind.get_runtime_bytecode() or b"")),
    )


def check_size(artifact: Artifact) -> None:
    """Refuse code that no chain takes.

    Raises:
        ConfigurationError: its runtime code is longer than EIP-170 allows.
    """
    size = len(artifact.runtime_code)
    if size > MAXIMUM_CODE_BYTES:
        raise ConfigurationError(
            f"contract {artifact.name} has {size} bytes, EIP-170 allows {MAXIMUM_CODE_BYTES}",
            remedy="A verifier: build the circuit with fewer columns or a smaller lookup range",
        )
