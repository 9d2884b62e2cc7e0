"""What lint compares with committed figures and files: each comparison must see a difference."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).resolve().parents[3]


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PROJECT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SNAPSHOT = _script("gas_snapshot")
KIT = _script("export_kit")
COMMITTED = {
    "gas": {"read": 9_000},
    "bytes": {"RiskFeed": 8_000},
    "branch_coverage_percent": 96.0,
    "deposit_branch_coverage_percent": 99.0,
}


def _now(**changes: object) -> dict[str, object]:
    return {**COMMITTED, **changes}


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (_now(gas={"read": 9_001}), "gas read: 9001"),
        (_now(gas={}), "gas read: None"),
        (_now(gas={"read": 9_000, "more": 1}), "gas more: 1"),
        (_now(bytes={"RiskFeed": 8_001}), "bytes RiskFeed: 8001"),
        (_now(branch_coverage_percent=94.9), "contracts/feed and contracts/verification: 94.9 % of"),
        (_now(branch_coverage_percent=95.9), "contracts/feed and contracts/verification: 95.9 % of"),
        (_now(deposit_branch_coverage_percent=98.9), "contracts/deposit: 98.9 % of branches, committed is 99.0 %"),
    ],
)
def test_worsened_any_worse_figure_is_named(now: dict[str, object], words: str) -> None:
    complaints = SNAPSHOT.worsened(COMMITTED, now)
    assert len(complaints) == 1
    assert complaints[0].startswith(words)


def test_worsened_equal_or_better_is_silent() -> None:
    assert SNAPSHOT.worsened(COMMITTED, COMMITTED) == []
    assert SNAPSHOT.worsened(COMMITTED, _now(gas={"read": 1}, branch_coverage_percent=99.0)) == []


def test_worsened_coverage_below_the_limit_is_named_though_committed() -> None:
    low = {**COMMITTED, "branch_coverage_percent": 94.99}
    (complaint,) = SNAPSHOT.worsened(low, low)
    assert complaint.endswith("94.99 % of branches, at least 95.0 % is required")
    enough = {**COMMITTED, "branch_coverage_percent": 95.0}
    assert SNAPSHOT.worsened(enough, enough) == []


def test_worsened_contract_beyond_the_limit_is_named() -> None:
    large = {"RiskFeed": 24_577}
    assert "exceeds 24576" in SNAPSHOT.worsened({**COMMITTED, "bytes": large}, _now(bytes=large))[0]


def test_differences_changed_missing_and_extra_files_are_named(tmp_path: Path) -> None:
    files = {"abi/A.json": "[]\n", "interfaces/B.sol": "interface B {}\n"}
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi" / "A.json").write_text("[1]\n", "utf-8")
    (tmp_path / "abi" / "Old.json").write_text("[]\n", "utf-8")
    assert KIT.differences(files, tmp_path) == ["abi/A.json", "abi/Old.json", "interfaces/B.sol"]


def test_kit_sources_equal_those_of_the_contracts() -> None:
    for path in KIT.SOURCES:
        assert (PROJECT / "consumer-kit" / path).read_text("utf-8") == (PROJECT / "contracts" / path).read_text("utf-8")
