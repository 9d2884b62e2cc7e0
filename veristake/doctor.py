"""``veristake doctor``: what this machine has, and what to do about what it lacks."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click

from daemon.findings import show_findings
from statements.errors import ConfigurationError, VeristakeError
from statements.finding import Finding
from verifier_gen.circuit import EZKL_VERSION, open_circuit
from veristake.project import Project, find_project
from veristake.toolchain import ensure_solc, find_tool

_GIBIBYTE = 1 << 30
_MINIMUM_MEMORY = 2 * _GIBIBYTE
"""The demo's largest moment: a proof of the staking circuit beside two chains and three programs."""
_MINIMUM_DISK = 2 * _GIBIBYTE
_TOOL_SECONDS = 30


def examine(project: Project | None) -> list[Finding]:
    """Look at everything that the demo and the tests need.

    Args:
        project: the checkout; without one only what the roles of an installed package need is looked at.
    """
    findings = [_python(), _ezkl(), _memory()]
    if project is None:
        detail = "none here; contracts, demo and tests need one"
        return [*findings, Finding("checkout", True, detail)]
    checks: list[Callable[[Project], Finding]] = [_node, _anvil, _solc, _disk, _circuit]
    return findings + [check(project) for check in checks]


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", (3, 11) <= sys.version_info < (3, 13), version, "Use Python 3.11 or 3.12")


def _ezkl() -> Finding:
    try:
        found = importlib.metadata.version("ezkl")
    except importlib.metadata.PackageNotFoundError:
        return Finding("ezkl", False, "not installed", "pip install 'veristake[circuit]'")
    return Finding("ezkl", found == EZKL_VERSION, found, f"pip install ezkl=={EZKL_VERSION}")


def _node(_: Project) -> Finding:
    node = shutil.which("node")
    if node is None:
        return Finding("node", False, "not installed", "Install Node 20 or later")
    version = _answer([node, "--version"])
    major = version.removeprefix("v").split(".")[0]
    return Finding("node", major.isdigit() and int(major) >= 20, version, "Install Node 20 or later")


def _anvil(project: Project) -> Finding:
    try:
        return _runs("anvil", [str(find_tool("anvil", project.root)), "--version"])
    except VeristakeError as error:
        return Finding("anvil", False, error.message, error.remedy)


def _solc(project: Project) -> Finding:
    try:
        return _runs("solc", [str(ensure_solc(project.root)), "--version"])
    except VeristakeError as error:
        return Finding("solc", False, error.message, error.remedy)


def _runs(name: str, command: list[str]) -> Finding:
    answer = _answer(command)
    return Finding(name, bool(answer), answer or "does not run", "Run 'make setup' in the checkout")


def _answer(command: list[str]) -> str:
    """Last line that a tool prints; empty when it does not run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TOOL_SECONDS, check=True)  # noqa: S603 - our own tools
    except (OSError, subprocess.SubprocessError):
        return ""
    lines = done.stdout.strip().splitlines()
    return next((line for line in lines if "ersion" in line), lines[-1] if lines else "")


def _memory() -> Finding:
    lines = Path("/proc/meminfo").read_text("utf-8").splitlines()
    available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    return Finding(
        "memory", available >= _MINIMUM_MEMORY, f"{available / _GIBIBYTE:.1f} GiB available", "Free 2 GiB of memory"
    )


def _disk(project: Project) -> Finding:
    free = shutil.disk_usage(project.root).free
    return Finding("disk", free >= _MINIMUM_DISK, f"{free / _GIBIBYTE:.1f} GiB free", "Free 2 GiB of disk")


def _circuit(project: Project) -> Finding:
    directory = project.circuits / "staking"
    if not directory.exists():
        return Finding("circuit", True, "not built yet; the demo builds it")
    try:
        manifest = open_circuit(directory, with_proving_key=True).manifest
    except VeristakeError as error:
        return Finding("circuit", False, error.message, error.remedy)
    return Finding("circuit", True, f"staking {manifest.circuit_id[:18]}…, all files match")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check that this machine has what the demo and the tests need.

    Each role has a doctor of its own for its settings: 'veristake miner doctor' and so on.
    """
    try:
        project: Project | None = find_project()
    except ConfigurationError:
        project = None
    findings = examine(project)
    show_findings(ctx, findings, as_json=as_json)
