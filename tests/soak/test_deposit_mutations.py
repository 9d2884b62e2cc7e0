"""State machine and invariants of deposits notice faults: each is put into a copy of the contracts."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.forge_artifacts import PROJECT
from tests.soak.deposit_mutations import MUTATIONS, Mutation, Watcher
from veristake.toolchain import tool_environment

LINKED = (".venv", "node_modules", "build/bin", "build/solc")
BUILD = "forge build contracts/deposit/OmronDeposit.sol"
LIMIT_SECONDS = 900


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The project without its other Foundry tests, to be changed and built apart."""
    project = tmp_path_factory.mktemp("mutated")
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, check=True, capture_output=True, text=True)
    for name in tracked.stdout.splitlines():
        path = Path(name)
        if path.parent == Path("tests/foundry") and not path.name.startswith(("Deposit", "Cheats")):
            continue
        (project / path.parent).mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / path, project / path)
    (project / "build").mkdir()
    for name in LINKED:
        (project / name).symlink_to((PROJECT / name).resolve())
    return project


def _run(command: str, project: Path) -> subprocess.CompletedProcess[str]:
    environment = {**tool_environment(project), "PYTHONPATH": str(project), "FOUNDRY_SRC": "contracts/deposit"}
    environment["PATH"] = os.pathsep.join([f"{project}/.venv/bin", f"{project}/build/bin", os.environ["PATH"]])
    return subprocess.run(
        shlex.split(command), cwd=project, env=environment, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )


@pytest.mark.parametrize("watcher", Watcher)
def test_watcher_of_unchanged_contracts_passes(copy: Path, watcher: Watcher) -> None:
    done = _run(watcher, copy)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_watcher_of_mutated_contracts_fails(copy: Path, mutation: Mutation) -> None:
    source = mutation.apply(copy)
    try:
        built = _run(BUILD, copy)
        assert built.returncode == 0, built.stderr[-2000:]
        noticed = {watcher: _run(watcher, copy) for watcher in mutation.watchers()}
    finally:
        mutation.path(copy).write_text(source, "utf-8")
    by = tuple(watcher for watcher, done in noticed.items() if done.returncode != 0)
    assert by == mutation.noticed_by, {watcher.name: done.stdout[-1500:] for watcher, done in noticed.items()}
