"""How a ``doctor`` command shows what it found."""

from __future__ import annotations

from collections.abc import Sequence

import click

from statements.finding import Finding, findings_json


def show_findings(context: click.Context, findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print findings, for people or as one JSON document; exit with 1 when something is wrong."""
    if as_json:
        click.echo(findings_json(findings))
    for finding in () if as_json else findings:
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'} {finding.name}: {finding.detail}")
        if finding.remedy:
            click.echo(f"     {finding.remedy}")
    if not all(finding.ok for finding in findings):
        context.exit(1)
