"""Commands that look at a validator's state: why a score is what it is, and what was said on the network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neurons.command_options import JSON, config_option
from statements.errors import ConfigurationError

if TYPE_CHECKING:
    from neurons.network import Neuron
    from neurons.validator.settings import ValidatorSettings
    from neurons.validator.store import ValidatorStore

_CONFIG = config_option("Settings file of the validator.")
_limit = click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="Most to show.")


@click.command("explain")
@click.argument("miner", metavar="UID|HOTKEY")
@_CONFIG
@_limit
@JSON
def explain_command(miner: str, config: Path, limit: int, as_json: bool) -> None:
    """Tell in words why a miner's score is what it is.

    For each change: what was asked, what was measured, and the formula with its figures. Then the latest requests,
    those that cost nothing among them. Reads the validator's own state, running or not.
    """
    from neurons.validator.explain import explain

    with _opened(config) as (settings, store):
        neurons = _neurons(settings)
        explanation = explain(store, neurons, _hotkey(miner, neurons), limit, settings.competitions)
    click.echo(explanation.model_dump_json() if as_json else "\n".join(explanation.lines()))


@click.group("weights")
def weights_group() -> None:
    """Weights: what this validator says on the network about each miner."""


@weights_group.command("show")
@_CONFIG
@_limit
@JSON
def weights_show(config: Path, limit: int, as_json: bool) -> None:
    """Show the weights that were decided, and what came of them.

    Then those that the present scores would give, and whether they are due.
    """
    from neurons.opening import open_hotkey, open_network
    from neurons.validator.awards import with_awards
    from neurons.validator.prizes import prizes_of
    from neurons.validator.weights import normalised, plan_weights
    from neurons.validator.weights_history import after_history, any_pending
    from neurons.validator.weights_store import WeightsStore

    with _opened(config) as (settings, store):
        network, hotkey = open_network(settings), open_hotkey(settings.wallet).ss58_address
        journal = WeightsStore(store.engine)
        decisions = journal.latest(limit)
        basis = network.weight_basis(hotkey)
        prizes = prizes_of(settings.competitions, store.engine)
        weights, awards = with_awards(normalised(store.score_by_hotkey(), basis.neurons), prizes, basis.neurons)
        policy, dry_run = settings.weights.policy, settings.weights.dry_run
        plan = plan_weights(basis.rules, policy, weights, awards)
        pending = any_pending(journal.open(), basis.rules)
        plan = after_history(plan, journal.latest(), basis.rules, policy, pending=pending, dry_run=dry_run)
    if as_json:
        decided = [decision.model_dump(mode="json") for decision in decisions]
        parts = [award.model_dump(mode="json") for award in plan.awards]
        shown = {"timing": plan.timing, "weights": plan.weights, "awards": parts, "decisions": decided}
        click.echo(json.dumps(shown))
        return
    shares = ", ".join(f"uid {uid}: {share:.2%}" for uid, share in sorted(plan.weights.items()))
    click.echo(f"now         {shares or 'no miner has a score'} ({plan.timing})")
    for award in plan.awards:
        click.echo(f"            {award.line()}")
    for decision in decisions:
        shares = ", ".join(f"uid {uid}: {share:.2%}" for uid, share in sorted(decision.weights.items()))
        dry = ", dry run" if decision.dry_run else ""
        reveal = "" if decision.reveal_round is None else f", readable from drand round {decision.reveal_round}"
        click.echo(f"block {decision.block}  {decision.state}{dry}{reveal}: {shares}  {decision.detail}".rstrip())
        for award in decision.awards or ():
            click.echo(f"            {award.line()}")


@contextmanager
def _opened(config: Path) -> Iterator[tuple[ValidatorSettings, ValidatorStore]]:
    from daemon.state import place_of
    from neurons.settings import load_settings
    from neurons.validator.migrate import open_existing
    from neurons.validator.settings import ValidatorSettings
    from neurons.validator.store import ValidatorStore

    settings = load_settings(ValidatorSettings, config)
    engine = open_existing(settings.state_url)
    if engine is None:
        raise ConfigurationError(
            f"no state yet at {place_of(settings.state_url)}", remedy="Start `veristake validator run` once."
        )
    store = ValidatorStore(engine, "")
    try:
        yield settings, store
    finally:
        store.close()


def _neurons(settings: ValidatorSettings) -> tuple[Neuron, ...]:
    from neurons.opening import open_network

    return open_network(settings).neurons()


def _hotkey(miner: str, neurons: tuple[Neuron, ...]) -> str:
    if not miner.isdigit():
        return miner
    found = next((neuron.hotkey for neuron in neurons if neuron.uid == int(miner)), None)
    if found is None:
        raise ConfigurationError(f"no neuron has uid {miner}", remedy="Give a uid that `scores` or `status` shows.")
    return found
