"""``deployments/<chainId>.json``: written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak
from pydantic import ValidationError

from statements.deployment import DeployedContract, Deployment
from statements.errors import ConfigurationError

if TYPE_CHECKING:
    from web3 import Web3


def deployed_contract(web3: Web3, address: str) -> DeployedContract:
    """A contract with the hash of the code that the chain has at its address."""
    code = bytes(web3.eth.get_code(web3.to_checksum_address(address)))
    return DeployedContract(address=address, code_hash="0x" + keccak(code).hex())


def deployment_path(folder: Path, chain_id: int) -> Path:
    """File of one chain's deployment."""
    return folder / f"{chain_id}.json"


def write_deployment(deployment: Deployment, folder: Path) -> Path:
    """Write ``<folder>/<chainId>.json`` by renaming a complete file, so that no reader ever sees half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = deployment_path(folder, deployment.chain_id)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(deployment.model_dump_json(indent=1) + "\n")
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def read_deployment(path: Path) -> Deployment:
    """A deployment from its file.

    Raises:
        ConfigurationError: it is missing or malformed.
    """
    try:
        return Deployment.model_validate_json(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"deployment {path} cannot be read", remedy="Deploy first: veristake contracts deploy"
        ) from error
    except ValidationError as error:
        raise ConfigurationError(
            f"deployment {path} is malformed: {error.errors()[0]['msg']}",
            remedy="Deploy again, or take the file from version control",
        ) from error
