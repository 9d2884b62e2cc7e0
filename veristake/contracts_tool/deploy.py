"""Checks, deploys as a plan says, compares the result with the plan, and records it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statements.deployment import DeployedModel, Deployment, ProposedModel
from statements.errors import ChainError
from verifier_gen.manifest import CircuitManifest
from veristake.contracts_tool.accounts import open_account
from veristake.contracts_tool.artifacts import Artifacts
from veristake.contracts_tool.checks import check_admin_is_another, check_funds, preflight
from veristake.contracts_tool.compile import compiled_project
from veristake.contracts_tool.deployer import Deployer, Progress
from veristake.contracts_tool.deposit_step import recorded_deposits
from veristake.contracts_tool.environment import prepare_ape
from veristake.contracts_tool.expected import Facts, expected_access, expected_settings
from veristake.contracts_tool.plan import LOCAL_CHAIN_IDS, AbroadPlan, HomePlan, Plan
from veristake.contracts_tool.record import deployed_contract, write_deployment
from veristake.contracts_tool.resume import open_journal
from veristake.contracts_tool.sender import Patience, Sender
from veristake.contracts_tool.session import connected
from veristake.contracts_tool.stages import Deployed, deploy_contracts
from veristake.contracts_tool.verify import differences
from veristake.contracts_tool.versions import read_version

if TYPE_CHECKING:
    from web3 import Web3

_LOCAL_POLL, _PUBLIC_POLL = 0.01, 2.0


def deploy_to(plan: Plan, rpc_url: str, root: Path, output: Path, progress: Progress = lambda _: None) -> Path:
    """Check, compile, deploy and record.

    Args:
        plan: what to deploy.
        rpc_url: node of the chain.
        root: folder of the Solidity project.
        output: folder for the deployment's JSON and its journal.
        progress: told of each step.

    Returns:
        The file written.

    Raises:
        VeristakeError: a check failed (nothing was sent) or a transaction did (the same call goes on from there).
    """
    prepare_ape(root)
    with connected(rpc_url) as provider:
        return deploy_connected(plan, provider, root, output, progress)


def deploy_connected(plan: Plan, provider: Any, root: Path, output: Path, progress: Progress = lambda _: None) -> Path:
    """As :func:`deploy_to`, over a connection that Ape has already made."""
    web3: Web3 = provider.web3
    circuits = preflight(plan, web3, root)
    deployer = _deployer(plan, provider, root, output, progress, dry=False)
    check_funds(web3, deployer.sender.address)
    deployed = deploy_contracts(deployer, plan, circuits)
    last = deployer.sender.last_block()
    _confirm(web3, last, plan, progress)
    deployment = _recorded(deployer, plan, circuits.manifest, deployed)
    found = differences(deployment, web3)
    if found:
        raise ChainError(
            f"what stands on the chain is not what the plan says: {'; '.join(str(each) for each in found)}",
            remedy="Another deployment is there: give the plan another salt",
        )
    path = write_deployment(deployment, output)
    deployer.sender.finish()
    return path


def dry_run(plan: Plan, rpc_url: str, root: Path, output: Path, progress: Progress) -> dict[str, dict[str, str]]:
    """What a deployment would do: checks everything but the account's funds, sends nothing and writes nothing.

    Returns:
        By contract, its address and whether it is there already.

    Raises:
        VeristakeError: a check failed.
    """
    prepare_ape(root)
    with connected(rpc_url) as provider:
        circuits = preflight(plan, provider.web3, root)
        deployer = _deployer(plan, provider, root, output, progress, dry=True)
        deployed = deploy_contracts(deployer, plan, circuits)
        return {
            name: {
                "address": contract.address,
                "state": "there already" if deployer.code(contract.address) else "to be deployed",
            }
            for name, contract in deployed.contracts.items()
        }


def _deployer(plan: Plan, provider: Any, root: Path, output: Path, progress: Progress, *, dry: bool) -> Deployer:
    web3: Web3 = provider.web3
    account = open_account(plan.account)
    check_admin_is_another(plan, account.address)
    artifacts = Artifacts(compiled_project(root, progress))
    journal = open_journal(output, plan, account.address, web3)
    poll = _LOCAL_POLL if plan.chain_id in LOCAL_CHAIN_IDS else _PUBLIC_POLL
    patience = Patience(timeout=plan.transactions.timeout, poll=poll)
    sender = Sender(provider, account, journal, plan.transactions.gas_price_cap, patience)
    deployer = Deployer(artifacts, sender, web3, plan.salt, progress, dry=dry)
    deployer.check_factory()
    deployer.check_salt_is_free(has_mocks=isinstance(plan, HomePlan) and plan.has_mocks)
    return deployer


def _confirm(web3: Web3, last: int, plan: Plan, progress: Progress) -> None:
    """Wait for blocks on top of the last transaction."""
    wanted = last + plan.transactions.confirmations
    deadline = time.monotonic() + plan.transactions.timeout
    if web3.eth.block_number < wanted:
        progress(f"waiting for block {wanted}")
    while web3.eth.block_number < wanted:
        if time.monotonic() > deadline:
            raise ChainError(
                f"block {wanted} has not come after {plan.transactions.timeout:.0f} s",
                remedy="Run the same command again: it goes on where it stopped",
            )
        time.sleep(_PUBLIC_POLL)


def _recorded(deployer: Deployer, plan: Plan, manifest: CircuitManifest, deployed: Deployed) -> Deployment:
    addresses = {name: str(contract.address) for name, contract in deployed.contracts.items()}
    facts = Facts(
        plan=plan,
        addresses=addresses,
        deployer=deployer.sender.address,
        epoch_length=deployed.epoch_length,
        model_id=manifest.model_id,
        tokens={symbol: asset.token for symbol, asset in deployed.assets.items()},
    )
    version = read_version(deployed.contracts["VerifierRegistry"], manifest)
    if isinstance(version, ProposedModel):
        deployer.progress(f"version 1 can be activated from {version.ready_at} on: veristake contracts activate")
    return Deployment(
        chain_id=plan.chain_id,
        home_chain_id=deployed.home_chain_id,
        observer=deployed.observer,
        epoch_length=deployed.epoch_length,
        features_hash=deployed.features_hash,
        contracts={name: deployed_contract(deployer.web3, address) for name, address in addresses.items()},
        assets=deployed.assets,
        models={manifest.model_name: version} if isinstance(version, DeployedModel) else {},
        proposed={manifest.model_name: version} if isinstance(version, ProposedModel) else {},
        settings={**expected_settings(facts), **{name: dict(views) for name, views in deployed.settings.items()}},
        access=expected_access(facts),
        deposits=recorded_deposits(plan, facts.tokens) if isinstance(plan, HomePlan) else None,
        attesters=plan.attesters if isinstance(plan, AbroadPlan) else None,
        from_block=deployer.sender.first_block(),
    )
