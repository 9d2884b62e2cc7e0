"""Options that the commands of miner and validator share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

_C = TypeVar("_C", bound=Callable[..., object])

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


def config_option(help_text: str) -> Callable[[_C], _C]:
    """The option ``--config`` of a command.

    Args:
        help_text: what the file is to this command.
    """
    return click.option(
        "--config", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help=help_text
    )


CONFIG = config_option("Settings file; `init` writes one that explains every field.")
