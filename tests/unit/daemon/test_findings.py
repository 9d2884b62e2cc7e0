"""What a doctor command prints."""

import json

import click
from click.testing import CliRunner, Result

from daemon.findings import show_findings
from statements.finding import Finding


def report(findings: list[Finding], *, as_json: bool) -> Result:
    """What ``show_findings`` prints, and the exit code that it leaves with."""

    @click.command()
    @click.pass_context
    def command(ctx: click.Context) -> None:
        show_findings(ctx, findings, as_json=as_json)

    return CliRunner().invoke(command)


def test_show_findings_failed_finding_ends_with_code_1_and_prints_once() -> None:
    findings = [Finding("wallet", True, "fine"), Finding("chain", False, "gone", "Start it.")]
    told = report(findings, as_json=False)
    assert (told.exit_code, told.output) == (1, "ok   wallet: fine\nFAIL chain: gone\n     Start it.\n")
    machine = report(findings, as_json=True)
    assert machine.exit_code == 1
    assert json.loads(machine.output)["checks"][1] == {
        "name": "chain",
        "ok": False,
        "detail": "gone",
        "remedy": "Start it.",
    }
    assert report(findings[:1], as_json=False).exit_code == 0
