"""The front door: what a newcomer reads, and how it fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from statements.errors import ConfigurationError
from veristake import cli

PROJECT = Path(__file__).resolve().parents[3]
ROLES = ("model", "circuit", "contracts", "miner", "validator", "relayer", "demo", "doctor")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(arguments))
    output = capsys.readouterr()
    return int(stopped.value.code or 0), output.out, output.err


def test_help_lists_every_role_with_a_line(capsys) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for role in ROLES:
        assert f"  {role} " in out


def test_help_imports_no_role(capsys, monkeypatch) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"imported {name}")

    monkeypatch.setattr(cli.importlib, "import_module", refuse)
    assert run(capsys, "--help")[0] == 0


@pytest.mark.parametrize("role", ROLES)
def test_role_help_says_what_it_does(capsys, role: str) -> None:
    code, out, _ = run(capsys, role, "--help")
    assert code == 0
    assert "Usage: veristake" in out


def test_unknown_role_is_named(capsys) -> None:
    code, _, err = run(capsys, "oracle")
    assert code == 2
    assert "No such command 'oracle'" in err


_BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == sys.argv[1]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
from veristake.cli import main
main(sys.argv[2:])
"""


@pytest.mark.parametrize(
    ("package", "extra", "arguments"),
    [
        ("ape", "contracts", ("contracts", "compile")),
        ("ezkl", "circuit", ("circuit", "build", "tiny")),
        ("bittensor", "miner", ("miner", "run", "--config", "miner.toml")),
        ("sqlalchemy", "validator", ("validator", "run", "--config", "validator.toml")),
        ("sqlalchemy", "relayer", ("relayer", "run", "--config", "relayer.toml")),
        ("web3", "all", ("demo",)),
    ],
)
def test_missing_extra_is_named_with_its_remedy(tmp_path, package: str, extra: str, arguments) -> None:
    for role in ("miner", "validator", "relayer"):
        (tmp_path / f"{role}.toml").touch()
    done = subprocess.run(
        [sys.executable, "-c", _BLOCKED, package, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert f"needs the Python package {package}" in done.stderr
    assert f"pip install 'veristake[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_module_of_our_own_is_not_taken_for_an_extra(capsys, monkeypatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("no", name="relayer.run")

    monkeypatch.setattr(cli.importlib, "import_module", missing)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["relayer", "run"])


def test_usage_error_with_json_is_an_object(capsys) -> None:
    code, out, _ = run(capsys, "circuit", "check", "--json")
    assert code == 2
    assert "DIRECTORY" in json.loads(out)["error"]


def test_error_is_one_line_with_a_remedy(capsys, tmp_path) -> None:
    code, _, err = run(capsys, "circuit", "check", str(tmp_path))
    assert code == 1
    assert err.splitlines() == [
        f"error: circuit {tmp_path} has no circuit.json",
        "remedy: Build it: veristake circuit build",
    ]


def test_error_with_json_is_an_object(capsys, tmp_path) -> None:
    code, out, _ = run(capsys, "circuit", "check", str(tmp_path), "--json")
    assert code == 1
    assert json.loads(out) == {
        "error": f"circuit {tmp_path} has no circuit.json",
        "remedy": "Build it: veristake circuit build",
    }


def test_error_with_debug_shows_the_trace(capsys, tmp_path) -> None:
    _, _, err = run(capsys, "--debug", "circuit", "check", str(tmp_path))
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("remedy:")


def test_ctrl_c_ends_with_130(capsys, monkeypatch) -> None:
    def interrupt(*_, **__) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.cli, "main", interrupt)
    assert run(capsys, "doctor")[0] == 130


def test_configuration_error_has_its_own_exit_code(capsys, monkeypatch) -> None:
    def fail(*_, **__) -> None:
        raise ConfigurationError("port = 0 is taken")

    monkeypatch.setattr(cli.cli, "main", fail)
    code, _, err = run(capsys, "doctor")
    assert (code, err.strip()) == (2, "error: port = 0 is taken")


def test_main_without_arguments_reads_the_command_line(capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["veristake", "--version"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 0
    assert "version" in capsys.readouterr().out
