"""The embedded network, kept in one file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from neurons.network.local_file import Register, RegisterFile, WeightRow
from neurons.network.protocol import Neuron, Role, WeightBasis, WeightRules, WeightsReceipt, WeightsRefusal, neuron_of
from neurons.network.weights import Refused, check_holders, shares
from statements.errors import ConfigurationError

T = TypeVar("T")


class LocalRules(BaseModel):
    """What a local network asks of weights.

    Attributes:
        block_seconds: length of a block; block 0 began with the Unix epoch, so that processes agree without a word.
        rate_limit_blocks: blocks between two settings of one validator.
        tempo_blocks: length of an epoch.
        min_allowed_weights: neurons that must be given a weight at least.
        version_key: smallest version of the validator's rules that is taken.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    block_seconds: float = Field(default=12.0, gt=0)
    rate_limit_blocks: int = Field(default=100, ge=0)
    tempo_blocks: int = Field(default=360, gt=0)
    min_allowed_weights: int = Field(default=1, ge=0)
    version_key: int = Field(default=0, ge=0)


class LocalNetwork:
    """A network in a JSON file, for one machine: whoever may write the file decides who takes part.

    Args:
        path: the file; an absent one is an empty network.
        rules: what is asked of weights.
        clock: Unix time in seconds.
    """

    def __init__(self, path: Path, rules: LocalRules | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._file = RegisterFile(path)
        self._rules = rules or LocalRules()
        self._clock = clock

    def neurons(self) -> tuple[Neuron, ...]:
        """All neurons by uid.

        Raises:
            ConfigurationError: the file is not a network.
        """
        return self._file.read().neurons

    def weights(self) -> dict[int, WeightRow]:
        """The newest weights of each validator, by its uid.

        Raises:
            ConfigurationError: the file is not a network.
        """
        return self._file.read().weights

    def register(self, hotkey: str, role: Role, *, stake: float = 0.0) -> Neuron:
        """Enter a hotkey, or give its entry when it is there already. A validator has its permit at once.

        Raises:
            ConfigurationError: it is registered with another role, or the file cannot be written.
        """

        def enter(before: Register) -> tuple[Neuron, Register]:
            known = neuron_of(before.neurons, hotkey)
            if known is None:
                permit = role is Role.VALIDATOR
                uid = len(before.neurons)
                entry = Neuron(uid=uid, hotkey=hotkey, role=role, stake=stake, validator_permit=permit)
                return entry, before.model_copy(update={"neurons": (*before.neurons, entry)})
            if known.role is not role:
                raise ConfigurationError(
                    f"hotkey {hotkey} is registered as {known.role} in {self._file.path}, not as {role}",
                    remedy="Give each role a wallet of its own.",
                )
            return known, before

        return self._change(enter)

    def serve(self, hotkey: str, endpoint: str) -> Neuron:
        """Announce the URL at which a registered hotkey serves.

        Raises:
            ConfigurationError: the hotkey is not registered, or the file cannot be written.
        """

        def announce(before: Register) -> tuple[Neuron, Register]:
            entry = self._entry(before, hotkey).model_copy(update={"endpoint": endpoint})
            neurons = tuple(entry if neuron.hotkey == hotkey else neuron for neuron in before.neurons)
            return entry, before.model_copy(update={"neurons": neurons})

        return self._change(announce)

    def weight_rules(self, hotkey: str) -> WeightRules:
        """What is asked of this validator's weights at this moment's block.

        Raises:
            ConfigurationError: the hotkey is not registered, or the file is not a network.
        """
        register = self._file.read()
        return self._weight_rules(register, self._entry(register, hotkey))

    def weight_basis(self, hotkey: str) -> WeightBasis:
        """The rules for this validator's weights and the neurons, of one reading of the file.

        Raises:
            ConfigurationError: the hotkey is not registered, or the file is not a network.
        """
        register = self._file.read()
        return WeightBasis(rules=self._weight_rules(register, self._entry(register, hotkey)), neurons=register.neurons)

    def set_weights(
        self,
        hotkey: str,
        weights: Mapping[int, float],
        *,
        holders: Mapping[int, str],
        version_key: int,
        dry_run: bool,
    ) -> WeightsReceipt:
        """Keep a validator's weights, in the clear, in the place of its older ones.

        Raises:
            ConfigurationError: the file is not a network, or cannot be written.
        """

        def enter(before: Register) -> tuple[WeightsReceipt, Register]:
            try:
                row = self._checked(before, hotkey, weights, holders, version_key)
            except Refused as refused:
                return refused.receipt(dry_run=dry_run), before
            detail = f"weights of {len(row.weights)} neurons at block {row.block}"
            receipt = WeightsReceipt(accepted=True, detail=detail, dry_run=dry_run)
            validator = self._entry(before, hotkey).uid
            return receipt, before.model_copy(update={"weights": {**before.weights, validator: row}})

        return enter(self._file.read())[0] if dry_run else self._change(enter)

    def reveal_round(self, hotkey: str, since_block: int) -> int | None:  # noqa: ARG002 - as a network has it
        """None: weights of a local network are in the clear."""
        return None

    def _checked(
        self,
        register: Register,
        hotkey: str,
        weights: Mapping[int, float],
        holders: Mapping[int, str],
        version_key: int,
    ) -> WeightRow:
        """The row to keep; checked in the order in which the chain checks."""
        neuron = neuron_of(register.neurons, hotkey)
        if neuron is None:
            raise Refused(WeightsRefusal.NOT_REGISTERED, f"hotkey {hotkey} is not registered in {self._file.path}")
        if not neuron.validator_permit:
            raise Refused(WeightsRefusal.NO_VALIDATOR_PERMIT, f"uid {neuron.uid} is registered as {neuron.role}")
        rules = self._weight_rules(register, neuron)
        if version_key < rules.version_key:
            raise Refused(
                WeightsRefusal.OLD_VERSION_KEY, f"version key {version_key}, the network takes {rules.version_key} on"
            )
        if rules.blocks_to_wait:
            raise Refused(
                WeightsRefusal.RATE_LIMITED,
                f"weights were set at block {rules.last_update_block}, {rules.blocks_to_wait} blocks too soon",
            )
        check_holders(weights, meant=holders, present={entry.uid: entry.hotkey for entry in register.neurons})
        row = shares(weights, known={neuron.uid for neuron in register.neurons}, at_least=rules.min_allowed_weights)
        return WeightRow(block=rules.block, version_key=version_key, weights=row)

    def _weight_rules(self, register: Register, neuron: Neuron) -> WeightRules:
        block = int(self._clock() // self._rules.block_seconds)
        last = register.weights.get(neuron.uid)
        return WeightRules(
            block=block,
            last_update_block=last.block if last else None,
            rate_limit_blocks=self._rules.rate_limit_blocks,
            tempo_blocks=self._rules.tempo_blocks,
            blocks_since_epoch=block % self._rules.tempo_blocks,
            min_allowed_weights=self._rules.min_allowed_weights,
            commit_reveal=False,
            version_key=self._rules.version_key,
            block_seconds=self._rules.block_seconds,
        )

    def _entry(self, register: Register, hotkey: str) -> Neuron:
        known = neuron_of(register.neurons, hotkey)
        if known is None:
            raise ConfigurationError(
                f"hotkey {hotkey} is not registered in {self._file.path}", remedy="Register it first."
            )
        return known

    def _change(self, change: Callable[[Register], tuple[T, Register]]) -> T:
        with self._file.locked():
            before = self._file.read()
            answer, after = change(before)
            if after != before:
                self._file.replace(after)
            return answer
