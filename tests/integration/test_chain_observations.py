"""Observations, deposits and withdrawals of a real chain: read in pieces, killed, reorganised, from bad nodes."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from click.testing import CliRunner, Result

from staking_model.chain_source import ObserverReader
from staking_model.commands import model
from staking_model.drift import feature_ranges
from staking_model.durations import duration_labels
from staking_model.market import Move
from staking_model.observations.chain import ChainPlace, ChainSource
from staking_model.observations.source import input_windows
from staking_model.shipped import CARD_NAME, ONNX_NAME, shipped_model
from staking_model.watch import DriftError
from statements.errors import ChainError, ConfigurationError
from tests.integration.observer_chain import HOUR, START_EPOCH, SUPPLY, WEI, ObservedHome, observed_home

PARAMETERS = shipped_model().card.feature_parameters
MISSED, LAST = START_EPOCH + 4, START_EPOCH + 12


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObservedHome]:
    """Thirteen epochs, one missed, with deposits and withdrawals of two holders and the claim manager's last word."""
    with observed_home(tmp_path_factory.mktemp("home"), PARAMETERS) as home:
        owner, other = home.chain.accounts[:2]
        home.send(home.token, "transfer", other, SUPPLY // 10)
        send_as(home, other, home.token, "approve", home.deposit.address, SUPPLY)
        for epoch in range(START_EPOCH, LAST + 1):
            if epoch == MISSED:
                continue
            step = epoch - START_EPOCH
            home.observe(epoch, rate=WEI + step * 10**13, price=WEI - step**2 * 10**14)
            if step % 3 == 0:
                home.send(home.deposit, "deposit", home.token.address, SUPPLY // 1000 * (1 + step))
                send_as(home, other, home.deposit, "deposit", home.token.address, SUPPLY // 2000)
            if step == 7:
                home.send(home.deposit, "withdraw", home.token.address, SUPPLY // 500, owner)
        home.send(home.deposit, "setClaimManager", owner)
        home.send(home.deposit, "stopDeposits")
        home.send(home.deposit, "withdrawTokens", other)
        yield home


def send_as(home: ObservedHome, sender: str, contract: Any, function: str, *arguments: Any) -> None:
    call = contract.functions[function](*arguments)
    receipt = home.chain.wait_for(call.transact({"from": sender, "gas": 5_000_000}).to_0x_hex())
    assert receipt["status"] == 1, function


def place_of(home: ObservedHome, state: Path, *urls: str, confirmations: int | None = 0) -> ChainPlace:
    endpoints = urls or (home.chain.url,)
    return ChainPlace(endpoints, home.chain.chain_id, home.observer.address, 0, confirmations, state)


def test_history_equals_what_the_contract_holds_and_makes_its_inputs(home: ObservedHome, tmp_path: Path) -> None:
    with ChainSource(place_of(home, tmp_path / "state.sqlite")) as source:
        block = source.sync()
        assert source.assets() == (home.token.address,)
        history = source.history(home.token.address)
        assert source.parameters(home.token.address) == PARAMETERS
    reader = ObserverReader(home.chain.web3, home.observer.address)
    # the first is the baseline, which no window contains
    epochs = range(START_EPOCH + 1, LAST + 1)
    assert history.epoch_seconds == HOUR
    assert history.observations == tuple(reader.observation(home.token.address, e, block) for e in epochs)
    windows = dict(input_windows(history.observations, PARAMETERS))
    assert len(windows) == 4
    for newest, inputs in windows.items():
        assert reader.inputs_of(home.token.address, newest.epoch, block)[0] == inputs


def test_history_events_add_up_and_give_durations(home: ObservedHome, tmp_path: Path) -> None:
    with ChainSource(place_of(home, tmp_path / "state.sqlite")) as source:
        source.sync()
        history = source.history(home.token.address)
    events = history.events
    assert events is not None
    owner, other = home.chain.accounts[:2]
    held = {owner: 0, other: 0}
    for event in events:
        held[event.holder] += event.amount if event.move is Move.DEPOSIT else -event.amount
    for holder, amount in held.items():
        assert home.deposit.functions.tokenBalance(holder, home.token.address).call() == amount
    assert held[other] == 0
    assert held[owner] > 0
    times = [observation.observed_at for observation in history.observations]
    labels = duration_labels(events, times, events[-1].time, 30 * 86400)
    assert all(label is not None and 0 < label.value <= 1 for label in labels)


def test_market_reads_rate_provider_and_price_feed_of_the_config(home: ObservedHome, tmp_path: Path) -> None:
    with ChainSource(place_of(home, tmp_path / "state.sqlite")) as source:
        source.sync()
        reading = source.market(home.token.address)
    assert (reading.rate, reading.price) == (WEI + 12 * 10**13, WEI - 144 * 10**14)
    assert reading.price_updated_at == LAST * HOUR


def test_sync_second_time_reads_only_what_is_new(home: ObservedHome, tmp_path: Path) -> None:
    with ChainSource(place_of(home, tmp_path / "state.sqlite", confirmations=20)) as source:
        source.sync()
        before = source.history(home.token.address)
    seen: list[tuple[int, int]] = []
    with ChainSource(place_of(home, tmp_path / "state.sqlite")) as source:
        end = source.sync(lambda done, of: seen.append((done, of)))
        after = source.history(home.token.address)
        source.sync(lambda *_: pytest.fail("nothing is new"))
    assert seen == [(end, end)]
    assert after.observations[: len(before.observations)] == before.observations
    assert len(after.observations) > len(before.observations)


def test_source_state_of_another_observer_is_refused(home: ObservedHome, tmp_path: Path) -> None:
    ChainSource(place_of(home, tmp_path / "state.sqlite")).close()
    with pytest.raises(ConfigurationError, match=r"state.sqlite holds logs of chain 31337, .*from block 0, not of"):
        ChainSource(replace(place_of(home, tmp_path / "state.sqlite"), first_block=3))


def test_source_observer_without_code_is_refused(home: ObservedHome, tmp_path: Path) -> None:
    place = replace(place_of(home, tmp_path / "state.sqlite"), observer="0x" + "11" * 20)
    with pytest.raises(ChainError, match="gave no answer"):
        ChainSource(place)


def test_history_unknown_asset_raises(home: ObservedHome, tmp_path: Path) -> None:
    with ChainSource(place_of(home, tmp_path / "state.sqlite")) as source:
        source.sync()
        with pytest.raises(ChainError, match="has never been observed"):
            source.history(home.deposit.address)


class Proxy:
    """Stands before a node and may spoil its answers.

    Attributes:
        largest: most blocks that ``eth_getLogs`` may ask for; more is refused.
        chain_id: given instead of the node's own, unless None.
        ranges: sizes that were asked for.
    """

    def __init__(self, url: str) -> None:
        self.node, self.largest, self.chain_id = url, 1 << 60, None
        self.ranges: list[int] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["method"] == "eth_getLogs":
            wanted = request["params"][0]
            size = int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) + 1
            self.ranges.append(size)
            if size > self.largest:
                return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32005, "message": "range too wide"}}
        if request["method"] == "eth_chainId" and self.chain_id is not None:
            return {"jsonrpc": "2.0", "id": request["id"], "result": hex(self.chain_id)}
        answer: dict[str, Any] = requests.post(self.node, json=request, timeout=10).json()
        return answer


@contextmanager
def proxy_before(url: str) -> Iterator[tuple[Proxy, str]]:
    proxy = Proxy(url)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(proxy.answer(request)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy, f"http://user:secret@127.0.0.1:{server.server_port}/access-key"
    finally:
        server.shutdown()
        server.server_close()


def history_of(home: ObservedHome, state: Path, *urls: str) -> Any:
    with ChainSource(place_of(home, state, *urls)) as source:
        source.sync()
        return source.history(home.token.address)


def test_sync_node_that_refuses_wide_ranges_is_asked_for_halves(home: ObservedHome, tmp_path: Path) -> None:
    expected = history_of(home, tmp_path / "plain.sqlite")
    with proxy_before(home.chain.url) as (proxy, url):
        proxy.largest = 7
        assert history_of(home, tmp_path / "refused.sqlite", url) == expected
    assert max(proxy.ranges) > 7
    served = [size for size in proxy.ranges if size <= 7]
    # it tries to grow again after each success
    assert len([size for size in proxy.ranges if size > 7]) > 2
    assert sum(served) == home.chain.block_number + 1


def test_sync_node_that_refuses_single_blocks_says_so_without_credentials(home: ObservedHome, tmp_path: Path) -> None:
    with proxy_before(home.chain.url) as (proxy, url):
        proxy.largest = 0
        with pytest.raises(
            ChainError, match=r"http://127.0.0.1:\d+: logs of blocks 0 to 0: .*range too wide"
        ) as caught:
            history_of(home, tmp_path / "state.sqlite", url)
    assert "secret" not in str(caught.value)
    assert "access-key" not in str(caught.value)


def test_sync_dead_and_foreign_nodes_are_passed_over(home: ObservedHome, tmp_path: Path, free_port: int) -> None:
    expected = history_of(home, tmp_path / "plain.sqlite")
    dead = f"http://user:secret@127.0.0.1:{free_port}/access-key"
    with proxy_before(home.chain.url) as (foreign, url):
        foreign.chain_id = 1
        assert history_of(home, tmp_path / "other.sqlite", dead, url, home.chain.url) == expected
        with pytest.raises(ChainError) as caught:
            history_of(home, tmp_path / "none.sqlite", dead, url)
    assert foreign.ranges == []
    text = str(caught.value)
    assert f"http://127.0.0.1:{free_port}: eth_chainId: the node does not answer: connection refused" in text
    assert "serves chain 1, not 31337" in text
    assert "secret" not in text
    assert "access-key" not in text


KILLED = """
import os, signal, sys
from pathlib import Path
from staking_model.observations.chain import ChainPlace, ChainSource
url, chain_id, observer, state, pieces = sys.argv[1:]
with ChainSource(ChainPlace((url,), int(chain_id), observer, 0, 0, Path(state))) as source:
    source._logs.blocks = 2
    left = int(pieces)
    append = source._store.append
    def dying(logs, checkpoint):
        global left
        source._logs.blocks = 1
        left -= 1
        if left == 0:
            # between the rows and the end of the transaction: the worst moment
            execute = source._store._connection
            execute.execute("BEGIN IMMEDIATE")
            execute.executemany(
                "INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?)",
                [(log.block, log.position, log.time, log.address, ",".join(log.topics), log.data) for log in logs],
            )
            os.kill(os.getpid(), signal.SIGKILL)
        append(logs, checkpoint)
    source._store.append = dying
    source.sync()
"""


def test_sync_killed_in_the_middle_of_a_write_loses_and_repeats_nothing(home: ObservedHome, tmp_path: Path) -> None:
    expected = history_of(home, tmp_path / "plain.sqlite")
    state = tmp_path / "killed.sqlite"
    for pieces in (4, 9, 3):
        arguments = [home.chain.url, str(home.chain.chain_id), home.observer.address, str(state), str(pieces)]
        done = subprocess.run(
            [sys.executable, "-c", KILLED, *arguments], env={**os.environ}, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert history_of(home, state) == expected


def test_sync_reorganised_chain_is_read_again_from_the_last_common_block(tmp_path: Path) -> None:
    with observed_home(tmp_path / "home", PARAMETERS) as home:
        home.observe(START_EPOCH, rate=WEI, price=WEI)
        home.send(home.deposit, "deposit", home.token.address, 1000)
        snapshot = home.chain.call("evm_snapshot")
        home.observe(START_EPOCH + 1, rate=WEI, price=WEI)
        home.send(home.deposit, "deposit", home.token.address, 111)
        state = tmp_path / "state.sqlite"
        with ChainSource(place_of(home, state)) as source:
            source._logs.blocks = 1
            source.sync()
            before = source.history(home.token.address)
            assert [event.amount for event in before.events or ()] == [1000, 111]
            assert home.chain.call("evm_revert", snapshot)
            home.observe(START_EPOCH + 1, rate=WEI, price=WEI - 10**16)
            home.send(home.deposit, "deposit", home.token.address, 222)
            home.send(home.deposit, "deposit", home.token.address, 333)
            source.sync()
            after = source.history(home.token.address)
        assert [event.amount for event in after.events or ()] == [1000, 222, 333]
        assert [o.price for o in before.observations] == [WEI]
        assert [o.price for o in after.observations] == [WEI - 10**16]
        assert after == history_of(home, tmp_path / "fresh.sqlite")


def test_sync_up_to_finalized_leaves_the_newest_blocks(home: ObservedHome, tmp_path: Path) -> None:
    with ChainSource(place_of(home, tmp_path / "state.sqlite", confirmations=None)) as source:
        settled = source.sync()
    assert settled == home.chain.web3.eth.get_block("finalized")["number"]
    assert settled < home.chain.block_number


def watched(home: ObservedHome, tmp_path: Path, *more: object) -> Result:
    endpoints = tmp_path / "endpoints.txt"
    endpoints.write_text(f"{home.chain.url}\n", "utf-8")
    arguments = [
        "watch",
        "--endpoints-file",
        endpoints,
        "--chain-id",
        home.chain.chain_id,
        "--json",
        "--confirmations",
        0,
    ]
    arguments += ["--observer", home.observer.address, "--asset", home.token.address, "--state", tmp_path / "s.sqlite"]
    return CliRunner().invoke(model, [str(argument) for argument in [*arguments, *more]])


def model_trained_on(home: ObservedHome, tmp_path: Path) -> Path:
    """The shipped model with a card that says it has seen what this chain shows."""
    windows = input_windows(history_of(home, tmp_path / "trained.sqlite").observations, PARAMETERS)
    shipped = shipped_model()
    inputs = np.asarray([values for _, values in windows]) / PARAMETERS.one
    card = shipped.card.model_copy(update={"feature_ranges": feature_ranges(inputs)})
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / ONNX_NAME).write_bytes(shipped.onnx.read_bytes())
    (folder / CARD_NAME).write_text(card.model_dump_json(), "utf-8")
    return folder


def test_watch_chain_whose_price_falls_faster_every_hour_drifts(home: ObservedHome, tmp_path: Path) -> None:
    result = watched(home, tmp_path)
    assert isinstance(result.exception, DriftError), result.exception
    report = json.loads(result.stdout)
    assert report["windows"] == 4
    assert report["drifts"]
    by_name = {feature["name"]: feature for feature in report["features"]}
    # what the contract clips is clipped here: the newest change of premium lies at its bound on both sides
    reader = ObserverReader(home.chain.web3, home.observer.address)
    inputs, *_ = reader.inputs_of(home.token.address, LAST, home.chain.block_number)
    assert inputs[-3] == -PARAMETERS.one
    assert by_name["premium_change"]["newest"] == -1.0
    assert "the premium is -1.4518%" in report["remarks"][-1]


def test_watch_chain_like_the_model_s_training_is_in_range(home: ObservedHome, tmp_path: Path) -> None:
    result = watched(home, tmp_path, "--model", model_trained_on(home, tmp_path))
    assert result.exception is None, result.exception
    assert not json.loads(result.stdout)["drifts"]
