"""What ``pip install .`` brings: the command, and every file that the roles read at run time."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("statements", "signed_http", "daemon", "staking_model", "verifier_gen", "neurons", "relayer", "veristake")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(PROJECT)]
    subprocess.run(command, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("veristake-*.whl")))


def test_wheel_holds_every_tracked_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert set(listed.stdout.split()) <= set(wheel.namelist())


def test_wheel_has_the_command(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "veristake = veristake.cli:main" in wheel.read(entry_points).decode()


def test_wheel_holds_no_tests_and_no_contracts(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0] for name in wheel.namelist() if ".dist-info" not in name} == set(PACKAGES)
