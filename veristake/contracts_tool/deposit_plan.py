"""What a plan says of deposits: how tokens count, the season, who hands out rewards, the way in from ETH."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from pydantic import Field, model_validator

from statements.errors import ConfigurationError
from statements.quantities import Address, BigInteger
from veristake.contracts_tool.account_plan import PlanPart

ONCE = 10_000
"""A weight or a season's multiplier that changes nothing, basis points."""
MAXIMUM_WEIGHT = 1_000_000
"""``TokenWhitelist.MAXIMUM_WEIGHT``, basis points."""
MAXIMUM_MULTIPLIER = 100_000
"""``EarningClock.MAXIMUM_MULTIPLIER``, basis points."""
NO_CAP = (1 << 96) - 1
"""``TokenWhitelist.MAXIMUM_CAP``: as much as can be counted, token units."""
POINT_DECIMALS = 18
LEAST_PUBLIC_DELAY = 7 * 24 * 3600
"""Shortest notice of a claim manager off local chains, seconds."""
RENZO_RESTAKE_MANAGERS = {1: "0x74a09653A083691711cF8215a6ab074BB4e99ef5"}
"""Renzo's RestakeManager by chain id (docs.renzoprotocol.com/docs/contracts/ethereum); it mints ezETH
0xbf5495Efe5DB9ce00f80364C8B423567e58d2110."""


class TermsPlan(PlanPart):
    """How deposits of a token count, set for ever when it is listed, and how much is taken.

    Attributes:
        weight: points of a token unit, basis points of the ordinary.
        decimals: what the token says of itself; units are brought from it to 18.
        total_cap: most units of all users together.
        deposit_cap: most units in one deposit.
    """

    weight: int = Field(default=ONCE, gt=0, le=MAXIMUM_WEIGHT)
    decimals: int = Field(default=POINT_DECIMALS, ge=0, le=36)
    total_cap: BigInteger = Field(default=NO_CAP, ge=0, le=NO_CAP)
    deposit_cap: BigInteger = Field(default=NO_CAP, ge=0, le=NO_CAP)


class GatewayPlan(PlanPart):
    """The way from ETH through Renzo.

    Attributes:
        asset: symbol of the asset that Renzo mints.
        restake_manager: Renzo's contract; known on Ethereum.
        mock: make one, for a mock asset on a local chain.
    """

    asset: str = "ezETH"
    restake_manager: Address | None = None
    mock: bool = False

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.mock and self.restake_manager is not None:
            raise ValueError("give either mock or restake_manager")
        return self


class DepositsPlan(PlanPart):
    """Deposits on the home chain.

    Attributes:
        claim_manager: deploy ClaimManager and make it OmronDeposit's claim manager before any token is listed.
        season_multiplier: of the first season, basis points.
        tokens: by symbol; an asset that is not named counts one point per unit and hour, without caps.
        restake_gateway: deploy RestakeGateway.
    """

    claim_manager: bool = False
    season_multiplier: int = Field(default=ONCE, ge=0, le=MAXIMUM_MULTIPLIER)
    tokens: dict[str, TermsPlan] = Field(default_factory=dict)
    restake_gateway: GatewayPlan | None = None

    def check_symbols(self, assets: Collection[str]) -> None:
        """Refuse a symbol that is no asset of the plan.

        Raises:
            ValueError: one is not.
        """
        named = [*self.tokens, *([self.restake_gateway.asset] if self.restake_gateway else [])]
        unknown = [symbol for symbol in named if symbol not in assets]
        if unknown:
            raise ValueError(f"deposits names {', '.join(unknown)}, which is no asset of the plan")


def restake_manager_of(gateway: GatewayPlan, chain_id: int) -> str:
    """Renzo's contract that a gateway goes through.

    Raises:
        ConfigurationError: it is neither given nor known for the chain.
    """
    known = gateway.restake_manager or RENZO_RESTAKE_MANAGERS.get(chain_id)
    if known is None:
        raise ConfigurationError(
            f"deposits.restake_gateway.restake_manager is missing; Renzo's on chain {chain_id} is not known",
            remedy="Give its address, or mock = true on a local chain",
        )
    return known
