"""What the home chain's reader makes of odd answers; a provider in memory, no socket."""

from typing import Any

import pytest
from eth_abi.codec import ABICodec
from web3.providers.base import BaseProvider

from neurons import home_chain
from neurons.home_chain import HomeChain
from neurons.settings import ChainSettings
from staking_model import chain_source
from statements.abi import load_abi
from statements.abi.calldata import encode_call
from statements.errors import ChainError

ASSET, OBSERVER = "0x" + "22" * 20, "0x" + "11" * 20
EPOCH_LENGTH = "0x" + encode_call(load_abi("AssetObserver"), "EPOCH_LENGTH", ()).hex()


class Node(BaseProvider):
    """One block; epochs of an hour; one answer to everything else that is asked of the observer."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self._answer = answer

    def make_request(self, method: Any, params: Any) -> Any:
        if method == "eth_call":
            hour = "0x" + (3600).to_bytes(32, "big").hex()
            result: Any = hour if params[0]["data"].startswith(EPOCH_LENGTH) else self._answer
        else:
            result = "0x1" if method == "eth_chainId" else {"number": "0x5", "timestamp": hex(480_000 * 3600)}
        return {"jsonrpc": "2.0", "id": 1, "result": result}


def chain(monkeypatch: pytest.MonkeyPatch, answer: str) -> HomeChain:
    monkeypatch.setattr(home_chain, "HTTPProvider", lambda *_, **__: Node(answer))
    return HomeChain(ChainSettings(endpoint="http://node.example", chain_id=1, observer=OBSERVER))


def test_config_version_word_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chain(monkeypatch, "0x" + (3).to_bytes(32, "big").hex()).config_version(ASSET) == 3


def test_config_version_empty_answer_raises_even_where_a_decoder_takes_it_for_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Zero would say that the observer does not know the asset, where there is no observer at all."""
    asked = chain(monkeypatch, "0x")
    words = chain_source.decode
    # as Ape, once imported anywhere in the process, has eth-abi do
    monkeypatch.setattr(ABICodec, "decode", lambda _, types, data, **__: words(types, bytes(data).ljust(32, b"\0")))
    with pytest.raises(ChainError, match=r"configVersionAt\(.*, 480000\) of observer 0x1111.* gave no answer"):
        asked.config_version(ASSET)
