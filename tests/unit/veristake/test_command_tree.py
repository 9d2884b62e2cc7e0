"""Every command of every role: help that a newcomer understands, and JSON for scripts."""

from collections.abc import Iterator

import click
import pytest

from veristake.cli import cli

SPEAKS_IN_LOGS = {"miner run", "validator run", "relayer run"}
"""They print nothing but logs, which are JSON lines."""


def commands(group: click.Group = cli, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        full = f"{path} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, full)
        else:
            yield full, command


TREE = dict(commands())


def options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


@pytest.mark.parametrize("name", TREE)
def test_command_says_what_it_does_and_what_each_option_means(name: str) -> None:
    command = TREE[name]
    assert command.help
    assert all(option.help for option in options(command))


@pytest.mark.parametrize("name", [name for name in TREE if name not in SPEAKS_IN_LOGS])
def test_command_prints_json_for_scripts(name: str) -> None:
    assert "--json" in {spelling for option in options(TREE[name]) for spelling in option.opts}
