"""What a deployment has to look like on its chain, from the plan: pointers, delays, roles; recorded, checked later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from statements.deployment import Access
from veristake.contracts_tool.authority import ADMIN_ROLE, GUARDIAN_ROLE, PROPOSER_ROLE
from veristake.contracts_tool.deposit_step import deposit_settings
from veristake.contracts_tool.plan import AbroadPlan, HomePlan, Plan
from veristake.contracts_tool.versions import PROPOSER_FUNCTIONS

NO_ADDRESS = "0x" + "00" * 20
ADAPTER = "RiskFeedAggregator"
STAKING_DURATION, EXIT_RISK = 0, 1
OUTPUT_NAMES = {EXIT_RISK: "exit_risk", STAKING_DURATION: "staking_duration"}


class Facts(NamedTuple):
    """What pointers and delays follow from.

    Attributes:
        plan: what was asked for.
        addresses: by contract; all of them.
        deployer: who sent the transactions.
        epoch_length: seconds.
        model_id: of the model that the adapters read.
        tokens: by symbol.
    """

    plan: Plan
    addresses: Mapping[str, str]
    deployer: str
    epoch_length: int
    model_id: str
    tokens: Mapping[str, str]


def adapter_name(symbol: str, output: int) -> str:
    """Name of an adapter among the deployment's contracts."""
    return f"{ADAPTER}:{symbol}:{OUTPUT_NAMES[output]}"


def expected_settings(facts: Facts) -> dict[str, dict[str, str]]:
    """By contract, what its views without arguments have to answer."""
    plan, addresses = facts.plan, facts.addresses
    manager = addresses["AccessManager"]
    tables: dict[str, dict[str, object]] = {
        "VerifierRegistry": {
            "authority": manager,
            "ACTIVATION_DELAY": plan.activation_delay,
            "EPOCH_LENGTH": facts.epoch_length,
        },
        "RiskFeed": {
            "SOURCE": addresses["AssetObserver" if isinstance(plan, HomePlan) else "AttestedInputs"],
            "REGISTRY": addresses["VerifierRegistry"],
            "MAXIMUM_AGE": plan.maximum_age,
        },
        "SampleLendingProtocol": {"authority": manager, "EPOCH_LENGTH": facts.epoch_length},
        **(_home_tables(plan, addresses, facts.tokens) if isinstance(plan, HomePlan) else _abroad_tables(plan, facts)),
    }
    for symbol, token in facts.tokens.items():
        for output in OUTPUT_NAMES:
            tables[adapter_name(symbol, output)] = {
                "FEED": addresses["RiskFeed"],
                "MODEL_ID": facts.model_id,
                "ASSET": token,
                "OUTPUT": output,
            }
    return {name: {view: str(value) for view, value in table.items()} for name, table in tables.items()}


def _home_tables(
    plan: HomePlan, addresses: Mapping[str, str], tokens: Mapping[str, str]
) -> dict[str, dict[str, object]]:
    manager = addresses["AccessManager"]
    return {
        **deposit_settings(plan, addresses, tokens, NO_ADDRESS),
        "AssetObserver": {
            "authority": manager,
            "DEPOSIT": addresses["OmronDeposit"],
            "EPOCH_LENGTH": plan.epoch_length,
            "CONFIG_DELAY_EPOCHS": plan.config_delay_epochs,
            "SEQUENCER_FEED": plan.sequencer_feed or NO_ADDRESS,
        },
    }


def _abroad_tables(plan: AbroadPlan, facts: Facts) -> dict[str, dict[str, object]]:
    return {
        "AttestedInputs": {
            "authority": facts.addresses["AccessManager"],
            "EPOCH_LENGTH": facts.epoch_length,
            "ATTESTER_DELAY": plan.attester_delay,
            "threshold": plan.threshold,
            "stopped": False,
        }
    }


def expected_access(facts: Facts) -> Access:
    """Who has to hold which role, with which delay, and what the roles may call."""
    plan, deployer = facts.plan, facts.deployer
    admin = {deployer: 0} if plan.admin is None else {plan.admin: plan.admin_delay}
    return Access(
        roles={
            str(ADMIN_ROLE): admin,
            str(PROPOSER_ROLE): {plan.proposer or deployer: 0},
            str(GUARDIAN_ROLE): {plan.guardian or deployer: 0},
        },
        grant_delay=plan.grant_delay,
        functions={"VerifierRegistry": dict.fromkeys(PROPOSER_FUNCTIONS, PROPOSER_ROLE)},
    )
