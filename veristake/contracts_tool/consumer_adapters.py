"""Contracts in the shapes that consumers know, one for all assets of a model."""

from __future__ import annotations

from collections.abc import Iterable

from veristake.contracts_tool.deployer import Contract, Deployer
from veristake.contracts_tool.plan import ConsumerAdapter
from veristake.contracts_tool.step import StepResult

RISK_ORACLE, INFERENCE = "RiskOracleAdapter", "InferenceVerifier"


def deploy_consumer_adapters(
    deployer: Deployer, wanted: Iterable[ConsumerAdapter], feed: Contract, registry: Contract, model_id: str
) -> StepResult:
    """Deploy what the plan asks for beside the AggregatorV3 adapters, which each asset has.

    Args:
        deployer: who deploys.
        wanted: which.
        feed: RiskFeed.
        registry: VerifierRegistry.
        model_id: whose scores and proofs they speak of.

    Raises:
        ChainError: a transaction failed.
    """
    contracts: dict[str, Contract] = {}
    settings = {}
    for adapter in dict.fromkeys(wanted):
        if adapter is ConsumerAdapter.RISK_ORACLE:
            contracts[RISK_ORACLE] = deployer.create(RISK_ORACLE, feed.address, model_id)
            settings[RISK_ORACLE] = {"FEED": str(feed.address), "MODEL_ID": model_id}
        else:
            contracts[INFERENCE] = deployer.create(INFERENCE, registry.address, model_id)
            settings[INFERENCE] = {"REGISTRY": str(registry.address), "MODEL_ID": model_id}
    return StepResult(contracts, settings)
