"""What to deploy on one chain, from a TOML file."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from staking_model.features import FeatureParameters
from statements.errors import ConfigurationError
from statements.quantities import Address, BigInteger
from veristake.contracts_tool.account_plan import AccountPlan, PlanPart, TransactionsPlan
from veristake.contracts_tool.deposit_plan import DepositsPlan

LOCAL_CHAIN_IDS = frozenset({1337, 31337, 31338})
"""Chains of developers' own nodes, where mocks and circuits on a `dev` SRS are harmless."""
_DAY = 24 * 3600
_BITS_32 = 1 << 32
_LONGEST_HEARTBEAT = 7 * _DAY
"""AssetObserver refuses a price feed that promises less."""
_SEE = "See docs/deploy.md for all fields, scripts/plans/ for examples"


def _not_zero(value: str) -> str:
    if int(value, 16) == 0:
        raise ValueError("is the zero address, which nobody can act for")
    return value


RealAddress = Annotated[Address, AfterValidator(_not_zero)]
"""An address that somebody, or a contract, may have."""


class ConsumerAdapter(StrEnum):
    """A contract in a shape that consumers know, beside each asset's two AggregatorV3 feeds."""

    RISK_ORACLE = "risk_oracle"
    """Read like Chaos Labs' RiskOracle."""
    INFERENCE_VERIFIER = "inference_verifier"
    """The shapes of the drafts ERC-7992 and ERC-8274."""


class MockAsset(PlanPart):
    """A token made for the occasion, with its rate provider and price feed; on local chains only.

    Attributes:
        kind: a liquid restaking token, whose rate grows, or wrapped ether, whose rate is fixed.
        initial_rate: wei of ETH per 1e18 token units.
        price: first market price, wei of ETH per 1e18 token units.
        supply: token units minted to the deployer.
    """

    kind: Literal["liquid_restaking_token", "wrapped_ether"] = "liquid_restaking_token"
    initial_rate: BigInteger = Field(default=10**18, gt=0, lt=1 << 96)
    price: BigInteger = Field(gt=0, lt=1 << 96)
    supply: BigInteger = Field(gt=0, lt=1 << 104)


class ExistingAsset(PlanPart):
    """A token that is on the chain already.

    Attributes:
        token: the token.
        rate_provider: answers ``getRate()``.
        price_feed: AggregatorV3 feed in ETH.
    """

    token: RealAddress
    rate_provider: RealAddress
    price_feed: RealAddress


class AssetPlan(PlanPart):
    """An asset to observe.

    Attributes:
        heartbeat: longest time between two updates that the price feed promises, seconds; at most a week.
        mock: make it.
        existing: take it.
    """

    heartbeat: int = Field(gt=0, le=_LONGEST_HEARTBEAT)
    mock: MockAsset | None = None
    existing: ExistingAsset | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.mock is None) == (self.existing is None):
            raise ValueError("give either mock or existing")
        return self


class _ChainPlan(PlanPart):
    """What both kinds of chain need.

    Attributes:
        chain_id: EIP-155 id that the node must have.
        circuit: folder of a built circuit.
        canary: folder of its canary, as ``veristake circuit canary`` builds it; required off local chains.
        adapters: what is deployed for consumers beside the AggregatorV3 feeds.
        maximum_age: age of an observation beyond which reads revert, seconds; at least an epoch, at most 45 days.
        activation_delay: time between proposing and activating a circuit version, seconds.
        base_loan_to_value_bps: what the sample protocol lends without any risk, ten-thousandths.
        account: who deploys; keeps no role that another is named for.
        admin: who owns everything once it is deployed; the deployer when left out.
        admin_delay: time between an admin's announcing a call and making it, seconds; for a named admin only.
        proposer: who may propose and activate circuit versions; the deployer when left out.
        guardian: who may freeze; the deployer when left out.
        grant_delay: time between giving a role to somebody new and their having it, seconds; AccessManager puts it in
            force five days after the deployment.
        salt: prefix of all CREATE2 salts; another one gives other addresses.
        transactions: how they are sent.
    """

    chain_id: int = Field(gt=0)
    circuit: Path
    canary: Path | None = None
    adapters: tuple[ConsumerAdapter, ...] = (ConsumerAdapter.RISK_ORACLE,)
    maximum_age: int = Field(default=2 * 3600, gt=600, le=45 * _DAY)
    activation_delay: int = Field(default=0, ge=0, lt=_BITS_32)
    base_loan_to_value_bps: int = Field(default=7500, ge=1000, le=9500)
    account: AccountPlan
    admin: RealAddress | None = None
    admin_delay: int = Field(default=_DAY, ge=0, lt=_BITS_32)
    proposer: RealAddress | None = None
    guardian: RealAddress | None = None
    grant_delay: int = Field(default=0, ge=0, lt=_BITS_32)
    salt: str = Field(default="veristake/1", min_length=1, max_length=64)
    transactions: TransactionsPlan = TransactionsPlan()


class HomePlan(_ChainPlan):
    """A chain whose own tokens are observed.

    Attributes:
        epoch_length: seconds, more than the ten minutes in which an epoch can be observed.
        config_delay_epochs: epochs before a changed asset config is read.
        sequencer_feed: Chainlink's uptime feed on a rollup.
        claim_manager_delay: time between announcing and accepting OmronDeposit's claim manager, seconds.
        deposits: how tokens count, the season, the claim manager, the gateway from ETH.
        features: factors of the four features; ``input_scale_bits`` is the circuit's when left out.
        assets: by symbol.
    """

    kind: Literal["home"] = "home"
    epoch_length: int = Field(default=3600, gt=600, lt=_BITS_32)
    config_delay_epochs: int = Field(default=24, ge=1, lt=_BITS_32)
    sequencer_feed: RealAddress | None = None
    claim_manager_delay: int = Field(default=7 * _DAY, gt=0, le=90 * _DAY)
    deposits: DepositsPlan = DepositsPlan()
    features: FeatureParameters = FeatureParameters()
    assets: dict[str, AssetPlan] = Field(min_length=1)

    @model_validator(mode="after")
    def _scores_outlive_an_epoch(self) -> Self:
        if self.maximum_age < self.epoch_length:
            raise ValueError(f"maximum_age {self.maximum_age} is less than epoch_length {self.epoch_length}")
        return self

    @model_validator(mode="after")
    def _deposits_of_assets(self) -> Self:
        self.deposits.check_symbols(self.assets)
        return self

    @model_validator(mode="after")
    def _tokens_are_distinct(self) -> Self:
        seen: dict[str, str] = {}
        for symbol, asset in self.assets.items():
            token = asset.existing.token if asset.existing else symbol
            if token in seen:
                raise ValueError(f"assets {seen[token]} and {symbol} are one token, {token}")
            seen[token] = symbol
        return self

    @property
    def has_mocks(self) -> bool:
        """Whether a token is made for the occasion."""
        return any(asset.mock is not None for asset in self.assets.values())


class AbroadPlan(_ChainPlan):
    """A chain that takes the home chain's inputs from attesters.

    Attributes:
        home: deployment JSON of the home chain: observer, epoch length and assets come from there.
        attesters: who may sign inputs, none twice.
        threshold: signatures needed; more than half of the attesters.
        attester_delay: time between announcing and accepting other attesters, seconds.
    """

    kind: Literal["abroad"] = "abroad"
    home: Path
    attesters: tuple[RealAddress, ...] = Field(min_length=1)
    threshold: int = Field(default=1, ge=1)
    attester_delay: int = Field(default=_DAY, gt=0, lt=_BITS_32)

    @model_validator(mode="after")
    def _majority_of_distinct_attesters(self) -> Self:
        count = len(self.attesters)
        if len(set(self.attesters)) != count:
            raise ValueError("an attester is named twice")
        if self.threshold > count:
            raise ValueError(f"threshold {self.threshold} exceeds the {count} attesters")
        if self.threshold * 2 <= count:
            raise ValueError(f"threshold {self.threshold} is not more than half of the {count} attesters")
        return self


Plan = HomePlan | AbroadPlan


class _PlanFile(PlanPart):
    plan: Annotated[Plan, Field(discriminator="kind")]


def load_plan(path: Path) -> Plan:
    """The plan in a TOML file; relative paths in it start at the working folder.

    Raises:
        ConfigurationError: the file is missing, is not TOML, or a field is wrong.
    """
    try:
        return _PlanFile.model_validate({"plan": tomllib.loads(path.read_text("utf-8"))}).plan
    except FileNotFoundError as error:
        raise ConfigurationError(f"plan {path} is missing", remedy=_SEE) from error
    except OSError as error:
        raise ConfigurationError(f"plan {path} cannot be read: {error.strerror}", remedy="Give a file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"plan {path} is not TOML: {error}", remedy="Correct that place") from error
    except ValidationError as error:
        raise ConfigurationError(f"plan {path}, {_told(error.errors()[0])}", remedy=_SEE) from error


def _told(wrong: ErrorDetails) -> str:
    """Field, value and what is wrong with it."""
    # behind "plan" comes the kind, where that is one
    field = ".".join(str(part) for part in wrong["loc"][2:]) or ("kind" if len(wrong["loc"]) < 2 else "")
    message, value = wrong["msg"].removeprefix("Value error, "), wrong["input"]
    if not field:
        return message
    shown = isinstance(value, str | int | float | bool | list) and repr(value) not in message and field != "kind"
    return f"field {field} = {value!r}: {message}" if shown else f"field {field}: {message}"
