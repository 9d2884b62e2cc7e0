"""The front door: what a newcomer reads, and how it fails."""

import json
import sys

import pytest

from statements.errors import ConfigurationError
from veristake import cli

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


@pytest.mark.parametrize("role", [role for role in ROLES if role != "contracts"])
def test_role_help_says_what_it_does(capsys, role: str) -> None:
    code, out, _ = run(capsys, role, "--help")
    assert code == 0
    assert "Usage: veristake" in out


def test_unknown_role_is_named(capsys) -> None:
    code, _, err = run(capsys, "oracle")
    assert code == 2
    assert "No such command 'oracle'" in err


def test_missing_extra_is_named_with_its_remedy(capsys, monkeypatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("no", name="ezkl")

    monkeypatch.setattr(cli.importlib, "import_module", missing)
    code, _, err = run(capsys, "miner", "run")
    assert code == 1
    assert "needs the Python package ezkl" in err
    assert "pip install 'veristake[miner]'" in err


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
