"""Rules of the house that no linter has: who imports whom, and how large things get."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("statements", "signed_http", "daemon", "staking_model", "verifier_gen", "neurons", "relayer", "veristake")
MAY_IMPORT = {
    "statements": {"statements"},
    "signed_http": {"signed_http", "statements"},
    "daemon": {"daemon", "statements"},
    "staking_model": {"staking_model", "statements"},
    "verifier_gen": {"verifier_gen", "statements"},
    "neurons": {"neurons", "signed_http", "daemon", "staking_model", "verifier_gen", "statements"},
    "relayer": {"relayer", "signed_http", "daemon", "staking_model", "verifier_gen", "statements"},
    "veristake": set(PACKAGES),
}
OWNERS = {
    "ezkl": {"verifier_gen/ezkl_library.py"},
    "torch": {"staking_model/train.py", "staking_model/torch_network.py"},
    "onnxruntime": {"staking_model/reference.py", "verifier_gen/float_network.py"},
    "ray": {"neurons/miner/backends/ray_cluster.py"},
    "lightgbm": {"staking_model/evaluation/learned.py"},
    "sklearn": {"staking_model/evaluation/learned.py"},
}
"""Heavy libraries, each imported by the one module that owns it in its package."""
LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (PROJECT / package).rglob("*.py")


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    for path in (PROJECT / package).rglob("*.py"):
        ours = imported(path) & set(PACKAGES)
        assert ours <= MAY_IMPORT[package], f"{path.relative_to(PROJECT)} imports {ours - MAY_IMPORT[package]}"


@pytest.mark.parametrize("library", OWNERS)
def test_heavy_library_is_imported_by_its_owner_only(library: str) -> None:
    importers = {str(path.relative_to(PROJECT)) for path in modules() if library in imported(path)}
    assert importers == OWNERS[library]


def test_ape_is_imported_by_the_contracts_tool_only() -> None:
    importers = {str(path.relative_to(PROJECT)) for path in modules() if "ape" in imported(path)}
    assert all(importer.startswith("veristake/contracts_tool/") for importer in importers)


def test_files_and_functions_stay_small() -> None:
    for path in modules():
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= LONGEST_FILE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{path}: {node.name} has {length} lines"
