"""OmronDeposit's side of a deployment: its claim manager and delay, then its tokens; the gateway from ETH."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from statements.deployment import DepositTerms, RecordedDeposits
from statements.errors import ConfigurationError
from veristake.contracts_tool.authority import Configuration
from veristake.contracts_tool.deployer import Contract, Deployer
from veristake.contracts_tool.deposit_plan import (
    LEAST_PUBLIC_DELAY,
    NO_CAP,
    ONCE,
    POINT_DECIMALS,
    GatewayPlan,
    restake_manager_of,
)

if TYPE_CHECKING:
    from web3 import Web3

    from veristake.contracts_tool.plan import HomePlan

CLAIM_MANAGER, GATEWAY, MOCK_RENZO = "ClaimManager", "RestakeGateway", "MockRenzoRestakeManager"
_DECIMALS_ABI = [
    {"type": "function", "name": "decimals", "inputs": [], "outputs": [{"type": "uint8"}], "stateMutability": "view"}
]


def check_deposits(plan: HomePlan, web3: Web3, *, local: bool) -> None:
    """Refuse before the first transaction what could not be undone, or would leave users without notice.

    Raises:
        ConfigurationError: a delay below a week or a mock off local chains, an unknown Renzo, other decimals.
    """
    gateway = plan.deposits.restake_gateway
    if not local and plan.claim_manager_delay < LEAST_PUBLIC_DELAY:
        raise ConfigurationError(
            f"claim_manager_delay is {plan.claim_manager_delay} s; chain {plan.chain_id} is not local",
            remedy=f"Give at least {LEAST_PUBLIC_DELAY}: it is the notice in which restakers can leave",
        )
    if gateway is not None and gateway.mock and not local:
        raise ConfigurationError(
            f"deposits.restake_gateway is a mock; chain {plan.chain_id} is not local",
            remedy="Give restake_manager, the address of Renzo's",
        )
    if gateway is not None and gateway.mock and not _is_mock_token(plan, gateway.asset):
        raise ConfigurationError(
            f"deposits.restake_gateway.mock would have to mint {gateway.asset}, which is no mock restaking token",
            remedy="Give assets.<symbol>.mock of the kind liquid_restaking_token, or Renzo's address",
        )
    if gateway is not None and not gateway.mock:
        restake_manager_of(gateway, plan.chain_id)
    for symbol, terms in plan.deposits.tokens.items():
        existing = plan.assets[symbol].existing
        found = POINT_DECIMALS if existing is None else _decimals(web3, existing.token)
        if found != terms.decimals:
            raise ConfigurationError(
                f"deposits.tokens.{symbol}.decimals is {terms.decimals}, the token says {found}",
                remedy="Correct the plan: how a token counts is set for ever when it is listed",
            )


def deploy_deposit_side(
    deployer: Deployer,
    plan: HomePlan,
    authority: Contract,
    configuration: Configuration,
    deposit: Contract,
    tokens: Mapping[str, str],
) -> dict[str, Contract]:
    """Deploy what stands around OmronDeposit, and collect the calls that open it.

    The claim manager is set while the delay is zero and no token is listed; then the delay is raised; only then are
    tokens listed. All of it is one transaction: no deposit is ever held while a claim manager could act at once.

    Args:
        deployer: who deploys.
        plan: what to deploy.
        authority: AccessManager that owns OmronDeposit.
        configuration: takes the calls.
        deposit: OmronDeposit, without tokens.
        tokens: address by symbol.

    Returns:
        The contracts made, by name.

    Raises:
        ChainError: a transaction failed.
    """
    made: dict[str, Contract] = {}
    if plan.deposits.claim_manager:
        made[CLAIM_MANAGER] = deployer.create(CLAIM_MANAGER, authority.address, deposit.address)
        configuration.execute(deposit, "setClaimManager", made[CLAIM_MANAGER].address)
    configuration.execute(deposit, "raiseClaimManagerDelay", plan.claim_manager_delay)
    if plan.deposits.season_multiplier != ONCE:
        configuration.execute(deposit, "startSeason", plan.deposits.season_multiplier)
    for symbol, token in tokens.items():
        terms = plan.deposits.tokens.get(symbol)
        if terms is None:
            configuration.execute(deposit, "addWhitelistedToken", token)
        else:
            caps = (terms.total_cap, terms.deposit_cap)
            configuration.execute(deposit, "addWeightedToken", token, terms.weight, *caps)
    if plan.deposits.restake_gateway is not None:
        made |= _gateway(deployer, plan.deposits.restake_gateway, plan.chain_id, deposit, tokens)
    return made


def recorded_deposits(plan: HomePlan, tokens: Mapping[str, str]) -> RecordedDeposits:
    """What the plan says of deposits, for ``contracts check``.

    Args:
        plan: what was asked for.
        tokens: address by symbol.
    """
    plain = DepositTerms(weight=ONCE, decimals=POINT_DECIMALS, total_cap=NO_CAP, deposit_cap=NO_CAP)
    named = {symbol: DepositTerms(**terms.model_dump()) for symbol, terms in plan.deposits.tokens.items()}
    return RecordedDeposits(
        season_multiplier=plan.deposits.season_multiplier,
        season=0 if plan.deposits.season_multiplier == ONCE else 1,
        tokens={token: named.get(symbol, plain) for symbol, token in tokens.items()},
    )


def deposit_settings(
    plan: HomePlan, addresses: Mapping[str, str], tokens: Mapping[str, str], no_address: str
) -> dict[str, dict[str, object]]:
    """By contract, what views without arguments have to answer.

    Args:
        plan: what was asked for.
        addresses: by contract; all of them.
        tokens: address by symbol.
        no_address: the zero address.
    """
    manager, deposit = addresses["AccessManager"], addresses["OmronDeposit"]
    tables: dict[str, dict[str, object]] = {
        "OmronDeposit": {
            "owner": manager,
            "pendingOwner": no_address,
            "claimManager": addresses.get(CLAIM_MANAGER, no_address),
            "claimManagerDelay": plan.claim_manager_delay,
        }
    }
    if CLAIM_MANAGER in addresses:
        tables[CLAIM_MANAGER] = {"authority": manager, "DEPOSIT": deposit}
    gateway = plan.deposits.restake_gateway
    if gateway is not None:
        renzo = addresses.get(f"{MOCK_RENZO}:{gateway.asset}") or restake_manager_of(gateway, plan.chain_id)
        tables[GATEWAY] = {"RESTAKE_MANAGER": renzo, "EZETH": tokens[gateway.asset], "DEPOSIT": deposit}
    return tables


def _gateway(
    deployer: Deployer, plan: GatewayPlan, chain_id: int, deposit: Contract, tokens: Mapping[str, str]
) -> dict[str, Contract]:
    if not plan.mock:
        return {GATEWAY: deployer.create(GATEWAY, restake_manager_of(plan, chain_id), deposit.address)}
    token = deployer.at("MockLiquidRestakingToken", tokens[plan.asset])
    renzo = deployer.create_owned(MOCK_RENZO, plan.asset, token.address)
    deployer.send(
        f"letting {MOCK_RENZO} mint {plan.asset}",
        token,
        "setMinter",
        renzo.address,
        done=lambda: str(token.functions.minter().call()) == str(renzo.address),
    )
    return {f"{MOCK_RENZO}:{plan.asset}": renzo, GATEWAY: deployer.create(GATEWAY, renzo.address, deposit.address)}


def _is_mock_token(plan: HomePlan, symbol: str) -> bool:
    mock = plan.assets[symbol].mock
    return mock is not None and mock.kind == "liquid_restaking_token"


def _decimals(web3: Web3, token: str) -> int | None:
    from web3.exceptions import BadFunctionCallOutput, ContractLogicError

    contract = web3.eth.contract(web3.to_checksum_address(token), abi=_DECIMALS_ABI)
    try:
        return int(contract.functions.decimals().call())
    except (BadFunctionCallOutput, ContractLogicError):
        return None
