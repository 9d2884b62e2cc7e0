"""Putting the parts together from the settings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from relayer.acceptance import Acceptor, IntakeRules
from relayer.account import Account
from relayer.chain import Chain
from relayer.follower import Follower
from relayer.heads import HeadWatch
from relayer.intake import SourceReader
from relayer.keys import Signer, attestation_signer
from relayer.lease import lease_for
from relayer.observing import Keeper
from relayer.outbox.attempt_store import AttemptStore
from relayer.outbox.intake_store import IntakeStore
from relayer.outbox.job_store import JobStore
from relayer.outbox.keeper_store import KeeperStore
from relayer.outbox.outlays import OutlayReader
from relayer.planning import ContractAbis
from relayer.replacer import Replacer
from relayer.settings import ChainSettings, RelayerSettings
from relayer.signers import open_signer
from relayer.simulation import Simulator
from relayer.spending import SpendingGate
from relayer.submitter import Outbox, Submitter
from relayer.writer import JOBS_AT_ONCE, ChainWriter
from signed_http.client import SignedClient
from signed_http.wallets import HotkeyKeypair
from statements.abi import load_abi
from statements.abi.calldata import ErrorCatalogue
from statements.errors import ConfigurationError
from statements.subject import model_id
from verifier_gen.circuit import Circuit, open_circuit

CONTRACTS_WITH_ERRORS = ("RiskFeed", "AttestedInputs", "AssetObserver", "VerifierRegistry")
"""Contracts whose errors may bubble up through the calls that the relayer makes."""


@dataclass(frozen=True)
class ChainParts:
    """Everything of one chain.

    Attributes:
        chain: its endpoints.
        writer: works through its jobs.
        address: of the account that pays.
        heads: wakes the writer at new heads; None: it polls.
    """

    chain: Chain
    writer: ChainWriter
    address: str
    heads: HeadWatch | None = None


def open_circuits(settings: RelayerSettings) -> dict[str, Circuit]:
    """Circuits of the settings by id, files checked.

    Raises:
        CircuitError: a file is missing or is not the one that the manifest names.
        ConfigurationError: a model to relay has no circuit.
    """
    opened = [open_circuit(directory) for directory in settings.circuits]
    known = {circuit.manifest.model_name for circuit in opened}
    for name in settings.models:
        if name not in known:
            raise ConfigurationError(
                f"models names {name!r}, no circuit of the settings is of it",
                remedy=f"Known: {', '.join(sorted(known))}",
            )
    return {circuit.manifest.circuit_id: circuit for circuit in opened}


def intake_rules(settings: RelayerSettings, circuits: dict[str, Circuit]) -> IntakeRules:
    """What is taken from sources."""
    allowed = {model_id(name) for name in settings.models}
    return IntakeRules(
        circuits=circuits,
        model_ids=frozenset(allowed or {circuit.manifest.model_id for circuit in circuits.values()}),
        destinations=[chain.destination for chain in settings.chains],
        abis=ContractAbis(risk_feed=load_abi("RiskFeed"), attested_inputs=load_abi("AttestedInputs")),
        signer_of=attestation_signer,
    )


def build_chain(
    settings: ChainSettings,
    engine: Engine,
    signer: Signer | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> ChainParts:
    """Endpoints and writer of one chain.

    Args:
        settings: of the chain.
        engine: of the state.
        signer: pays; from the keystore when None.
        clock: Unix time, seconds.

    Raises:
        ConfigurationError: the keystore cannot be opened.
    """
    signer = signer or open_signer(settings)
    chain = Chain(settings)
    outbox = Outbox(
        JobStore(engine, chain_id=settings.chain_id, clock=clock),
        AttemptStore(engine, chain_id=settings.chain_id, signer=signer.address, clock=clock),
    )
    account = Account(chain, signer, settings.fee_limits, settings.data_fee)
    catalogue = ErrorCatalogue(load_abi(name) for name in CONTRACTS_WITH_ERRORS)
    gate = _spending_gate(settings, OutlayReader(engine, chain_id=settings.chain_id, signer=signer.address))
    turn = None if settings.turns is None else settings.turns.turn
    simulator = Simulator(chain, signer.address, catalogue)
    submitter = Submitter(chain, outbox, account, simulator, turn=turn, gate=gate, batches=settings.batch_rules)
    replacer = Replacer(chain, outbox.jobs, outbox.attempts, account, gate)
    follower = Follower(chain, outbox, replacer, settings.finality, settings.push_rules, simulator)
    lease = lease_for(engine, chain_id=settings.chain_id, signer=signer.address)
    at_once = JOBS_AT_ONCE if settings.batch_rules is None else max(JOBS_AT_ONCE, settings.batch_rules.jobs)
    writer = ChainWriter(
        chain,
        outbox,
        account,
        submitter,
        follower,
        lease,
        poll_seconds=settings.poll_seconds,
        jobs_at_once=at_once,
    )
    return ChainParts(chain=chain, writer=writer, address=signer.address, heads=_head_watch(settings, chain, writer))


def _head_watch(settings: ChainSettings, chain: Chain, writer: ChainWriter) -> HeadWatch | None:
    if settings.heads_endpoint is None:
        return None
    return HeadWatch(
        chain,
        settings.heads_endpoint,
        settings.chain_id,
        writer,
        name=settings.name,
        spacing_seconds=settings.poll_seconds,
        silence_seconds=settings.heads_silence_seconds,
    )


def _spending_gate(settings: ChainSettings, outlays: OutlayReader) -> SpendingGate:
    policy = settings.policy
    return SpendingGate(
        policy.spending,
        maximum_price_of=lambda asset: policy.of(asset).maximum_gas_price_wei,
        outlays_since=outlays.since,
        asset_of=outlays.asset_of,
    )


@dataclass(frozen=True)
class SourceParts:
    """Everything of one source.

    Attributes:
        client: asks it.
        reader: reads its feed.
    """

    client: SignedClient
    reader: SourceReader


def build_keepers(
    settings: RelayerSettings, engine: Engine, chains: Sequence[ChainParts], stop: asyncio.Event
) -> list[Coroutine[Any, Any, None]]:
    """The work of the keepers, for the chains that have one."""
    store = KeeperStore(engine)
    return [
        Keeper(parts.chain, chain, store, on_jobs=parts.writer.wake).run(stop)
        for chain, parts in zip(settings.chains, chains, strict=True)
        if chain.keeper is not None
    ]


def intake_store(settings: RelayerSettings, engine: Engine) -> IntakeStore:
    """Takes publications by the policies of the settings."""
    return IntakeStore(engine, policies={chain.chain_id: chain.policy for chain in settings.chains})


def build_sources(
    settings: RelayerSettings,
    keypair: HotkeyKeypair,
    acceptor: Acceptor,
) -> list[SourceParts]:
    """Clients and readers of all validators."""
    parts = []
    for source in settings.sources:
        client = SignedClient(keypair, source.url, source.hotkey)
        reader = SourceReader(
            source,
            client,
            acceptor,
            poll_seconds=settings.source_poll_seconds,
        )
        parts.append(SourceParts(client, reader))
    return parts
