"""A subnet on a Bittensor chain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from bittensor import Substrate
from bittensor.client import Client
from bittensor.intents import ServeAxon
from bittensor.signing import KeyedWallet

from neurons.network.axon import Axon, axon_of
from neurons.network.chain_client import WRITE_SECONDS, ChainClient
from neurons.network.chain_weights import (
    Wanted,
    plan_weights,
    read_basis,
    read_reveal_round,
    read_rules,
    submit_weights,
)
from neurons.network.commitments import commit_sha256, committed_sha256
from neurons.network.errors import NetworkError, NetworkUnreachableError, NotRegisteredError
from neurons.network.metagraph import read_graph
from neurons.network.progress import LAGGING_SECONDS, Progress
from neurons.network.protocol import Neuron, Role, WeightBasis, WeightRules, WeightsReceipt, neuron_of
from neurons.network.settings import BittensorNetworkSettings
from statements.errors import ConfigurationError

_log = structlog.get_logger(__name__)

STALE_SECONDS = 900.0
"""How old a list of neurons may be while the node does not answer; 75 blocks, a fifth of an epoch."""


@dataclass(frozen=True)
class Seen:
    """The subnet as it was read.

    Attributes:
        neurons: by uid.
        block: at which it was read.
        at: the clock's time when the node gave a block that high first, in seconds.
    """

    neurons: tuple[Neuron, ...]
    block: int
    at: float


class BittensorNetwork:
    """The subnet of the settings, with this process's own hotkey.

    The chain knows no roles, and none is read from the validator permit: anybody could expel a miner by staking on it.

    Args:
        settings: chain and subnet.
        wallet: its hotkey signs; the coldkey is never asked for.
        substrate: chain in memory, for tests.
        clock: monotonic time in seconds.
    """

    def __init__(
        self,
        settings: BittensorNetworkSettings,
        wallet: KeyedWallet,
        *,
        substrate: Substrate | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.client = ChainClient(settings.endpoint, substrate=substrate)
        self._wallet = wallet
        self._clock = clock
        self._reading = threading.Lock()
        self._progress = Progress(clock)
        self._seen: Seen | None = None
        self._tried_at = float("-inf")

    def neurons(self) -> tuple[Neuron, ...]:
        """All neurons by uid, as of ``refresh_seconds`` ago at most; older while the node gives no newer block.

        Raises:
            NetworkError: the node does not answer or stands still, and has done so for a quarter of an hour.
        """
        return self.seen().neurons

    def seen(self) -> Seen:
        """The neurons with the block at which they were read.

        Raises:
            NetworkError: as for ``neurons``.
        """
        if not self._reading.acquire(blocking=self._seen is None) and self._seen is not None:
            # another thread is reading: nobody waits for that who can do without
            return self._usable(self._seen, self._clock())
        try:
            now = self._clock()
            # after a failure the next attempt waits as long, so that callers do not queue up behind a dead node
            if self._seen is not None and now - self._tried_at < self.settings.refresh_seconds:
                return self._usable(self._seen, now)
            try:
                self._seen = self._read()
            except NetworkUnreachableError as error:
                now = self._clock()
                if self._seen is None:
                    raise
                _log.warning("network_stale", seconds=round(now - self._seen.at), reason=error.message)
                return self._usable(self._seen, now)
            finally:
                # after the reading: one that takes longer than a refresh is not begun again at once
                self._tried_at = self._clock()
            return self._usable(self._seen, self._clock())
        finally:
            self._reading.release()

    def register(self, hotkey: str, role: Role, *, stake: float = 0.0) -> Neuron:  # noqa: ARG002 - the chain knows it
        """The entry of the own hotkey; entering it costs TAO and is a command of its own.

        Raises:
            NotRegisteredError: it has no uid.
            NetworkError: the node does not answer.
        """
        neuron = self._own(hotkey)
        if role is Role.VALIDATOR and not neuron.validator_permit:
            _log.warning("no_validator_permit", uid=neuron.uid, stake=neuron.stake)
        return neuron

    def serve(self, hotkey: str, endpoint: str) -> Neuron:
        """Announce the URL, unless the chain has it already: each announcement starts the subnet's rate limit anew.

        Raises:
            ConfigurationError: the chain cannot hold the URL, or nobody could reach it.
            RateLimitedError: the endpoint was changed too short a time ago.
            NetworkError: another refusal, or the node does not answer.
        """
        axon = axon_of(endpoint, local=self.settings.is_local)
        self.forget()
        neuron = self._own(hotkey)
        if neuron.endpoint == axon.url:
            return neuron
        intent = self._intent(axon)

        async def announce(client: Client) -> None:
            (await client.execute(intent, self._wallet, retries=1)).raise_for_failure()

        self.client.ask(f"announcing {axon.url}", announce, seconds=WRITE_SECONDS)
        _log.info("endpoint_announced", endpoint=axon.url, netuid=self.settings.netuid)
        self.forget()
        return neuron.model_copy(update={"endpoint": axon.url})

    def plan_serve(self, endpoint: str) -> tuple[str, ...]:
        """What announcing a URL would do and cost; nothing is signed.

        Raises:
            ConfigurationError: the chain cannot hold the URL, or nobody could reach it.
            NetworkError: the node does not answer.
        """
        intent = self._intent(axon_of(endpoint, local=self.settings.is_local))
        plan = self.client.ask("planning the announcement", lambda client: client.plan(intent, self._wallet))
        return (*plan.effects, f"fee {plan.fee}", *plan.warnings)

    def head_time(self) -> float:
        """Unix time of the node's newest block, in seconds.

        Raises:
            NetworkError: the node does not answer.
        """
        return self.client.ask("reading the newest block", lambda client: client.timestamp()).timestamp()

    def weight_rules(self, hotkey: str) -> WeightRules:
        """What the subnet asks of weights at the newest block.

        Raises:
            NotRegisteredError: the hotkey has no uid.
            NetworkError: the node does not answer.
        """
        rules = self._rules(hotkey)
        if rules is None:
            raise self._unregistered(hotkey)
        return rules

    def weight_basis(self, hotkey: str) -> WeightBasis:
        """Rules and metagraph, asked of the node now and as of one block; there is no other source for weights.

        Raises:
            NotRegisteredError: the hotkey has no uid.
            NetworkUnreachableError: the node does not answer both, or its chain stands still.
            NetworkError: its answer cannot be read.
        """
        basis = self._basis(hotkey)
        if basis is None:
            raise self._unregistered(hotkey)
        age = self._progress.age(basis.rules.block)
        if age >= LAGGING_SECONDS:
            raise NetworkUnreachableError(
                f"network.endpoint has given no newer block than {basis.rules.block} for {age:.0f} s; weights wait",
                remedy="Let the node catch up, or use another one.",
            )
        return basis

    def set_weights(
        self,
        hotkey: str,
        weights: Mapping[int, float],
        *,
        holders: Mapping[int, str],
        version_key: int,
        dry_run: bool,
    ) -> WeightsReceipt:
        """Set weights, in the clear or committed as the subnet wants it; the SDK fits them to its rules.

        Who holds the uids is read once more, right before signing.

        Raises:
            NetworkUnreachableError: the node does not answer. Whether weights were set then shows in ``weight_rules``.
            NetworkError: the SDK and the node do not fit together.
        """
        self._require_own(hotkey)
        netuid = self.settings.netuid
        wanted = Wanted(netuid, weights, holders, version_key)
        if not dry_run:
            return submit_weights(self.client, self._wallet, wanted)
        return plan_weights(self.client, self._wallet, wanted, hotkey=hotkey, basis=self._basis(hotkey))

    def reveal_round(self, hotkey: str, since_block: int) -> int | None:
        """The drand round of the first weights that are committed at or after a block and not revealed yet.

        Raises:
            NetworkError: the node does not answer.
        """
        netuid = self.settings.netuid
        return self.client.ask(
            "reading committed weights", lambda client: read_reveal_round(client, netuid, hotkey, since_block)
        )

    def commit(self, digest: bytes) -> None:
        """Put a SHA-256 on the chain in this hotkey's name, in the place of the one before.

        Raises:
            NetworkError: the chain refuses, or the node does not answer.
        """
        commit_sha256(self.client, self._wallet, self.settings.netuid, digest)

    def committed(self) -> dict[str, bytes]:
        """The newest SHA-256 that each hotkey has committed.

        Raises:
            NetworkError: the node does not answer.
        """
        return committed_sha256(self.client, self.settings.netuid)

    def forget(self) -> None:
        """Let the next question about neurons be answered by the node."""
        with self._reading:
            self._tried_at = float("-inf")

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def _rules(self, hotkey: str) -> WeightRules | None:
        netuid = self.settings.netuid
        return self.client.ask("reading the rules for weights", lambda client: read_rules(client, netuid, hotkey))

    def _basis(self, hotkey: str) -> WeightBasis | None:
        netuid, local = self.settings.netuid, self.settings.is_local
        return self.client.ask(
            "reading what weights are decided from", lambda client: read_basis(client, netuid, hotkey, local=local)
        )

    def _read(self) -> Seen:
        netuid, local = self.settings.netuid, self.settings.is_local
        graph = self.client.ask("reading the metagraph", lambda client: read_graph(client, netuid, local=local))
        age, now = self._progress.age(graph.block), self._clock()
        if age >= LAGGING_SECONDS:
            _log.warning("network_stale", seconds=round(age), reason=f"no newer block than {graph.block}")
        if self._seen is not None and graph.block < self._seen.block:
            # a node that has fallen back knows less than what it has told already
            return self._seen
        return Seen(graph.neurons, graph.block, now - age)

    def _usable(self, seen: Seen, now: float) -> Seen:
        if now - seen.at > STALE_SECONDS:
            raise NetworkUnreachableError(
                f"network.endpoint has given no newer block; the neurons were read {now - seen.at:.0f} s ago, at block"
                f" {seen.block}, which is too long",
                remedy="Check network.endpoint, and that the node is up and in sync. Start the neuron anew if its chain"
                " was.",
            )
        return seen

    def _intent(self, axon: Axon) -> ServeAxon:
        return ServeAxon(netuid=self.settings.netuid, ip=str(axon.ip), port=axon.port)

    def _own(self, hotkey: str) -> Neuron:
        self._require_own(hotkey)
        neuron = neuron_of(self.neurons(), hotkey)
        if neuron is None:
            raise self._unregistered(hotkey)
        return neuron

    def _require_own(self, hotkey: str) -> None:
        own = self._wallet.hotkey.ss58_address
        if hotkey != own:
            raise ConfigurationError(f"hotkey {hotkey} is not the wallet's, which is {own}", remedy="Correct [wallet].")

    def _unregistered(self, hotkey: str) -> NetworkError:
        return NotRegisteredError(
            f"hotkey {hotkey} is not registered in subnet {self.settings.netuid}",
            remedy="See what it costs: veristake miner register (or: veristake validator register) --config FILE.",
        )
