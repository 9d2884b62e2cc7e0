"""What a neuron reads from the home chain, each reading at one pinned block and checked against the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import requests
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, Web3Exception

from neurons.settings import ChainSettings
from staking_model.chain_source import ObserverReader
from staking_model.features import window_features
from statements.causes import cause_of
from statements.errors import ChainError
from statements.features_hash import features_hash

_RPC_TIMEOUT_SECONDS = 10.0
T = TypeVar("T")


class InputsUnavailableError(ChainError):
    """The observer does not hold a whole window for the asset and epoch (any more, or yet)."""


class FeatureMismatchError(ChainError):
    """Contract and Python compute different inputs: nothing may be proved or checked until that is understood."""


@dataclass(frozen=True)
class Reading:
    """A model's inputs as two implementations agree on them.

    Attributes:
        asset: token address.
        epoch: epoch of the newest observation.
        inputs: signed fixed point in circuit order.
        config_version: of the asset's observation config.
        input_scale_bits: the inputs are at 2^input_scale_bits.
        features_hash: digest of the config's feature parameters.
        observed_at: Unix time of the newest observation, seconds.
        block_number: block at which everything was read.
        block_hash: its hash, 0x-hex.
        block_time: its timestamp, seconds.
    """

    asset: str
    epoch: int
    inputs: tuple[int, ...]
    config_version: int
    input_scale_bits: int
    features_hash: str
    observed_at: int
    block_number: int
    block_hash: str
    block_time: int

    def require_scale(self, circuit_scale_bits: int) -> None:
        """Refuse inputs at another scale than a circuit takes them at: its scores would be of other figures.

        Raises:
            FeatureMismatchError: the scales differ.
        """
        if self.input_scale_bits != circuit_scale_bits:
            raise FeatureMismatchError(
                f"inputs of {self.asset} are at 2^{self.input_scale_bits}, the circuit takes 2^{circuit_scale_bits}",
                remedy="Use the circuit that the observer's config was made for.",
            )


class HomeChain:
    """The observer on the home chain. Methods block: call them in a thread.

    Args:
        settings: endpoint, chain id and observer.
    """

    def __init__(self, settings: ChainSettings) -> None:
        self.settings = settings
        provider = HTTPProvider(settings.endpoint, request_kwargs={"timeout": _RPC_TIMEOUT_SECONDS})
        self._web3 = Web3(provider)
        self._reader = ObserverReader(self._web3, settings.observer)

    def check(self) -> None:
        """Make sure that the endpoint is the chain expected and holds the observer.

        Raises:
            ChainError: it cannot be reached, is another chain, or has no contract at the observer's address.
        """
        settings = self.settings
        found = self._ask(lambda: self._web3.eth.chain_id)
        if found != settings.chain_id:
            raise ChainError(
                f"chain.endpoint {settings.endpoint} has chain id {found}, chain.chain_id is {settings.chain_id}",
                remedy="Correct chain.endpoint or chain.chain_id.",
            )
        code = self._ask(lambda: self._web3.eth.get_code(Web3.to_checksum_address(settings.observer)))
        if not code:
            raise ChainError(
                f"chain.observer {settings.observer} has no code on chain {settings.chain_id}",
                remedy="Correct chain.observer, or deploy the contracts first.",
            )

    def config_version(self, asset: str) -> int:
        """The config version by which ``asset`` is observed as of the newest block, 0 when the observer has none.

        Raises:
            ChainError: the chain cannot be reached, or the address is not an observer's.
        """
        block = self._ask(lambda: self._web3.eth.get_block("latest"))
        number = block["number"]
        epoch = block["timestamp"] // self._reachable(lambda: self._reader.epoch_length(number))
        return self._reachable(lambda: self._reader.config_version_at(asset, epoch, number))

    def latest_epoch(self, asset: str, *, block: int | None = None) -> int:
        """Newest epoch observed of ``asset``.

        Args:
            asset: token address.
            block: at which to look; None: at :meth:`pinned_block`.

        Raises:
            InputsUnavailableError: it has never been observed.
            ChainError: the chain cannot be reached.
        """
        number = self.pinned_block() if block is None else block
        return self._observed(lambda: self._reader.latest_epoch(asset, number))

    def read(self, asset: str, epoch: int, *, block: int | None = None) -> Reading:
        """The model inputs of ``asset`` for the window that ends with ``epoch``.

        Args:
            asset: token address.
            epoch: of the newest observation.
            block: at which to look; None: at :meth:`pinned_block`.

        Raises:
            InputsUnavailableError: the observer does not hold that window.
            FeatureMismatchError: the contract's inputs are not those computed from its observations.
            ChainError: the chain cannot be reached.
        """
        number = self.pinned_block() if block is None else block
        header = self._ask(lambda: self._web3.eth.get_block(number))
        inputs, config_version, observed_at = self._observed(lambda: self._reader.inputs_of(asset, epoch, number))
        parameters = self._observed(lambda: self._reader.parameters(asset, config_version, number))
        window = self._observed(lambda: self._reader.window(asset, epoch, number))
        computed = window_features(window, parameters)
        if computed != tuple(inputs):
            position = next(i for i, pair in enumerate(zip(computed, inputs, strict=True)) if pair[0] != pair[1])
            raise FeatureMismatchError(
                f"input {position} of {asset} at epoch {epoch} is {inputs[position]} in the contract "
                f"and {computed[position]} here",
                remedy="Run the same release as the deployed observer.",
            )
        return Reading(
            asset=asset,
            epoch=epoch,
            inputs=computed,
            config_version=config_version,
            input_scale_bits=parameters.input_scale_bits,
            features_hash=features_hash(**parameters.model_dump()),
            observed_at=observed_at,
            block_number=number,
            block_hash=Web3.to_hex(header["hash"]),
            block_time=header["timestamp"],
        )

    def pinned_block(self) -> int:
        """The newest block that counts: as many below the head as the settings want confirmations.

        Raises:
            ChainError: the chain cannot be reached.
        """
        newest = self._ask(lambda: int(self._web3.eth.block_number))
        return max(0, newest - self.settings.confirmations)

    def _observed(self, question: Callable[[], T]) -> T:
        try:
            return self._reachable(question)
        except ChainError as error:
            # no cause: the reader itself says that nothing is there; a logic error: the observer does
            if error.__cause__ is None or isinstance(error.__cause__, ContractLogicError):
                raise InputsUnavailableError(error.message, remedy=error.remedy) from error
            raise

    def _reachable(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except ChainError as error:
            if isinstance(error.__cause__, requests.RequestException | OSError):
                raise self._unreachable(error.__cause__) from error.__cause__
            raise

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except (Web3Exception, requests.RequestException, OSError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> ChainError:
        return ChainError(
            f"chain.endpoint {self.settings.endpoint} does not answer: {_words(error)}",
            remedy="Start the node, or correct chain.endpoint.",
        )


def _words(error: Exception) -> str:
    # web3's own errors are of the node's answer, and say themselves what is wrong with it
    return str(error) if isinstance(error, Web3Exception) else cause_of(error)
