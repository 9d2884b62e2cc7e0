"""Nodes in memory that lag, reorganise and refuse; no socket."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.exceptions import HTTPError, ReadTimeout
from web3 import Web3
from web3.providers.base import BaseProvider

from staking_model.observations.endpoints import Endpoints, endpoint_label
from staking_model.observations.log_reader import LogReader
from staking_model.observations.log_store import LogStore, Origin
from statements.errors import ChainError, ConfigurationError

CONTRACT = Web3.to_checksum_address("0x" + "22" * 20)
TOPIC = "0x" + "ab" * 32


class Node(BaseProvider):
    """A chain with one log in each block; ``fork`` changes hashes and data from a block on."""

    def __init__(self, head: int) -> None:
        super().__init__()
        self.head, self.fork, self.forked_from, self.largest = head, 0, 1 << 60, 1 << 60
        self.asked: list[tuple[int, int]] = []

    def branch(self, block: int) -> int:
        return self.fork if block >= self.forked_from else 0

    def block_hash(self, block: int) -> str:
        return "0x" + (block * 1000 + self.branch(block)).to_bytes(32, "big").hex()

    def make_request(self, method: Any, params: Any) -> Any:
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": 1}
        if method == "eth_chainId":
            return reply | {"result": "0x1"}
        if method == "eth_getBlockByNumber":
            number = self.head if params[0] in ("latest", "finalized") else int(params[0], 16)
            if number > self.head:
                return reply | {"result": None}
            block = {"number": hex(number), "hash": self.block_hash(number), "timestamp": hex(number * 12)}
            return reply | {"result": block}
        assert method == "eth_getLogs"
        first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
        self.asked.append((first, last))
        if last - first + 1 > self.largest:
            return reply | {"error": {"code": -32005, "message": "too many blocks"}}
        return reply | {"result": [self.log(block) for block in range(first, min(last, self.head) + 1)]}

    def log(self, block: int) -> dict[str, Any]:
        return {
            "address": CONTRACT,
            "topics": [TOPIC],
            "data": "0x" + self.branch(block).to_bytes(32, "big").hex(),
            "blockNumber": hex(block),
            "blockHash": self.block_hash(block),
            "transactionHash": TOPIC,
            "transactionIndex": "0x0",
            "logIndex": "0x0",
            "removed": False,
        }


def reader_of(folder: Path, *nodes: Node, blocks: int = 4, confirmations: int | None = 0) -> LogReader:
    by_url = {f"http://node-{number}:1/key": node for number, node in enumerate(nodes)}
    endpoints = Endpoints(tuple(by_url), 1, lambda url: Web3(by_url[url]))
    folder.mkdir(exist_ok=True)
    store = LogStore(folder / "state.sqlite", Origin(1, (CONTRACT.lower(),), 5))
    return LogReader(endpoints, store, (CONTRACT,), 5, confirmations, blocks)


def read(reader: LogReader) -> list[tuple[int, int]]:
    return [(log.block, int.from_bytes(log.data, "big")) for log in reader.store.logs()]


def test_sync_reads_every_block_once_with_its_time(tmp_path: Path) -> None:
    node = Node(30)
    reader = reader_of(tmp_path, node)
    assert reader.sync() == 30
    assert read(reader) == [(block, 0) for block in range(5, 31)]
    assert [log.time for log in reader.store.logs()][:2] == [60, 72]
    assert node.asked == [(5, 8), (9, 16), (17, 30)]


def test_sync_stays_below_the_confirmed_depth(tmp_path: Path) -> None:
    reader = reader_of(tmp_path, Node(30), confirmations=10)
    assert reader.sync() == 20
    assert read(reader)[-1] == (20, 0)


def test_sync_chain_shorter_than_the_first_block_reads_nothing(tmp_path: Path) -> None:
    reader = reader_of(tmp_path, Node(3))
    assert reader.sync() == 3
    assert read(reader) == []


def test_sync_node_that_lags_is_not_taken_for_an_empty_chain(tmp_path: Path) -> None:
    """The first node answers where the chain stands, the next question goes to one that is behind."""
    ahead, behind = Node(30), Node(12)
    reader = reader_of(tmp_path, behind, ahead)
    reader.endpoints._first = 1
    settled = reader._settled()
    reader.endpoints._first = 0
    reader._settled = lambda: settled  # type: ignore[method-assign] # as if it had just been asked
    assert reader.sync() == 30
    assert read(reader) == [(block, 0) for block in range(5, 31)]


def test_sync_all_nodes_behind_raises_and_keeps_what_is_read(tmp_path: Path) -> None:
    node = Node(30)
    reader = reader_of(tmp_path, node)
    reader.sync()
    node.head = 10
    reader._settled = lambda: 40  # type: ignore[method-assign] # a node that was ahead has gone
    with pytest.raises(ChainError, match="the node does not have the block"):
        reader.sync()
    assert len(read(reader)) == 26


@pytest.mark.parametrize("forked_from", [5, 9, 20, 30])
def test_sync_reorganisation_is_read_again_from_the_common_checkpoint(tmp_path: Path, forked_from: int) -> None:
    node = Node(30)
    reader = reader_of(tmp_path, node)
    reader.sync()
    node.fork, node.forked_from, node.head = 7, forked_from, 31
    node.asked.clear()
    assert reader.sync() == 31
    assert read(reader) == [(block, 7 if block >= forked_from else 0) for block in range(5, 32)]
    kept = max([4, *(end for end in (8, 16, 30) if end < forked_from)])
    assert node.asked[0][0] == kept + 1


def test_sync_node_that_changes_its_mind_in_the_middle_is_not_believed(tmp_path: Path) -> None:
    node, steady = Node(30), Node(30)
    reader = reader_of(tmp_path, node, steady)
    log = node.log

    def turning(block: int) -> dict[str, Any]:
        node.fork, node.forked_from = 3, 6
        return log(block)

    node.log = turning  # type: ignore[method-assign] # reorganised between two questions
    reader.sync()
    assert read(reader) == [(block, 0) for block in range(5, 31)]


def test_sync_refused_ranges_are_halved_and_grow_again(tmp_path: Path) -> None:
    node = Node(40)
    node.largest = 3
    reader = reader_of(tmp_path, node, blocks=16)
    reader.sync()
    assert read(reader) == [(block, 0) for block in range(5, 41)]
    sizes = [last - first + 1 for first, last in node.asked]
    assert sizes[:4] == [16, 8, 4, 2]
    assert sizes[4] == 4


def test_sync_refused_single_block_raises_with_the_nodes_words(tmp_path: Path) -> None:
    node = Node(40)
    node.largest = 0
    with pytest.raises(ChainError, match=r"http://node-0:1: logs of blocks 5 to 5: too many blocks"):
        reader_of(tmp_path, node).sync()


@pytest.mark.parametrize("error", [HTTPError("413 too large at https://secret"), ReadTimeout("slow https://secret")])
def test_sync_node_that_gives_up_on_wide_ranges_is_asked_for_halves(tmp_path: Path, error: Exception) -> None:
    node = Node(40)
    answer = node.make_request

    def overwhelmed(method: Any, params: Any) -> Any:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) > 4:
            raise error
        return answer(method, params)

    node.make_request = overwhelmed  # type: ignore[method-assign] # a gateway before it
    reader = reader_of(tmp_path, node, blocks=16)
    reader.sync()
    assert read(reader) == [(block, 0) for block in range(5, 41)]


@pytest.mark.parametrize("spoilt", ["blockHash", "topics", "logIndex"])
def test_sync_node_that_leaves_out_fields_is_passed_over(tmp_path: Path, spoilt: str) -> None:
    careless, careful = Node(30), Node(30)
    whole = careless.log
    careless.log = lambda block: {k: v for k, v in whole(block).items() if k != spoilt}  # type: ignore[method-assign]
    reader = reader_of(tmp_path, careless, careful)
    reader.sync()
    assert read(reader) == [(block, 0) for block in range(5, 31)]
    with pytest.raises(ChainError, match="the node's answer is not understood"):
        reader_of(tmp_path / "alone", careless).sync()


@settings(max_examples=30)
@given(st.data())
def test_sync_any_course_of_a_chain_ends_with_what_the_chain_holds(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Grows, forks at any depth, refuses, lags, is read again by another process: never a log too many or too few."""
    folder = tmp_path_factory.mktemp("course")
    node = Node(data.draw(st.integers(0, 20)))
    heights: dict[int, int] = {}
    node.branch = lambda block: heights.get(block, 0)  # type: ignore[method-assign] # forks lie one upon another
    confirmations = data.draw(st.integers(0, 3))
    reader = reader_of(folder, node, confirmations=confirmations, blocks=data.draw(st.integers(1, 9)))
    for fork in range(1, data.draw(st.integers(2, 6))):
        node.head += data.draw(st.integers(0, 12))
        node.largest = data.draw(st.integers(1, 20))
        forked_from = data.draw(st.integers(0, node.head + 5))
        heights |= {block: fork for block in range(forked_from, node.head + 80)}
        if data.draw(st.booleans()):
            reader.store.close()
            reader = reader_of(folder, node, confirmations=confirmations)
        settled = reader.sync()
        newest = reader.store.newest()
        # a fork above what has been read is none for the reader; below it, everything is as the chain has it
        assert newest is None or newest.block >= settled
        end = max(settled, newest.block if newest else -1)
        if end <= node.head:
            assert read(reader) == [(block, node.branch(block)) for block in range(5, end + 1)]
    reader.store.close()


def test_store_written_by_another_origin_is_refused(tmp_path: Path) -> None:
    LogStore(tmp_path / "s.sqlite", Origin(1, ("0xaa",), 0)).close()
    with pytest.raises(ConfigurationError, match="holds logs of chain 1, contracts 0xaa, from block 0"):
        LogStore(tmp_path / "s.sqlite", Origin(2, ("0xaa",), 0))


def test_store_in_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").write_bytes(b"no database at all, just some text that is long enough" * 50)
    with pytest.raises(ConfigurationError, match=r"cannot use .*s.sqlite"):
        LogStore(tmp_path / "s.sqlite", Origin(1, ("0xaa",), 0))


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("https://user:pass@node.example:8545/v3/key?token=x", "https://node.example:8545"),
        ("https://node.example/v3/key", "https://node.example"),
        ("http://[::1]:8545/key", "http://::1:8545"),
    ],
)
def test_endpoint_label_holds_no_credentials(url: str, label: str) -> None:
    assert endpoint_label(url) == label


def test_endpoints_none_or_of_another_scheme_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="no endpoint is given"):
        Endpoints((), 1)
    with pytest.raises(ConfigurationError, match=r"endpoint ftp://node.example is not http or https"):
        Endpoints(("ftp://user:pass@node.example/key",), 1)
    with pytest.raises(ConfigurationError, match="an endpoint is no URL") as caught:
        Endpoints(("https://node.example:secret/key",), 1)
    assert "secret" not in str(caught.value)
