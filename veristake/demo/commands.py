"""``veristake demo``."""

from __future__ import annotations

import signal
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from statements.errors import ConfigurationError
from veristake.demo.market_source import MINIMUM_EPOCHS, MarketChoice
from veristake.demo.processes import ProcessGroup, only_one_demo
from veristake.demo.run import Demo, Ports
from veristake.demo.show import Stages, attack_table, feed_lines, score_table
from veristake.project import find_project

_PORT = click.IntRange(0, 65535)


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


@click.command()
@click.option("--epochs", default=MINIMUM_EPOCHS, show_default=True, help="Hours of market to play.")
@click.option("--seed", default=7, show_default=True, help="Seed of the simulated market.")
@click.option(
    "--replay",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV with real history: columns timestamp, rate, price and, if known, supply.",
)
@click.option("--replay-asset", default="weETH", show_default=True, help="Asset that the CSV is about.")
@click.option("--columns", default="", help="Other column names in the CSV, such as rate=protocol_rate,price=market.")
@click.option("--keep", is_flag=True, help="Leave everything running and print the URLs, until Ctrl-C.")
@click.option("--home-port", type=_PORT, default=0, help="Port of chain 31337; 0 takes a free one.")
@click.option("--abroad-port", type=_PORT, default=0, help="Port of chain 31338; 0 takes a free one.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_context
def demo(
    ctx: click.Context,
    epochs: int,
    seed: int,
    replay: Path | None,
    replay_asset: str,
    columns: str,
    keep: bool,
    home_port: int,
    abroad_port: int,
    as_json: bool,
) -> None:
    """The whole corridor on two local chains, for real.

    Restakers deposit, each epoch is observed on-chain, a miner proves the model's run with EZKL, a validator checks
    and publishes, a relayer lands the proofs on both chains, a sample protocol lends by the score. Then the demo
    attacks itself. The result is also in build/demo/result.json.
    """
    if home_port and home_port == abroad_port:
        raise ConfigurationError(f"both chains would listen on port {home_port}", remedy="Give two different ports")
    project = find_project()
    for number in (signal.SIGTERM, signal.SIGHUP):
        # a closed terminal stops everything as Ctrl-C does
        signal.signal(number, _stop)
    console = Console(stderr=True, highlight=False)
    choice = MarketChoice(epochs=epochs, seed=seed, replay=replay, replay_asset=replay_asset, columns=columns)
    with only_one_demo(project.build), ProcessGroup(project.build / "demo" / "logs") as processes:
        stages = Stages(console)
        # whatever a library prints, standard output is for the result
        with redirect_stdout(sys.stderr):
            result, corridor = Demo(project, choice, processes, stages, Ports(home_port, abroad_port)).run()
        if as_json:
            click.echo(result.model_dump_json(indent=1))
        else:
            out = Console(highlight=False)
            out.print(score_table(result.scores, result.loans))
            out.print(attack_table(result.attacks))
            out.print(f"All of it is in {project.build / 'demo' / 'result.json'}")
        if not all(attack.rejected for attack in result.attacks):
            click.echo("error: an attack was not rejected; this is a bug worth reporting", err=True)
            ctx.exit(1)
        if keep:
            _keep(console, processes, result.endpoints, feed_lines(corridor))


def _keep(console: Console, processes: ProcessGroup, endpoints: dict[str, str], lines: list[str]) -> None:
    console.print("[bold]Everything keeps running until Ctrl-C")
    for name, url in endpoints.items():
        console.print(f"   {name}: {url}")
    for line in lines:
        console.print(line, soft_wrap=True)
    while True:
        processes.require_alive()
        signal.sigtimedwait([], 1)
