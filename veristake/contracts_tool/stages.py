"""Everything that one chain needs, in order; contracts that are there already are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from statements.deployment import DeployedAsset, ScoreLimits
from verifier_gen.manifest import CircuitManifest
from veristake.contracts_tool.authority import GUARDIAN_ROLE, PROPOSER_ROLE, Configuration
from veristake.contracts_tool.canary_step import deploy_canary
from veristake.contracts_tool.circuits import ChosenCircuits
from veristake.contracts_tool.consumer_adapters import deploy_consumer_adapters
from veristake.contracts_tool.deployer import Contract, Deployer
from veristake.contracts_tool.expected import ADAPTER, EXIT_RISK, OUTPUT_NAMES, STAKING_DURATION, adapter_name
from veristake.contracts_tool.home import ObservedAsset, deploy_home_side
from veristake.contracts_tool.home_record import read_home
from veristake.contracts_tool.plan import AbroadPlan, HomePlan, Plan
from veristake.contracts_tool.verifier_step import deploy_verifier
from veristake.contracts_tool.versions import activate_version, is_proposed, propose_version


@dataclass(frozen=True)
class _Source:
    """Where the feed reads inputs, and what it knows of the home chain."""

    home_chain_id: int
    observer: str
    epoch_length: int
    features_hash: str
    contract: Contract
    contracts: dict[str, Contract]
    assets: dict[str, ObservedAsset]


@dataclass(frozen=True)
class Deployed:
    """What stands on the chain, or would.

    Attributes:
        home_chain_id: chain whose state is observed.
        observer: AssetObserver on that chain.
        epoch_length: seconds.
        features_hash: digest of the feature parameters.
        contracts: by name.
        settings: by contract, what views have to answer beyond what follows from the plan alone.
        assets: by symbol.
    """

    home_chain_id: int
    observer: str
    epoch_length: int
    features_hash: str
    contracts: dict[str, Contract]
    settings: Mapping[str, Mapping[str, str]]
    assets: dict[str, DeployedAsset]


def deploy_contracts(deployer: Deployer, plan: Plan, circuits: ChosenCircuits) -> Deployed:
    """Deploy and configure what a plan says.

    Raises:
        ChainError: a transaction failed.
        ConfigurationError: the plan's home is no home chain.
    """
    sender, manifest = deployer.sender.address, circuits.manifest
    authority = deployer.create("Authority", sender)
    configuration = Configuration(authority)
    # the sender proposes the first version, whoever proposes later ones
    configuration.grant(PROPOSER_ROLE, sender)
    configuration.grant(GUARDIAN_ROLE, plan.guardian or sender)
    if isinstance(plan, HomePlan):
        source = _home_source(deployer, plan, authority, configuration, manifest)
    else:
        source = _abroad_source(deployer, plan, authority, manifest)

    verifier = deploy_verifier(deployer, circuits.served)
    registry = deployer.create("VerifierRegistry", authority.address, plan.activation_delay, source.epoch_length)
    propose_version(configuration, registry, manifest, verifier, source.features_hash)
    if plan.activation_delay == 0:
        activate_version(deployer, configuration, registry, manifest, source.epoch_length)
    canary = deploy_canary(deployer, configuration, registry, circuits.canary.manifest if circuits.canary else None)

    feed = deployer.create("RiskFeed", source.contract.address, registry.address, plan.maximum_age)
    lending = deployer.create("SampleLendingProtocol", authority.address, source.epoch_length)
    adapters = _adapters(deployer, manifest, feed.address, source.assets)
    extra = deploy_consumer_adapters(deployer, plan.adapters, feed, registry, manifest.model_id)
    limits = ScoreLimits(heartbeat=source.epoch_length, maximum_age=plan.maximum_age)
    assets = {
        symbol: _deployed_asset(symbol, asset, adapters, limits, plan.base_loan_to_value_bps)
        for symbol, asset in source.assets.items()
    }
    for asset in assets.values():
        configuration.execute(lending, "listAsset", asset.token, asset.exit_risk_feed, plan.base_loan_to_value_bps)
    _give_up_roles(configuration, plan, sender)
    configuration.send(deployer, done=lambda: is_proposed(registry, manifest))
    contracts = {
        "AccessManager": authority,
        **source.contracts,
        **verifier.contracts,
        "VerifierRegistry": registry,
        **canary.contracts,
        "RiskFeed": feed,
        "SampleLendingProtocol": lending,
        **adapters,
        **extra.contracts,
    }
    return Deployed(
        home_chain_id=source.home_chain_id,
        observer=source.observer,
        epoch_length=source.epoch_length,
        features_hash=source.features_hash,
        contracts=contracts,
        settings={**canary.settings, **extra.settings},
        assets=assets,
    )


def _give_up_roles(configuration: Configuration, plan: Plan, sender: str) -> None:
    """The last calls: whoever the plan names takes over from the sender."""
    if plan.proposer is not None and plan.proposer != sender:
        configuration.name_another(PROPOSER_ROLE, plan.proposer)
        configuration.renounce(PROPOSER_ROLE, sender)
    if plan.grant_delay:
        configuration.delay_grants(plan.grant_delay)
    if plan.admin is not None:
        configuration.hand_over(plan.admin, plan.admin_delay, sender)


def _home_source(
    deployer: Deployer,
    plan: HomePlan,
    authority: Contract,
    configuration: Configuration,
    manifest: CircuitManifest,
) -> _Source:
    side = deploy_home_side(deployer, plan, authority, configuration, manifest.layout.input_scale_bits)
    return _Source(
        home_chain_id=plan.chain_id,
        observer=side.observer.address,
        epoch_length=plan.epoch_length,
        features_hash=side.features_hash,
        contract=side.observer,
        contracts={"OmronDeposit": side.deposit, "AssetObserver": side.observer, **side.around},
        assets=side.assets,
    )


def _abroad_source(deployer: Deployer, plan: AbroadPlan, authority: Contract, manifest: CircuitManifest) -> _Source:
    home = read_home(plan)
    inputs = deployer.create(
        "AttestedInputs",
        authority.address,
        home.chain_id,
        home.observer,
        home.epoch_length,
        manifest.layout.input_count,
        list(plan.attesters),
        plan.threshold,
        plan.attester_delay,
    )
    return _Source(
        home_chain_id=home.chain_id,
        observer=home.observer,
        epoch_length=home.epoch_length,
        features_hash=home.features_hash,
        contract=inputs,
        contracts={"AttestedInputs": inputs},
        assets={symbol: ObservedAsset(asset.token) for symbol, asset in home.assets.items()},
    )


def _adapters(
    deployer: Deployer, manifest: CircuitManifest, feed: str, assets: dict[str, ObservedAsset]
) -> dict[str, Contract]:
    return {
        adapter_name(symbol, output): deployer.create(ADAPTER, feed, manifest.model_id, asset.token, output)
        for symbol, asset in assets.items()
        for output in OUTPUT_NAMES
    }


def _deployed_asset(
    symbol: str, asset: ObservedAsset, adapters: dict[str, Contract], limits: ScoreLimits, base_loan_to_value_bps: int
) -> DeployedAsset:
    return DeployedAsset(
        token=asset.token,
        rate_provider=asset.rate_provider,
        price_feed=asset.price_feed,
        exit_risk_feed=adapters[adapter_name(symbol, EXIT_RISK)].address,
        staking_duration_feed=adapters[adapter_name(symbol, STAKING_DURATION)].address,
        observed=asset.observed,
        limits=limits,
        base_loan_to_value_bps=base_loan_to_value_bps,
    )
