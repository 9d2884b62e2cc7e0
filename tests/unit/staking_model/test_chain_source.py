"""What the reader makes of odd answers; a provider in memory, no socket."""

from typing import Any

import pytest
from eth_abi.codec import ABICodec
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import HTTPError
from web3 import Web3
from web3.providers.base import BaseProvider

from staking_model import chain_source
from staking_model.chain_source import ObserverReader, UnreachableError
from statements.errors import ChainError

OBSERVER = "0x" + "11" * 20
SECRET = "https://user:password@node.example/v3/access-key"


class Answering(BaseProvider):
    """Gives the same answer to every call, or raises."""

    def __init__(self, answer: str | Exception) -> None:
        super().__init__()
        self._answer = answer

    def make_request(self, method: Any, params: Any) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return {"jsonrpc": "2.0", "id": 1, "result": "0x1" if method == "eth_chainId" else self._answer}


def reader(answer: str | Exception) -> ObserverReader:
    return ObserverReader(Web3(Answering(answer)), OBSERVER)


def test_epoch_length_empty_answer_raises_even_where_a_decoder_takes_it_for_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ape, once imported anywhere in the process, has eth-abi decode nothing as zero."""
    monkeypatch.setattr(ABICodec, "decode", lambda *_: (0,))
    monkeypatch.setattr(chain_source, "decode", lambda *_: (0,))
    with pytest.raises(ChainError, match=r"EPOCH_LENGTH\(\) of observer 0x1111.* gave no answer"):
        reader("0x").epoch_length(1)


def test_epoch_length_short_answer_says_how_long_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_source, "decode", lambda *_: (0,))
    with pytest.raises(ChainError, match=r"gave 3 bytes that are no uint32"):
        reader("0x010203").epoch_length(1)


def test_epoch_length_word_is_read() -> None:
    assert reader("0x" + (3600).to_bytes(32, "big").hex()).epoch_length(1) == 3600


@pytest.mark.parametrize("error", [RequestsConnectionError(f"cannot reach {SECRET}"), HTTPError(f"401 at {SECRET}")])
def test_epoch_length_dead_node_does_not_quote_its_url(error: Exception) -> None:
    with pytest.raises(UnreachableError, match="the node does not answer") as caught:
        reader(error).epoch_length(1)
    assert "access-key" not in str(caught.value)
    assert "password" not in str(caught.value)


def test_epoch_length_refused_connection_says_so() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    with pytest.raises(UnreachableError, match="the node does not answer: connection refused"):
        reader(RequestsConnectionError(refused)).epoch_length(1)
