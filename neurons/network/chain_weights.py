"""Weights on a Bittensor chain: the subnet's rules, and a setting of weights under them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bittensor import storage
from bittensor.client import Client
from bittensor.error_map import ErrorCode
from bittensor.intents import SetWeights
from bittensor.result import ChainError, ExtrinsicResult
from bittensor.signing import KeyedWallet
from bittensor.snapshot import Snapshot

from neurons.network.chain_client import WRITE_SECONDS, ChainClient
from neurons.network.chain_errors import network_error, weights_refusal
from neurons.network.metagraph import read_graph
from neurons.network.protocol import WeightBasis, WeightRules, WeightsReceipt, WeightsRefusal, neuron_of
from neurons.network.weights import Refused, check_holders, shares

_PERIOD_BLOCKS = 8
"""How long a signed extrinsic is good. The SDK's 128 blocks would let weights whose answer was lost land long after the
validator, which waits for 10 blocks from the end of the call, has taken them for lost and decided others."""
_RETRIES = 2
"""Submissions after one that the pool turned away for a reason that passes, such as a nonce taken meanwhile."""


@dataclass(frozen=True)
class Wanted:
    """Weights that a validator wants to set.

    Attributes:
        netuid: the subnet.
        weights: by uid.
        holders: by uid, the hotkey for which the weight is meant.
        version_key: of the validator's rules.
    """

    netuid: int
    weights: Mapping[int, float]
    holders: Mapping[int, str]
    version_key: int

    def intent(self) -> SetWeights:
        """What the SDK signs.

        Raises:
            Refused: no network would take such weights.
        """
        shares(self.weights, known=self.weights, at_least=1)
        return SetWeights(
            netuid=self.netuid, uids=[*self.weights], weights=[*self.weights.values()], version_key=self.version_key
        )

    async def check(self, client: Client) -> None:
        """Ask the node who holds the uids at its newest block.

        Raises:
            Refused: not those for whom the weights are meant.
        """
        view = await client.at()
        keys = await view.query_batch(storage.SubtensorModule.Keys, [[self.netuid, uid] for uid in self.weights])
        present = dict(zip(self.weights, map(str, keys), strict=True))
        check_holders(self.weights, meant=self.holders, present=present)


async def read_basis(client: Client, netuid: int, hotkey: str, *, local: bool) -> WeightBasis | None:
    """The rules for a hotkey's weights and the neurons, all as of one block; None when it is not registered.

    Raises:
        NotFoundError: the chain has no such subnet.
    """
    view = await client.at()
    rules, graph = await asyncio.gather(read_rules(view, netuid, hotkey), read_graph(view, netuid, local=local))
    return None if rules is None else WeightBasis(rules=rules, neurons=graph.neurons)


async def read_rules(client: Client | Snapshot, netuid: int, hotkey: str) -> WeightRules | None:
    """The rules for a hotkey's weights, all as of one block; None when it is not registered."""
    view = await client.at()
    items = storage.SubtensorModule
    uid, updates, rate_limit, tempo, since_epoch, at_least, commit_reveal, version_key = await asyncio.gather(
        view.query(items.Uids, [netuid, hotkey]),
        view.query(items.LastUpdate, [netuid]),
        view.query(items.WeightsSetRateLimit, [netuid]),
        view.query(items.Tempo, [netuid]),
        view.query(items.BlocksSinceLastStep, [netuid]),
        view.query(items.MinAllowedWeights, [netuid]),
        view.query(items.CommitRevealWeightsEnabled, [netuid]),
        view.query(items.WeightsVersionKey, [netuid]),
    )
    if uid is None:
        return None
    last = int(updates[uid]) if updates and uid < len(updates) else 0
    return WeightRules(
        block=view.block,
        # the chain holds 0 for never; registering a hotkey counts as an update
        last_update_block=last or None,
        rate_limit_blocks=int(rate_limit or 0),
        tempo_blocks=max(1, int(tempo or 0)),
        blocks_since_epoch=int(since_epoch or 0),
        min_allowed_weights=int(at_least or 0),
        commit_reveal=bool(commit_reveal),
        version_key=int(version_key or 0),
        block_seconds=await view.block_time(),
    )


async def read_reveal_round(client: Client, netuid: int, hotkey: str, since_block: int) -> int | None:
    """The drand round of a hotkey's first commit at or after a block; None where none is hidden any more."""
    by_epoch = await client.weights.timelocked_weight_commits(netuid=netuid)
    rounds = {
        commit["commit_block"]: int(commit["reveal_round"])
        for commits in by_epoch.values()
        for commit in commits
        if commit["hotkey"] == hotkey and commit["commit_block"] >= since_block
    }
    return rounds[min(rounds)] if rounds else None


def submit_weights(client: ChainClient, wallet: KeyedWallet, wanted: Wanted) -> WeightsReceipt:
    """Sign and submit weights, and wait until they are final.

    Raises:
        NetworkError: the node does not answer, or does not fit the SDK.
    """

    async def submit(connected: Client) -> ExtrinsicResult | ChainError:
        await wanted.check(connected)
        try:
            result = await connected.execute(intent, wallet, period=_PERIOD_BLOCKS, retries=_RETRIES)
        except ChainError as error:
            # what the SDK finds out before it signs
            return error
        return result if result.success else result.error or ChainError(result.message)

    try:
        intent = wanted.intent()
        outcome = client.ask("setting weights", submit, seconds=WRITE_SECONDS)
    except Refused as refused:
        return refused.receipt(dry_run=False)
    if isinstance(outcome, ChainError):
        return _refused(outcome, dry_run=False)
    return _accepted(len(wanted.weights), outcome.data.get("reveal_round"), dry_run=False)


def plan_weights(
    client: ChainClient, wallet: KeyedWallet, wanted: Wanted, *, hotkey: str, basis: WeightBasis | None
) -> WeightsReceipt:
    """What would become of weights; nothing is signed.

    Args:
        client: asks the node.
        wallet: the validator's.
        wanted: the weights.
        hotkey: the validator.
        basis: the subnet as it is now; None when the validator has no entry.

    Raises:
        NetworkError: the node does not answer, or does not fit the SDK.
    """

    async def plan(connected: Client) -> int | ChainError | None:
        await wanted.check(connected)
        try:
            planned = await connected.plan(intent, wallet)
        except ChainError as error:
            return error
        reveal_round: int | None = planned.extras.get("reveal_round")
        return reveal_round

    try:
        intent = wanted.intent()
        _check_what_only_the_chain_checks(hotkey, basis, wanted.version_key)
        outcome = client.ask("planning weights", plan)
    except Refused as refused:
        return refused.receipt(dry_run=True)
    if isinstance(outcome, ChainError):
        return _refused(outcome, dry_run=True)
    return _accepted(len(wanted.weights), outcome, dry_run=True)


def _check_what_only_the_chain_checks(hotkey: str, basis: WeightBasis | None, version_key: int) -> None:
    neuron = None if basis is None else neuron_of(basis.neurons, hotkey)
    if basis is None or neuron is None:
        raise Refused(WeightsRefusal.NOT_REGISTERED, "the hotkey is not registered in the subnet")
    if not neuron.validator_permit:
        raise Refused(WeightsRefusal.NO_VALIDATOR_PERMIT, f"uid {neuron.uid} has no validator permit")
    if version_key < basis.rules.version_key:
        raise Refused(
            WeightsRefusal.OLD_VERSION_KEY, f"version key {version_key}, the subnet takes {basis.rules.version_key} on"
        )


def _accepted(count: int, reveal_round: int | None, *, dry_run: bool) -> WeightsReceipt:
    how = "in the clear" if reveal_round is None else f"committed, to be revealed at drand round {reveal_round}"
    detail = f"weights of {count} neurons {'would be ' if dry_run else ''}{how}"
    return WeightsReceipt(accepted=True, detail=detail, reveal_round=reveal_round, dry_run=dry_run)


def _refused(error: ChainError, *, dry_run: bool) -> WeightsReceipt:
    refusal = weights_refusal(error)
    if error.name is None and error.code is ErrorCode.INVALID_ARGUMENT:
        # the one thing of this code that the SDK finds out by itself: too few are left after it has rounded them
        refusal = WeightsRefusal.TOO_FEW_WEIGHTS
    detail = str(network_error("setting weights", error))
    return WeightsReceipt(accepted=False, detail=detail, dry_run=dry_run, refusal=refusal)
