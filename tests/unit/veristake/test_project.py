"""Finding the checkout and its tools."""

from pathlib import Path

import pytest

from statements.errors import ConfigurationError
from veristake.project import find_project
from veristake.toolchain import ensure_solc, find_tool, tool_environment


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "ape-config.yaml").touch()
    return tmp_path


def test_find_project_from_a_folder_below_is_the_checkout(checkout: Path, monkeypatch) -> None:
    below = checkout / "contracts" / "feed"
    below.mkdir()
    monkeypatch.chdir(below)
    assert find_project().root == checkout.resolve()


def test_find_project_named_by_environment_wins(checkout: Path, monkeypatch) -> None:
    monkeypatch.setenv("VERISTAKE_PROJECT", str(checkout))
    project = find_project()
    assert project.root == checkout.resolve()
    assert project.circuits == checkout.resolve() / "build" / "circuits"
    assert project.deployments.name == "deployments"


def test_find_project_named_wrongly_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("VERISTAKE_PROJECT", str(tmp_path))
    with pytest.raises(ConfigurationError, match="VERISTAKE_PROJECT"):
        find_project()


def test_find_project_nowhere_names_the_remedy(monkeypatch) -> None:
    monkeypatch.chdir("/")
    monkeypatch.setattr("veristake.project.__file__", "/nowhere/veristake/project.py")
    with pytest.raises(ConfigurationError, match="Run inside a checkout"):
        find_project()


def test_find_tool_of_the_project_comes_first(checkout: Path) -> None:
    local = checkout / "build" / "bin"
    local.mkdir(parents=True)
    (local / "anvil").touch()
    assert find_tool("anvil", checkout) == local / "anvil"


def test_find_tool_on_path_is_second(checkout: Path) -> None:
    assert find_tool("sh", checkout).name == "sh"


def test_find_tool_missing_names_the_remedy(checkout: Path) -> None:
    with pytest.raises(ConfigurationError, match="no-such-tool is not installed"):
        find_tool("no-such-tool", checkout)


def test_ensure_solc_without_the_npm_compiler_is_refused(checkout: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"0\.8\.37 is not installed"):
        ensure_solc(checkout)


def test_ensure_solc_links_the_shim(checkout: Path) -> None:
    (checkout / "node_modules" / "solc").mkdir(parents=True)
    (checkout / "scripts").mkdir()
    (checkout / "scripts" / "solc.js").touch()
    assert ensure_solc(checkout).resolve() == (checkout / "scripts" / "solc.js").resolve()


def test_ensure_solc_leaves_a_native_compiler_alone(checkout: Path) -> None:
    native = checkout / "build" / "solc" / "solc-v0.8.37"
    native.parent.mkdir(parents=True)
    native.write_text("native")
    assert ensure_solc(checkout).read_text() == "native"


def test_tool_environment_keeps_everything_in_build(checkout: Path) -> None:
    environment = tool_environment(checkout)
    assert environment["PATH"].startswith(str(checkout / "build" / "bin"))
    assert environment["APE_DATA_FOLDER"] == str(checkout / "build" / "ape")
    assert Path(environment["TMPDIR"]).is_dir()
