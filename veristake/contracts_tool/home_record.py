"""What a chain abroad has to know of its home chain."""

from __future__ import annotations

from statements.deployment import Deployment
from statements.errors import ConfigurationError
from veristake.contracts_tool.plan import AbroadPlan
from veristake.contracts_tool.record import read_deployment


def read_home(plan: AbroadPlan) -> Deployment:
    """The home chain's deployment.

    Raises:
        ConfigurationError: the file is missing or malformed, is not another chain's home, or its epochs outlast the
            plan's maximum age.
    """
    try:
        home = read_deployment(plan.home)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"home: {error.message}", remedy="Give the home chain's record, home = FILE"
        ) from error
    if not home.is_home or home.chain_id == plan.chain_id:
        raise ConfigurationError(
            f"home {plan.home} is of chain {home.chain_id}, which is not another chain's home",
            remedy="Give the deployment of the chain whose tokens are observed",
        )
    if plan.maximum_age < home.epoch_length:
        raise ConfigurationError(
            f"maximum_age {plan.maximum_age} is less than epoch_length {home.epoch_length} of home {plan.home}",
            remedy="Give at least an epoch",
        )
    return home
