"""Observations and inputs from a home chain's AssetObserver; reads only, always at a block that the caller names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError, InsufficientDataBytes
from eth_typing import ChecksumAddress, HexStr
from eth_utils.abi import get_abi_output_types
from eth_utils.address import to_checksum_address
from requests.exceptions import RequestException
from web3 import Web3
from web3.exceptions import BadFunctionCallOutput, ContractLogicError, Web3Exception
from web3.types import BlockIdentifier, TxParams

from staking_model.features import OBSERVATIONS, FeatureParameters
from statements.abi import load_abi
from statements.abi.calldata import ErrorCatalogue
from statements.causes import cause_of
from statements.errors import ChainError
from statements.observation import Observation

Result = TypeVar("Result")
_WORD: Final = 32


class UnreachableError(ChainError):
    """A node gives no answer, or one that is not JSON-RPC; another one may."""


class ObserverReader:
    """Typed reads of one AssetObserver.

    Args:
        web3: connected to the home chain.
        observer: address of its AssetObserver.
    """

    def __init__(self, web3: Web3, observer: str) -> None:
        self._address = to_checksum_address(observer)
        self._web3 = web3
        self._contract = web3.eth.contract(address=self._address, abi=load_abi("AssetObserver"))

    def epoch_length(self, block: BlockIdentifier) -> int:
        """Seconds per epoch.

        Raises:
            ChainError: the chain cannot be reached or there is no observer.
        """
        return int(self._call("EPOCH_LENGTH", (), block))

    def latest_epoch(self, asset: str, block: BlockIdentifier) -> int:
        """Newest epoch observed of an asset.

        Raises:
            ChainError: as :meth:`epoch_length`; or nothing has been observed yet.
        """
        epoch = int(self._call("latestEpoch", (to_checksum_address(asset),), block))
        if epoch == 0:
            raise ChainError(
                f"asset {asset} has never been observed by {self._address}",
                remedy="Check the asset's address, and call observe(asset) in the first minutes of an epoch",
            )
        return epoch

    def observation(self, asset: str, epoch: int, block: BlockIdentifier) -> Observation:
        """One observation.

        Raises:
            ChainError: as :meth:`epoch_length`; or the ring does not hold it.
        """
        rate, price, observed_at, elapsed, config, mean_total, supply, price_age, carried = self._call(
            "observationOf", (to_checksum_address(asset), epoch), block
        )
        return Observation(
            epoch=epoch,
            rate=rate,
            price=price,
            observed_at=observed_at,
            elapsed=elapsed,
            config_version=config,
            mean_total=mean_total,
            supply=supply,
            price_age=price_age,
            carried=carried,
        )

    def window(self, asset: str, epoch: int, block: BlockIdentifier) -> tuple[Observation, ...]:
        """The nine observations that the inputs of an epoch are made of, oldest first.

        Raises:
            ChainError: as :meth:`observation`.
        """
        return tuple(self.observation(asset, number, block) for number in range(epoch - OBSERVATIONS + 1, epoch + 1))

    def inputs_of(self, asset: str, epoch: int, block: BlockIdentifier) -> tuple[tuple[int, ...], int, int]:
        """The contract's own answer: the integers that a proof must have.

        Returns:
            Inputs in circuit order, config version, Unix time of the newest observation.

        Raises:
            ChainError: as :meth:`epoch_length`; or the contract holds no inputs for the epoch.
        """
        inputs, origin = self._call("inputsOf", (to_checksum_address(asset), epoch), block)
        _chain_id, _observer, config_version, observed_at, _features_hash = origin
        return tuple(int(value) for value in inputs), int(config_version), int(observed_at)

    def config_version_at(self, asset: str, epoch: int, block: BlockIdentifier) -> int:
        """The config version that an observation of an asset in an epoch reads, 0 when the observer has none.

        Raises:
            ChainError: as :meth:`epoch_length`.
        """
        return int(self._call("configVersionAt", (to_checksum_address(asset), epoch), block))

    def parameters(self, asset: str, config_version: int, block: BlockIdentifier) -> FeatureParameters:
        """Factors of the features in one config version.

        Raises:
            ChainError: as :meth:`epoch_length`; or there is no such version.
        """
        _rates, _prices, _heartbeat, features = self._config(asset, config_version, block)
        premium, premium_change, flow, rate_growth, scale_bits = features
        return FeatureParameters(
            premium_factor=premium,
            premium_change_factor=premium_change,
            flow_factor=flow,
            rate_growth_factor=rate_growth,
            input_scale_bits=scale_bits,
        )

    def deposit_contract(self, block: BlockIdentifier) -> ChecksumAddress:
        """Contract that knows how much of an asset is staked.

        Raises:
            ChainError: as :meth:`epoch_length`.
        """
        return to_checksum_address(self._call("DEPOSIT", (), block))

    def market_addresses(
        self, asset: str, config_version: int, block: BlockIdentifier
    ) -> tuple[ChecksumAddress, ChecksumAddress]:
        """Rate provider and price feed that one config version names.

        Raises:
            ChainError: as :meth:`parameters`.
        """
        rates, prices, _heartbeat, _features = self._config(asset, config_version, block)
        return to_checksum_address(rates), to_checksum_address(prices)

    def _config(self, asset: str, config_version: int, block: BlockIdentifier) -> Any:
        return self._call("assetConfig", (to_checksum_address(asset), config_version), block)

    def _call(self, function: str, arguments: tuple[Any, ...], block: BlockIdentifier) -> Any:
        entry = self._contract.functions[function](*arguments)
        request: TxParams = {"to": self._address, "data": HexStr(entry._encode_transaction_data())}
        what = f"{function}({', '.join(str(argument) for argument in arguments)}) of observer {self._address}"
        raw = translated(lambda: self._web3.eth.call(request, block_identifier=block), what)
        # a decoder may pad what is missing: Ape, once imported, puts one that does into eth-abi for all of the process
        if not raw:
            raise ChainError(
                f"{what} gave no answer", remedy="Check that the observer's address and the chain belong together"
            ) from BadFunctionCallOutput(what)
        types = get_abi_output_types(entry.abi)
        try:
            values = decode_words(types, bytes(raw))
        except DecodingError as error:
            raise ChainError(
                f"{what} gave {len(raw)} bytes that are no {', '.join(types)}",
                remedy="Check that the observer's address and the chain belong together",
            ) from error
        return values[0] if len(values) == 1 else values


def decode_words(types: Sequence[str], raw: bytes) -> tuple[Any, ...]:
    """Decode an answer that has to be whole words.

    Raises:
        DecodingError: it is not, or holds something else.
    """
    if not raw or len(raw) % _WORD:
        raise InsufficientDataBytes(f"{len(raw)} bytes are not whole words")
    return decode(types, raw)


def translated(call: Callable[[], Result], what: str) -> Result:
    """Do a call and turn what libraries raise into this project's errors.

    Args:
        call: to do.
        what: is asked, for the message; no URL.

    Raises:
        UnreachableError: the node does not answer; another one may.
        ChainError: it answered that it cannot.
    """
    try:
        return call()
    except ContractLogicError as error:
        raise ChainError(
            f"{what} reverted: {_named_error(error.data)}",
            remedy="Check asset and epoch; a window needs nine consecutive observed epochs",
        ) from error
    except (RequestException, OSError, ValueError) as error:
        # not the library's own words, which quote the URL and with it any access key
        raise UnreachableError(
            f"{what}: the node does not answer: {cause_of(error)}", remedy="Check the RPC URL"
        ) from error
    except Web3Exception as error:
        raise ChainError(f"{what} failed: {error}", remedy="Check that the node still holds this block") from error


def _named_error(data: object) -> str:
    """One of the observer's errors with its arguments."""
    raw = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""
    return ErrorCatalogue([load_abi("AssetObserver")]).describe(raw)
