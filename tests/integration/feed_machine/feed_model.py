"""What VerifierRegistry's schedule and RiskFeed should do, in plain Python: the other half of the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from statements.instances import InstanceLayout
from statements.quantities import FIELD_MODULUS
from tests.integration.feed_machine.observer_model import EPOCH_LENGTH, WAD, Factors, ObserverModel, RefusedError

MODEL_ID = keccak(text="veristake/machine/1")
MODEL = "0x" + MODEL_ID.hex()
LAYOUT = InstanceLayout(
    input_count=32, tag_limbs=4, tag_limb_bits=16, output_count=2, input_scale_bits=12, output_scale_bits=12
)
MAXIMUM_AGE, MAXIMUM_DURATION, MAXIMUM_LEAD = 3 * 3600 + 1800, 30 * 86400, 720


class Status(IntEnum):
    """Of a version, as the interface numbers them."""

    PROPOSED = 1
    ACTIVE = 2
    DEPRECATED = 3
    FROZEN = 4


@dataclass
class Span:
    """A version's place in the schedule."""

    version: int
    start: int
    end: int | None = None


@dataclass
class Version:
    """A proposed version whose delay has passed."""

    code_hash: str
    factors: Factors
    status: Status = Status.PROPOSED


@dataclass
class RegistryModel:
    """One model's versions, numbered from 1."""

    versions: list[Version]
    plan: list[Span] = field(default_factory=list)
    frozen_code: set[str] = field(default_factory=set)

    def version(self, number: int) -> Version:
        return self.versions[number - 1]

    def activate(self, number: int, start: int, now: int) -> None:
        version, current = self.version(number), now // EPOCH_LENGTH
        if version.status != Status.PROPOSED:
            raise RefusedError("WrongStatus", MODEL, number, self._status(number))
        if version.code_hash in self.frozen_code:
            raise RefusedError("FrozenVerifierCode", version.code_hash)
        if start > current + MAXIMUM_LEAD:
            raise RefusedError("EpochTooFarAhead", start, current + MAXIMUM_LEAD)
        if start < current + (1 if self.plan else 0):
            raise RefusedError("EpochAlreadyPast", start, current)
        if self.plan and start <= self.plan[-1].start:
            raise RefusedError("EpochNotAhead", start, self.plan[-1].start)
        version.status = Status.ACTIVE
        self.plan.append(Span(number, start))

    def deprecate(self, number: int, end: int, now: int) -> None:
        if self.version(number).status != Status.ACTIVE:
            raise RefusedError("WrongStatus", MODEL, number, int(self.version(number).status))
        last = self.plan[-1] if self.plan else Span(0, 0)
        if last.version != number or last.end is not None or end <= last.start or end <= now // EPOCH_LENGTH:
            raise RefusedError("CannotDeprecate", MODEL, number)
        last.end = end

    def freeze(self, number: int, now: int) -> None:
        """For ever; one that has not begun leaves the schedule."""
        version = self.version(number)
        if version.status == Status.FROZEN:
            raise RefusedError("WrongStatus", MODEL, number, int(Status.FROZEN))
        version.status = Status.FROZEN
        self.frozen_code.add(version.code_hash)
        self.plan = [span for span in self.plan if span.version != number or span.start <= now // EPOCH_LENGTH]

    def serving(self, epoch: int) -> int:
        """The version that serves ``epoch``."""
        begun = [span for span in self.plan if span.start <= epoch]
        if not begun or (begun[-1].end is not None and epoch >= begun[-1].end):
            raise RefusedError("NoVersion", MODEL, epoch)
        return begun[-1].version

    def is_frozen(self, number: int) -> bool:
        return self.version(number).status == Status.FROZEN

    def _status(self, number: int) -> int:
        """As a reader sees it: an active version whose end is known is deprecated."""
        version = self.version(number)
        if version.status != Status.ACTIVE:
            return int(version.status)
        place = next(i for i, span in enumerate(self.plan) if span.version == number)
        ends = self.plan[place].end is not None or place + 1 < len(self.plan)
        return int(Status.DEPRECATED if ends else Status.ACTIVE)


class Round(NamedTuple):
    """As the interface has it."""

    epoch: int
    version: int
    config_version: int
    observed_at: int
    proven_at: int
    duration_output: int
    risk_output: int
    tag: int

    @property
    def score(self) -> tuple[int, int, int, int, int]:
        """Epoch, times, and the outputs decoded."""
        bits = LAYOUT.output_scale_bits
        duration, risk = self.duration_output * MAXIMUM_DURATION >> bits, self.risk_output * WAD >> bits
        return self.epoch, self.observed_at, self.proven_at, duration, risk


@dataclass(frozen=True)
class Submission:
    """What somebody brings; ``proven`` are the outputs that the proof is of, None for a false proof."""

    epoch: int
    outputs: tuple[int, int]
    tag: int
    proven: tuple[int, int] | None


@dataclass
class FeedModel:
    """One asset's scores."""

    observer: ObserverModel
    registry: RegistryModel
    address: str
    """Of the observer."""
    limits: tuple[int, int] = (EPOCH_LENGTH, MAXIMUM_AGE)
    rounds: dict[int, Round] = field(default_factory=dict)
    maximum_age: int = 0
    """Of the newest round, as it was when recorded."""

    @property
    def latest(self) -> int:
        """Newest epoch recorded, 0 before the first."""
        return max(self.rounds, default=0)

    def submit(self, given: Submission, now: int) -> None:
        number = self.registry.serving(given.epoch)
        if self.registry.is_frozen(number):
            raise RefusedError("Frozen", MODEL, number)
        self._check_epoch(given.epoch, now)
        self._check_given(given)
        _, config_version, newest = self.observer.window(given.epoch)
        expected, factors = self.registry.version(number).factors, self.observer.configs[config_version - 1].factors
        if factors != expected:
            raise RefusedError("FeaturesDiffer", hash_of(factors), hash_of(expected))
        if given.proven != given.outputs:
            raise RefusedError("ProofInvalid", MODEL, number)
        self.rounds[given.epoch] = Round(
            given.epoch, number, config_version, newest.observed_at, now, *given.outputs, given.tag
        )
        self.maximum_age = self.limits[1] // 60 * 60

    def set_limits(self, heartbeat: int, maximum_age: int) -> None:
        if not (0 < heartbeat <= maximum_age and EPOCH_LENGTH <= maximum_age <= MAXIMUM_AGE):
            raise RefusedError("LimitsOutOfRange", heartbeat, maximum_age)
        self.limits = heartbeat, maximum_age

    def round(self, epoch: int) -> Round:
        if epoch not in self.rounds:
            raise RefusedError("NoRound", MODEL, self.observer.asset)
        found = self.rounds[epoch]
        if self.registry.is_frozen(found.version):
            raise RefusedError("Frozen", MODEL, found.version)
        return found

    def source(self, epoch: int) -> tuple[str, int]:
        """The observer, and that nobody is trusted; also of a frozen version's round."""
        if epoch not in self.rounds:
            raise RefusedError("NoRound", MODEL, self.observer.asset)
        return self.address, 0

    def latest_score(self, now: int, age: int | None = None) -> tuple[int, ...]:
        """The newest score, none older than ``age`` or its own maximum."""
        found, age = self.round(self.latest), self.maximum_age if age is None else age
        if now - found.observed_at > age:
            raise RefusedError("Stale", found.observed_at, age)
        return found.score

    def statement_id(self, epoch: int, chain_id: int) -> str:
        """Digest of the subject: as recorded, or as the observer would give it now."""
        config_version = self.rounds[epoch].config_version if epoch in self.rounds else self.observer.window(epoch)[1]
        types = ["uint64", "address", "uint16", "bytes32", "address", "uint32"]
        values = [chain_id, self.address, config_version, MODEL_ID, self.observer.asset, epoch]
        return "0x" + keccak(encode(types, values)).hex()

    def _check_epoch(self, epoch: int, now: int) -> None:
        if epoch in self.rounds:
            raise RefusedError("AlreadyRecorded", MODEL, self.observer.asset, epoch)
        if epoch <= self.latest:
            raise RefusedError("EpochNotNewer", epoch, self.latest)
        if epoch > now // EPOCH_LENGTH:
            raise RefusedError("EpochInFuture", epoch, now // EPOCH_LENGTH)

    @staticmethod
    def _check_given(given: Submission) -> None:
        one = 2**LAYOUT.output_scale_bits
        for index, output in enumerate(given.outputs):
            if output >= FIELD_MODULUS:
                raise RefusedError("InstanceNotInField", index, output)
            if output > one:
                raise RefusedError("OutputOutOfRange", index, output, one)
        if given.tag >> LAYOUT.tag_bits:
            raise RefusedError("TagOutOfRange", given.tag)


def hash_of(factors: Factors) -> str:
    """featuresHash."""
    return "0x" + keccak(encode(["uint32"] * 4 + ["uint8"], factors)).hex()
