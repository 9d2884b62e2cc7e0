"""The compiler's cache, on a project of two files."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from statements.errors import ConfigurationError
from veristake.contracts_tool.compile import compiled_project

PROJECT = Path(__file__).resolve().parents[2]
LIBRARY = "pragma solidity ^0.8.30;\nlibrary Figures {{ uint256 internal constant FIGURE = {figure}; }}\n"
IMPORTER = """pragma solidity ^0.8.30;
import {Figures} from "./Figures.sol";
contract Importer { function figure() external pure returns (uint256) { return Figures.FIGURE; } }
"""


@pytest.fixture
def small_project(tmp_path):
    """A library, a contract that imports it, and the project's own configuration and tools."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "build").mkdir()
    (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
    (tmp_path / "build" / "solc").symlink_to(PROJECT / "build" / "solc")
    shutil.copy(PROJECT / "ape-config.yaml", tmp_path)
    (tmp_path / "contracts" / "Figures.sol").write_text(LIBRARY.format(figure=7), "utf-8")
    (tmp_path / "contracts" / "Importer.sol").write_text(IMPORTER, "utf-8")
    return tmp_path


def bytecode(project):
    return bytes(project.contracts["Importer"].contract_type.get_runtime_bytecode())


def test_compiled_project_changed_library_compiles_its_importer(small_project):
    steps = []
    first = bytecode(compiled_project(small_project, steps.append))
    assert steps == ["compiling all contracts"]
    assert bytecode(compiled_project(small_project, steps.append)) == first
    assert len(steps) == 1
    (small_project / "contracts" / "Figures.sol").write_text(LIBRARY.format(figure=8), "utf-8")
    assert bytecode(compiled_project(small_project, steps.append)) != first
    assert len(steps) == 2


def test_compiled_project_wrong_source_is_named(small_project):
    (small_project / "contracts" / "Importer.sol").write_text("pragma solidity ^0.8.30;\ncontract {", "utf-8")
    with pytest.raises(ConfigurationError, match="do not compile"):
        compiled_project(small_project)


def test_compile_json_is_one_document_also_when_it_compiles(small_project):
    command = [sys.executable, "-m", "veristake", "contracts", "compile", "--force", "--json"]
    done = subprocess.run(command, cwd=small_project, capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(done.stdout)["runtime_bytes"].keys() == {"Figures", "Importer"}
    assert "compiling all contracts" in done.stderr
