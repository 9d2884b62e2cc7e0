"""The operator's policy as settings: per chain, and per asset where an asset differs."""

from __future__ import annotations

from pydantic import Field, field_validator

from daemon.settings import Section
from relayer.policy import BASIS_POINTS, UpdateRules
from relayer.spending import SpendingRules
from statements.quantities import Address


class UpdatePolicy(Section):
    """When an update is due, and at which gas price it may be sent.

    Attributes:
        heartbeat_seconds: an update is due when the last one is so old; 0 makes every proof due.
        deviation_basis_points: an update is due when an output has moved by so much of its full range; absent: by the
            heartbeat only.
        early_after_seconds: when another update is due on the chain, this one goes along if its last is so old.
        early_deviation_basis_points: the same by deviation.
        maximum_gas_price_wei: nothing is sent while base fee and tip exceed this, wei per gas; absent: the chain's.
    """

    heartbeat_seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    deviation_basis_points: int | None = Field(default=None, ge=1, le=BASIS_POINTS)
    early_after_seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    early_deviation_basis_points: int | None = Field(default=None, ge=1, le=BASIS_POINTS)
    maximum_gas_price_wei: int | None = Field(default=None, gt=0)

    @property
    def rules(self) -> UpdateRules:
        """What deciding needs of it."""
        return UpdateRules(
            heartbeat_seconds=self.heartbeat_seconds,
            deviation_basis_points=self.deviation_basis_points,
            early_after_seconds=self.early_after_seconds,
            early_deviation_basis_points=self.early_deviation_basis_points,
        )


class AssetPolicy(UpdatePolicy):
    """Policy of one asset; what it leaves out is as in the chain's policy.

    Attributes:
        asset: token address on the home chain.
    """

    asset: Address


class ChainPolicy(UpdatePolicy):
    """Policy of one chain.

    Attributes:
        budget_per_hour_wei: spent at most in any hour, transactions in flight at their worst cost; absent: no limit.
        budget_per_day_wei: the same for any day.
        dry_run: everything but signing and sending is done; jobs wait with what they would have cost.
        assets: assets that differ from the rest.
    """

    budget_per_hour_wei: int | None = Field(default=None, gt=0)
    budget_per_day_wei: int | None = Field(default=None, gt=0)
    dry_run: bool = False
    assets: tuple[AssetPolicy, ...] = ()

    @field_validator("assets")
    @classmethod
    def _check_assets(cls, value: tuple[AssetPolicy, ...]) -> tuple[AssetPolicy, ...]:
        seen = [policy.asset for policy in value]
        if len(set(seen)) != len(seen):
            raise ValueError("two policies are of the same asset")
        return value

    def of(self, asset: str) -> UpdatePolicy:
        """Policy of an asset: its own fields, and the chain's for the others."""
        shared = {name: getattr(self, name) for name in UpdatePolicy.model_fields}
        for policy in self.assets:
            if policy.asset == asset:
                own = {name: getattr(policy, name) for name in policy.model_fields_set - {"asset"}}
                return UpdatePolicy.model_validate({**shared, **own})
        return UpdatePolicy.model_validate(shared)

    @property
    def spending(self) -> SpendingRules:
        """Limits of the chain."""
        return SpendingRules(
            budget_per_hour_wei=self.budget_per_hour_wei,
            budget_per_day_wei=self.budget_per_day_wei,
            dry_run=self.dry_run,
        )
