"""What the user sees: stages with their time, and the tables at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.status import Status
from rich.table import Table

from veristake.demo.result import AttackResult, LoanResult, ScoreResult
from veristake.demo.settings_files import Corridor


class Stages:
    """Names each stage as it begins and remembers how long it took.

    Args:
        console: where to tell.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}
        self._status: Status | None = None

    @contextmanager
    def stage(self, name: str, title: str) -> Iterator[None]:
        """One stage: ``name`` is the key in the result, ``title`` is what the user reads."""
        self.console.print(f"[bold]== {title}")
        started = time.monotonic()
        with self.console.status("") as self._status:
            yield
        self.seconds[name] = round(time.monotonic() - started, 2)
        self.console.print(f"   done in {self.seconds[name]:.1f} s", style="dim")

    def step(self, text: str) -> None:
        """A step within a stage, to stay on the screen."""
        self.console.print(f"   {text}")

    def detail(self, text: str) -> None:
        """What goes on at the moment; shown on a terminal's last line only."""
        if self._status is not None:
            self._status.update(f"   {text}")


def score_table(scores: tuple[ScoreResult, ...], loans: tuple[LoanResult, ...]) -> Table:
    """Asset by chain, with what the sample lending protocol makes of it."""
    table = Table(title=f"Verified scores, epoch {scores[0].epoch}", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("asset", "chain", "duration", "exit risk", "lends", "gas", "transaction", "prove", "land"):
        table.add_column(heading, justify="left" if heading in ("asset", "transaction") else "right")
    lent = {(loan.asset, loan.chain_id): loan.loan_to_value_bps for loan in loans}
    for score in scores:
        table.add_row(
            score.asset,
            str(score.chain_id),
            f"{score.staking_duration_seconds / 86400:.2f} d",
            f"{score.exit_risk:.2%}",
            f"{lent[score.asset, score.chain_id] / 100:.2f} %",
            f"{score.gas:,}",
            f"{score.transaction[:8]}…",
            f"{score.prove_seconds:.1f} s",
            f"{score.land_seconds:.1f} s",
        )
    return table


def attack_table(attacks: tuple[AttackResult, ...]) -> Table:
    """Each attack with the error that refused it."""
    table = Table(title="Attacks, each beside the honest call", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("attack", "chain", "refused with", "honest call", "verdict"):
        table.add_column(heading)
    for attack in attacks:
        table.add_row(
            attack.name,
            str(attack.chain_id),
            attack.observed.split("(")[0] or "nothing",
            "succeeded" if attack.unaltered_succeeded else "FAILED",
            "[green]rejected" if attack.rejected else "[red]NOT REJECTED",
        )
    return table


def feed_lines(corridor: Corridor) -> list[str]:
    """One line per feed with which its latest round can be read by hand."""
    signature = '"latestRoundData()(uint80,int256,uint256,uint256,uint80)"'
    lines = []
    for chain, deployment in (
        (corridor.home, corridor.home_deployment),
        (corridor.abroad, corridor.abroad_deployment),
    ):
        for symbol, asset in deployment.assets.items():
            for what, feed in (("exit risk", asset.exit_risk_feed), ("duration", asset.staking_duration_feed)):
                lines.append(f"cast call {feed} {signature} --rpc-url {chain.url}  # {symbol} {what}, {chain.chain_id}")
    return lines
