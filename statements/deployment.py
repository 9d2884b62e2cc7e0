"""Where the contracts of one chain are: the content of ``deployments/<chainId>.json``."""

from __future__ import annotations

from pydantic import Field

from statements.quantities import Address, BigInteger, Hash32
from statements.traveller import Traveller


class DeployedContract(Traveller):
    """A contract at an address.

    Attributes:
        address: where it is.
        code_hash: keccak256 of its runtime code.
    """

    address: Address
    code_hash: Hash32


class ObservedConfig(Traveller):
    """What AssetObserver reads for an asset beside its rate and price, in the newest version of its config.

    Attributes:
        config_version: number of that version, from 1.
        heartbeat: longest time between two updates that the price feed promises, seconds.
        features: factors of premium, premium change, flow and rate growth, and log2 of the scale.
    """

    config_version: int = Field(ge=1)
    heartbeat: int = Field(gt=0)
    features: tuple[int, int, int, int, int]


class ScoreLimits(Traveller):
    """For how long RiskFeed's scores of an asset are read.

    Attributes:
        heartbeat: longest time between two scores that the feed promises, seconds.
        maximum_age: age of an observation beyond which reads revert, seconds.
    """

    heartbeat: int = Field(gt=0)
    maximum_age: int = Field(gt=0)


class DeployedAsset(Traveller):
    """An asset that is scored.

    Attributes:
        token: address on the home chain, by which every chain's feed knows the asset.
        rate_provider: source of the fair rate; on the home chain only.
        price_feed: source of the market price; on the home chain only.
        exit_risk_feed: AggregatorV3 adapter of the exit risk on this chain.
        staking_duration_feed: AggregatorV3 adapter of the staking duration on this chain.
        observed: how the observer reads it; on the home chain only.
        limits: for how long its scores are read.
        base_loan_to_value_bps: what the sample lending protocol lends on it without any risk, ten-thousandths.
    """

    token: Address
    rate_provider: Address | None = None
    price_feed: Address | None = None
    exit_risk_feed: Address
    staking_duration_feed: Address
    observed: ObservedConfig | None = None
    limits: ScoreLimits | None = None
    base_loan_to_value_bps: int | None = Field(default=None, gt=0)


class DeployedModel(Traveller):
    """A model's version that serves on this chain.

    Attributes:
        model_id: keccak256 of the model's name.
        version_id: number in the registry, from 1.
        circuit_id: sha256 of the verifying key.
        from_epoch: first epoch it serves.
        vka_digest: keccak256 of its verifying key artefact (VKA); None where the verifier is its own.
    """

    model_id: Hash32
    version_id: int = Field(ge=1)
    circuit_id: Hash32
    from_epoch: int = Field(ge=0)
    vka_digest: Hash32 | None = None


class ProposedModel(Traveller):
    """A model's version that waits in the registry.

    Attributes:
        model_id: keccak256 of the model's name.
        version_id: number in the registry, from 1.
        circuit_id: sha256 of the verifying key.
        ready_at: earliest time of its activation, Unix seconds.
        vka_digest: keccak256 of its verifying key artefact (VKA); None where the verifier is its own.
    """

    model_id: Hash32
    version_id: int = Field(ge=1)
    circuit_id: Hash32
    ready_at: int = Field(ge=0)
    vka_digest: Hash32 | None = None


class DepositTerms(Traveller):
    """How deposits of a token count, and how much is taken.

    Attributes:
        weight: points of a token unit, basis points of the ordinary.
        decimals: from which units are brought to 18.
        total_cap: most units of all users together.
        deposit_cap: most units in one deposit.
    """

    weight: int = Field(gt=0)
    decimals: int = Field(ge=0)
    total_cap: BigInteger = Field(ge=0)
    deposit_cap: BigInteger = Field(ge=0)


class RecordedDeposits(Traveller):
    """What OmronDeposit takes, and how it counts.

    Attributes:
        season: number of the season, from 0.
        season_multiplier: what earning is multiplied by in it, basis points.
        tokens: listed tokens, by address.
    """

    season: int = Field(ge=0)
    season_multiplier: int = Field(ge=0)
    tokens: dict[Address, DepositTerms]


class Access(Traveller):
    """Who may do what, as the AccessManager was told.

    Attributes:
        roles: by role id in decimal: each holder with the seconds between announcing a call and making it.
        grant_delay: seconds between giving somebody a role and their having it, for each of the roles.
        functions: by contract: each function that another role than the admin may call, with that role's id.
    """

    roles: dict[str, dict[Address, int]]
    grant_delay: int = Field(default=0, ge=0)
    functions: dict[str, dict[str, int]] = Field(default_factory=dict)


class Deployment(Traveller):
    """Everything deployed on one chain.

    Attributes:
        chain_id: EIP-155 id of this chain.
        home_chain_id: chain whose state is observed; equal to ``chain_id`` on the home chain.
        observer: AssetObserver on the home chain.
        epoch_length: seconds.
        features_hash: digest of the feature parameters of the home chain's assets, which a circuit's must equal.
        contracts: by contract name: AccessManager, VerifierRegistry, RiskFeed, StakingVerifier,
            SampleLendingProtocol; OmronDeposit and AssetObserver at home; AttestedInputs abroad; CanaryStop with its
            CanaryVerifier, EzklReusableVerifier with a VkaStore, RiskOracleAdapter and InferenceVerifier where asked
            for. One of several of the same kind has a label behind a colon:
            ``RiskFeedAggregator:ezETH:exit_risk``.
        assets: by symbol.
        models: by model name; those that serve, or will from a certain epoch on.
        proposed: by model name; versions that wait to be activated.
        settings: by contract, what its views without arguments have to answer: pointers to others, delays, limits.
        access: who may do what.
        deposits: how deposits count; on the home chain only.
        attesters: who may sign inputs; None where the record does not say, as on a home chain.
        from_block: block before which nothing of this deployment happened.
    """

    chain_id: int = Field(gt=0)
    home_chain_id: int = Field(gt=0)
    observer: Address
    epoch_length: int = Field(gt=0)
    features_hash: Hash32
    contracts: dict[str, DeployedContract]
    assets: dict[str, DeployedAsset]
    models: dict[str, DeployedModel]
    proposed: dict[str, ProposedModel] = Field(default_factory=dict)
    settings: dict[str, dict[str, str]] = Field(default_factory=dict)
    access: Access | None = None
    deposits: RecordedDeposits | None = None
    attesters: tuple[Address, ...] | None = None
    from_block: int = Field(default=0, ge=0)

    @property
    def is_home(self) -> bool:
        """Whether tokens and observer live on this chain."""
        return self.chain_id == self.home_chain_id

    def address(self, contract: str) -> str:
        """Address of a contract by name.

        Raises:
            KeyError: it is not deployed on this chain.
        """
        return self.contracts[contract].address
