"""The set-up names what a machine lacks, with the remedy, before it installs anything."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with nothing but what the script itself needs."""
    for tool in ("bash", "printf", "env"):
        found = shutil.which(tool)
        if found:
            (tmp_path / tool).symlink_to(found)
    return tmp_path


def check(path: Path, python: str) -> subprocess.CompletedProcess[str]:
    command = [str(path / "bash"), str(PROJECT / "scripts" / "check_prerequisites.sh"), python]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def fake(path: Path, name: str, script: str) -> None:
    (path / name).write_text(f"#!{path / 'bash'}\n{script}\n")
    (path / name).chmod(0o755)


def test_check_prerequisites_without_python_names_it(bare_path: Path) -> None:
    done = check(bare_path, "python3")
    assert done.returncode == 1
    assert "error: Python 3.11 or 3.12 is not installed" in done.stderr
    assert "remedy: apt-get install python3" in done.stderr


def test_check_prerequisites_old_python_is_named_with_its_version(bare_path: Path) -> None:
    fake(bare_path, "python3", 'if [ "$1" = -V ]; then echo Python 3.9.2; else exit 1; fi')
    done = check(bare_path, "python3")
    assert done.returncode == 1
    assert "python3 is Python 3.9.2, veristake needs 3.11 or 3.12" in done.stderr


def test_check_prerequisites_without_node_names_it(bare_path: Path) -> None:
    done = check(bare_path, sys.executable)
    assert done.returncode == 1
    assert "error: Node is not installed" in done.stderr
    assert "remedy: Install Node 20" in done.stderr


def test_check_prerequisites_old_node_is_named_with_its_version(bare_path: Path) -> None:
    fake(bare_path, "node", 'if [ "$1" = -v ]; then echo v18.1.0; else echo 18; fi')
    done = check(bare_path, sys.executable)
    assert done.returncode == 1
    assert "node is v18.1.0, veristake needs 20 or later" in done.stderr


def test_check_prerequisites_this_machine_has_them() -> None:
    command = ["bash", str(PROJECT / "scripts" / "check_prerequisites.sh"), sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "== Prerequisites: Python 3.1" in done.stdout
