"""What must hold before the first transaction; each failure is one line with its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from statements.errors import ChainError, CircuitError, ConfigurationError
from verifier_gen.choices import Visibility
from verifier_gen.circuit import read_manifest
from verifier_gen.manifest import CircuitManifest, sha256_file
from veristake.contracts_tool.account_plan import AccountPlan
from veristake.contracts_tool.asset_checks import check_existing_parts
from veristake.contracts_tool.circuits import ChosenCircuits, open_circuits
from veristake.contracts_tool.deposit_step import check_deposits
from veristake.contracts_tool.home_record import read_home
from veristake.contracts_tool.plan import LOCAL_CHAIN_IDS, AbroadPlan, HomePlan, Plan
from veristake.contracts_tool.precompiles import check_calls, check_layout, check_precompiles

if TYPE_CHECKING:
    from web3 import Web3


def preflight(plan: Plan, web3: Web3, project: Path) -> ChosenCircuits:
    """Everything that can be known before the first transaction, cheapest first.

    Args:
        plan: what is to be deployed.
        web3: connection to the chain.
        project: folder of the Solidity project, whose generated verifier is to be deployed.

    Returns:
        The circuits.

    Raises:
        CircuitError: no manifest, a `dev` SRS off a local chain, no canary there, or a verifier of another build.
        ConfigurationError: mocks, well-known keys, roles in one hand, features that do not fit, or no record of a home.
        ChainError: another chain, or one without the precompiles.
    """
    manifest = read_manifest(plan.circuit)
    check_callable_by_the_feed(manifest)
    check_chain_id(web3, plan.chain_id)
    check_local_only_parts(plan, manifest)
    check_roles(plan)
    if isinstance(plan, AbroadPlan):
        read_home(plan)
    else:
        check_deposits(plan, web3, local=plan.chain_id in LOCAL_CHAIN_IDS)
    # every file: what is registered on-chain is the hash of files that were looked at, not of a manifest's word
    circuits = open_circuits(plan)
    for circuit in (circuits.served, circuits.canary):
        if circuit is not None:
            check_calls(check_verifier_source(project, circuit.manifest), manifest.chain_layout)
    check_feature_scale(plan, manifest)
    check_layout(plan.chain_id, manifest.chain_layout)
    check_precompiles(web3, manifest.chain_layout)
    check_existing_parts(plan, web3)
    return circuits


def check_callable_by_the_feed(manifest: CircuitManifest) -> None:
    """Refuse a circuit that RiskFeed cannot ask: it hands a verifier all inputs and outputs as instances.

    Raises:
        CircuitError: inputs or outputs are no instances, or the weights are not fixed.
    """
    for group, visibility in (("inputs", manifest.input_visibility), ("outputs", manifest.output_visibility)):
        if visibility is not Visibility.PUBLIC:
            raise CircuitError(
                f"circuit {manifest.name} has {visibility} {group}, the feed rebuilds public ones",
                remedy="Build it with public inputs and outputs, or call its verifier from a contract of your own",
            )
    if manifest.param_visibility is not Visibility.FIXED:
        raise CircuitError(
            f"circuit {manifest.name} has {manifest.param_visibility} weights, the feed wants fixed ones",
            remedy="Build it with fixed weights, or call its verifier from a contract of your own",
        )


def check_chain_id(web3: Web3, expected: int) -> None:
    """Refuse another chain than the plan's.

    Raises:
        ChainError: it is another one.
    """
    actual = web3.eth.chain_id
    if actual != expected:
        raise ChainError(
            f"chain_id is {actual}, the plan says {expected}",
            remedy="Give the URL of the right node, or the plan of this chain",
        )


def check_local_only_parts(plan: Plan, manifest: CircuitManifest) -> None:
    """Refuse on a public chain what is safe on a developer's node only.

    Raises:
        CircuitError: the circuit's SRS has a known trapdoor.
        ConfigurationError: mocks, or a key that everybody knows.
    """
    if plan.chain_id in LOCAL_CHAIN_IDS:
        return
    if manifest.dev_srs:
        raise CircuitError(
            f"circuit {manifest.name} is built on a dev SRS, for which anybody can forge proofs, "
            f"and chain {plan.chain_id} is not local",
            remedy="Build the circuit on an SRS from a ceremony",
        )
    check_account_is_private(plan.account, plan.chain_id)
    mocks = [symbol for symbol, asset in plan.assets.items() if asset.mock] if isinstance(plan, HomePlan) else []
    if mocks:
        raise ConfigurationError(
            f"assets {', '.join(mocks)} are mocks; chain {plan.chain_id} is not local",
            remedy="Give assets.<symbol>.existing",
        )


def check_account_is_private(account: AccountPlan, chain_id: int) -> None:
    """Refuse a well-known key on a public chain.

    Raises:
        ConfigurationError: everybody could take over.
    """
    if account.test_index is not None and chain_id not in LOCAL_CHAIN_IDS:
        raise ConfigurationError(
            f"account.test_index: everybody knows this key; chain {chain_id} is not local",
            remedy="Give account.alias or account.keystore",
        )


def check_roles(plan: Plan) -> None:
    """Refuse on a public chain that one key holds every power, or that a version serves without notice.

    Raises:
        ConfigurationError: a role is not named, two are one account, or versions need not wait.
    """
    if plan.chain_id in LOCAL_CHAIN_IDS:
        return
    holders = {"admin": plan.admin, "proposer": plan.proposer, "guardian": plan.guardian}
    missing = [role for role, holder in holders.items() if holder is None]
    if missing:
        raise ConfigurationError(
            f"{', '.join(missing)} not named; chain {plan.chain_id} is not local",
            remedy="Give admin, proposer and guardian, three accounts",
        )
    if len(set(holders.values())) != len(holders):
        raise ConfigurationError(
            f"admin, proposer and guardian are not three accounts; chain {plan.chain_id} is not local",
            remedy="Give each role an account of its own",
        )
    if plan.activation_delay == 0:
        raise ConfigurationError(
            f"activation_delay is 0; chain {plan.chain_id} is not local",
            remedy="Give the seconds in which everybody can look at a proposed circuit",
        )


def check_admin_is_another(plan: Plan, deployer: str) -> None:
    """Refuse to hand over to the account that gives everything up.

    Raises:
        ConfigurationError: the named admin is the deployer.
    """
    if plan.admin is not None and plan.admin == deployer:
        raise ConfigurationError(
            f"admin {plan.admin} is the deploying account, which renounces",
            remedy="Leave admin out, or name another account",
        )


def check_verifier_source(project: Path, manifest: CircuitManifest) -> str:
    """Refuse a generated verifier that is not the one of this circuit.

    Returns:
        Its Solidity.

    Raises:
        CircuitError: it is missing or stale.
    """
    path = project / "contracts" / "generated" / f"{manifest.verifier_contract}.sol"
    remedy = f"Build the circuit again: veristake circuit build ({manifest.name})"
    if not path.is_file():
        raise CircuitError(f"generated verifier {path} is missing", remedy=remedy)
    actual = sha256_file(path)
    if actual != manifest.verifier_source_hash:
        raise CircuitError(
            f"generated verifier {path} is stale: sha256 {actual[:18]}…, "
            f"the circuit's manifest says {manifest.verifier_source_hash[:18]}…",
            remedy=remedy,
        )
    return path.read_text("utf-8")


def check_feature_scale(plan: Plan, manifest: CircuitManifest) -> None:
    """Refuse features at another scale than the circuit's inputs.

    Raises:
        ConfigurationError: the plan names a scale, and it is another one.
    """
    if not isinstance(plan, HomePlan) or "input_scale_bits" not in plan.features.model_fields_set:
        return
    given, needed = plan.features.input_scale_bits, manifest.layout.input_scale_bits
    if given != needed:
        raise ConfigurationError(
            f"features.input_scale_bits is {given}, circuit {manifest.name} has {needed}",
            remedy="Leave the field out: it is taken from the circuit",
        )


def check_funds(web3: Web3, address: str) -> None:
    """Refuse an account without funds.

    Raises:
        ChainError: its balance is zero.
    """
    if web3.eth.get_balance(web3.to_checksum_address(address)) == 0:
        raise ChainError(f"account {address} has no funds", remedy="Send it some of the chain's coin, or name another")
