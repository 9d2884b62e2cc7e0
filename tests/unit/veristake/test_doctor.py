"""The doctor's findings on a machine that lacks things."""

import importlib.metadata
import shutil
from pathlib import Path

import pytest

from veristake import doctor
from veristake.doctor import examine
from veristake.project import Project


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    return Project(tmp_path)


def test_examine_bare_machine_each_lack_has_a_remedy(empty: Project, monkeypatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    findings = {finding.name: finding for finding in examine(empty)}
    for name in ("ezkl", "node", "anvil", "solc"):
        assert not findings[name].ok
        assert findings[name].remedy
    assert findings["circuit"].detail == "not built yet; the demo builds it"


def test_examine_other_ezkl_is_refused(empty: Project, monkeypatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "22.0.1")
    finding = next(f for f in examine(empty) if f.name == "ezkl")
    assert (finding.ok, finding.remedy) == (False, "pip install ezkl==23.0.5")


def test_examine_broken_circuit_is_named(empty: Project) -> None:
    (empty.circuits / "staking").mkdir(parents=True)
    finding = next(f for f in examine(empty) if f.name == "circuit")
    assert not finding.ok
    assert "has no circuit.json" in finding.detail


def test_answer_tool_that_does_not_run_is_empty() -> None:
    assert doctor._answer(["/no/such/tool"]) == ""
    assert doctor._answer(["false"]) == ""
    assert doctor._answer(["true"]) == ""


def test_examine_outside_a_checkout_looks_at_what_roles_need() -> None:
    assert [finding.name for finding in examine(None)] == ["python", "ezkl", "memory", "checkout"]
