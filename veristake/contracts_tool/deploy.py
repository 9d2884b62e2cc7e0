"""Deploys everything on one chain, as a plan says, and records it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statements.deployment import DeployedAsset, DeployedModel, Deployment
from statements.errors import ConfigurationError
from verifier_gen.manifest import CircuitManifest
from veristake.contracts_tool.authority import GUARDIAN_ROLE, PROPOSER_ROLE, Configuration
from veristake.contracts_tool.checks import check_admin_is_another, check_funds, preflight
from veristake.contracts_tool.compile import compiled_project
from veristake.contracts_tool.environment import prepare_ape
from veristake.contracts_tool.home import ObservedAsset, deploy_home_side
from veristake.contracts_tool.plan import AbroadPlan, HomePlan, Plan
from veristake.contracts_tool.record import deployed_contract, read_deployment, write_deployment
from veristake.contracts_tool.session import Contract, Deployer, Progress, connected, open_account
from veristake.contracts_tool.versions import activate_version, propose_version

_STAKING_DURATION, _EXIT_RISK = 0, 1


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


def deploy_to(plan: Plan, rpc_url: str, root: Path, output: Path, progress: Progress = lambda _: None) -> Path:
    """Check, compile, deploy and record.

    Args:
        plan: what to deploy.
        rpc_url: node of the chain.
        root: folder of the Solidity project.
        output: folder for the deployment's JSON.
        progress: told of each step.

    Returns:
        The file written.

    Raises:
        VeristakeError: a check failed (nothing was sent) or a transaction did (nothing is recorded).
    """
    prepare_ape(root)
    with connected(rpc_url) as provider:
        return deploy_connected(plan, provider, root, output, progress)


def deploy_connected(plan: Plan, provider: Any, root: Path, output: Path, progress: Progress = lambda _: None) -> Path:
    """As :func:`deploy_to`, over a connection that Ape has already made."""
    web3 = provider.web3
    manifest = preflight(plan, web3, root)
    account = open_account(plan.account)
    check_admin_is_another(plan, account.address)
    check_funds(web3, account.address)
    deployer = Deployer(compiled_project(root, progress), account, web3, progress)
    return write_deployment(_deploy(deployer, plan, manifest), output)


def _deploy(deployer: Deployer, plan: Plan, manifest: CircuitManifest) -> Deployment:
    sender = deployer.account.address
    authority = deployer.create("Authority", sender)
    configuration = Configuration(authority)
    # the sender proposes the first version, whoever proposes later ones
    configuration.grant(PROPOSER_ROLE, "proposer", sender)
    configuration.grant(GUARDIAN_ROLE, "guardian", plan.guardian or sender)
    if isinstance(plan, HomePlan):
        source = _home_source(deployer, plan, authority, configuration, manifest)
    else:
        source = _abroad_source(deployer, plan, authority, manifest)

    verifier = deployer.create(manifest.verifier_contract)
    registry = deployer.create("VerifierRegistry", authority.address, plan.activation_delay, source.epoch_length)
    propose_version(deployer, configuration, registry, manifest, verifier, source.features_hash)
    models: dict[str, DeployedModel] = {}
    if plan.activation_delay == 0:
        models = activate_version(deployer, configuration, registry, manifest, source.epoch_length)
    else:
        deployer.progress(f"the proposer can activate version 1 in {plan.activation_delay} s")

    feed = deployer.create("RiskFeed", source.contract.address, registry.address, plan.maximum_age)
    lending = deployer.create("SampleLendingProtocol", authority.address)
    assets = {symbol: _adapters(deployer, manifest, feed.address, asset) for symbol, asset in source.assets.items()}
    for asset in assets.values():
        configuration.execute(lending.listAsset, asset.token, asset.exit_risk_feed, plan.base_loan_to_value_bps)
    _give_up_roles(configuration, plan, sender)
    configuration.send(deployer)

    contracts = {
        "AccessManager": authority,
        **source.contracts,
        manifest.verifier_contract: verifier,
        "VerifierRegistry": registry,
        "RiskFeed": feed,
        "SampleLendingProtocol": lending,
    }
    return Deployment(
        chain_id=plan.chain_id,
        home_chain_id=source.home_chain_id,
        observer=source.observer,
        epoch_length=source.epoch_length,
        features_hash=source.features_hash,
        contracts={name: deployed_contract(deployer.web3, made.address) for name, made in contracts.items()},
        assets=assets,
        models=models,
    )


def _give_up_roles(configuration: Configuration, plan: Plan, sender: str) -> None:
    """The last calls: whoever the plan names takes over from the sender."""
    if plan.proposer is not None and plan.proposer != sender:
        configuration.name_another(PROPOSER_ROLE, plan.proposer)
        configuration.renounce(PROPOSER_ROLE, sender)
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
        contracts={"OmronDeposit": side.deposit, "AssetObserver": side.observer},
        assets=side.assets,
    )


def _abroad_source(deployer: Deployer, plan: AbroadPlan, authority: Contract, manifest: CircuitManifest) -> _Source:
    home = read_deployment(plan.home)
    if not home.is_home or home.chain_id == plan.chain_id:
        raise ConfigurationError(
            f"home {plan.home} is of chain {home.chain_id}, which is not another chain's home",
            remedy="Give the deployment of the chain whose tokens are observed",
        )
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
        assets={symbol: ObservedAsset(asset.token, None, None) for symbol, asset in home.assets.items()},
    )


def _adapters(deployer: Deployer, manifest: CircuitManifest, feed: str, asset: ObservedAsset) -> DeployedAsset:
    def adapter(output: int) -> str:
        made = deployer.create("RiskFeedAggregator", feed, manifest.model_id, asset.token, output)
        return str(made.address)

    return DeployedAsset(
        token=asset.token,
        rate_provider=asset.rate_provider,
        price_feed=asset.price_feed,
        exit_risk_feed=adapter(_EXIT_RISK),
        staking_duration_feed=adapter(_STAKING_DURATION),
    )
