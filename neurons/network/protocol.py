"""What miner and validator need of a subnet, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field


class Role(StrEnum):
    """What a neuron does."""

    MINER = "miner"
    VALIDATOR = "validator"


class Neuron(BaseModel):
    """One participant.

    Attributes:
        uid: number in the subnet; a chain may give it to another hotkey once this one is pruned.
        hotkey: ss58 address that signs its requests and answers.
        role: what it does; None on a chain, which knows no roles: who answers as a miner is one, whatever its stake.
        endpoint: URL that it serves; None before it has served.
        stake: in the network's own unit; information only in a local network.
        validator_permit: whether the weights that it sets count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uid: int = Field(ge=0)
    hotkey: str
    role: Role | None
    endpoint: str | None = None
    stake: float = Field(default=0.0, ge=0)
    validator_permit: bool = False

    @property
    def may_mine(self) -> bool:
        """Whether it can be a miner. A permit does not tell: anybody can give a miner one, by staking on its hotkey."""
        return self.role is not Role.VALIDATOR


class WeightRules(BaseModel):
    """What the network asks of a validator's weights, as of one block.

    Attributes:
        block: number of the newest block.
        last_update_block: block at which this validator last set weights; None when it never has.
        rate_limit_blocks: blocks that must lie between two settings.
        tempo_blocks: length of an epoch.
        blocks_since_epoch: how far into the epoch ``block`` is.
        min_allowed_weights: neurons that must be given a weight at least.
        commit_reveal: whether weights stay hidden until a later round.
        version_key: smallest version of the validator's rules that is taken.
        block_seconds: length of a block.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    block: int = Field(ge=0)
    last_update_block: int | None = Field(default=None, ge=0)
    rate_limit_blocks: int = Field(ge=0)
    tempo_blocks: int = Field(gt=0)
    blocks_since_epoch: int = Field(ge=0)
    min_allowed_weights: int = Field(default=1, ge=0)
    commit_reveal: bool = False
    version_key: int = Field(default=0, ge=0)
    block_seconds: float = Field(default=12.0, gt=0)

    @property
    def blocks_to_wait(self) -> int:
        """Blocks until the rate limit lets this validator set weights; 0 when it may now."""
        if self.last_update_block is None:
            return 0
        return max(0, self.last_update_block + self.rate_limit_blocks - self.block)


class WeightBasis(BaseModel):
    """What a validator decides its weights from, all as of one block.

    Attributes:
        rules: what is asked of the weights.
        neurons: who held which uid at ``rules.block``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: WeightRules
    neurons: tuple[Neuron, ...]


class WeightsRefusal(StrEnum):
    """Why a network does not take weights."""

    NOT_REGISTERED = "not_registered"
    NO_VALIDATOR_PERMIT = "no_validator_permit"
    NOT_ENOUGH_STAKE = "not_enough_stake"
    RATE_LIMITED = "rate_limited"
    OLD_VERSION_KEY = "old_version_key"
    TOO_FEW_WEIGHTS = "too_few_weights"
    INVALID_WEIGHTS = "invalid_weights"
    UID_TAKEN_OVER = "uid_taken_over"
    OTHER = "other"


class WeightsReceipt(BaseModel):
    """What the network said to weights.

    Attributes:
        accepted: whether they count from now on, or would (dry run).
        detail: one sentence for a person.
        reveal_round: drand round at which committed weights become readable; None when they are in the clear.
        dry_run: whether nothing was changed.
        refusal: why they were not taken; None when they were.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accepted: bool
    detail: str
    reveal_round: int | None = None
    dry_run: bool = False
    refusal: WeightsRefusal | None = None


class Network(Protocol):
    """A register of neurons and of what validators think of them. Every method may block: call it from a thread."""

    def neurons(self) -> tuple[Neuron, ...]:
        """All neurons by uid.

        Raises:
            VeristakeError: the network cannot be read.
        """

    def register(self, hotkey: str, role: Role, *, stake: float = 0.0) -> Neuron:
        """Enter a hotkey where that is free, or give its entry when it is there already.

        Raises:
            VeristakeError: it cannot take part in this role, or entering it is for the operator to pay for.
        """

    def serve(self, hotkey: str, endpoint: str) -> Neuron:
        """Announce the URL at which a registered hotkey serves.

        Raises:
            VeristakeError: the network does not take it.
        """

    def weight_rules(self, hotkey: str) -> WeightRules:
        """What the network asks of this validator's weights now.

        Raises:
            VeristakeError: the hotkey is not registered, or the network cannot be read.
        """

    def weight_basis(self, hotkey: str) -> WeightBasis:
        """The rules and who holds which uid, read now and as of one block: nothing of it comes from memory.

        Raises:
            VeristakeError: the hotkey is not registered, or the network cannot be read.
        """

    def set_weights(
        self,
        hotkey: str,
        weights: Mapping[int, float],
        *,
        holders: Mapping[int, str],
        version_key: int,
        dry_run: bool,
    ) -> WeightsReceipt:
        """Say what each miner is worth, unless one of the uids belongs to somebody else by now.

        Args:
            hotkey: the validator.
            weights: by uid, at least 0; only their ratios count.
            holders: by uid, the hotkey for which the weight is meant; for every uid with a weight.
            version_key: version of the validator's rules.
            dry_run: find out what the network would say, and change nothing.

        Returns:
            What the network said; a refusal by its rules is an answer, not an error.

        Raises:
            VeristakeError: the network cannot be reached, or does not say what became of them.
        """

    def reveal_round(self, hotkey: str, since_block: int) -> int | None:
        """The drand round of the first weights that a validator has committed at or after a block.

        Returns:
            None where weights are in the clear, or are no longer hidden.

        Raises:
            VeristakeError: the network cannot be read.
        """


def neuron_of(neurons: Iterable[Neuron], hotkey: str) -> Neuron | None:
    """The entry of a hotkey, None when it is not registered."""
    return next((neuron for neuron in neurons if neuron.hotkey == hotkey), None)
