"""Real parts for the tests of miner and validator: a home chain with two assets, wallets, processes, servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from web3.contract import Contract

from neurons.settings import ChainSettings
from staking_model.features import FeatureParameters
from tests.integration.observer_chain import ObservedAsset, add_asset, deploy_observer
from verifier_gen.circuit import Circuit
from veristake.demo.anvil import LocalChain, start_chain
from veristake.demo.processes import ProcessGroup
from veristake.toolchain import find_tool

PROJECT = Path(__file__).resolve().parents[3]
CHAIN_ID, EPOCHS, HOUR = 31337, 10, 3600
SYMBOLS = ("ezETH", "weETH")
MODEL = "veristake/tiny-linear/1"
T = TypeVar("T")


@dataclass(frozen=True)
class Home:
    """A home chain on which both assets have one whole window."""

    chain: LocalChain
    contract: Contract
    assets: Mapping[str, ObservedAsset]

    @property
    def observer(self) -> str:
        return self.contract.address

    @property
    def settings(self) -> ChainSettings:
        return ChainSettings(endpoint=self.chain.url, chain_id=CHAIN_ID, observer=self.observer)

    def token(self, symbol: str) -> str:
        return self.assets[symbol].token.address

    def observe_next_epoch(self) -> int:
        """Move the clock one epoch on and observe every asset; gives the epoch."""
        chain = self.chain
        epoch = chain.timestamp // HOUR + 1
        chain.mine_by_hand()
        for number, asset in enumerate(self.assets.values()):
            self._send(asset.token, "setRate", 10**18 + epoch % 97 * 10**14)
            self._send(asset.price_feed, "setAnswer", 10**18 - (epoch + number) % 13 * 10**15, epoch * HOUR + 1)
        chain.mine_at(epoch * HOUR + 1)
        for asset in self.assets.values():
            self._send(self.contract, "observe", asset.token.address)
        chain.mine_at(epoch * HOUR + 12)
        chain.mine_at_once()
        return epoch

    def _send(self, contract: Contract, function: str, *arguments: Any) -> None:
        data = contract.encode_abi(function, args=list(arguments))
        call = {"from": self.chain.accounts[0], "to": contract.address, "data": data, "gas": hex(1_000_000)}
        self.chain.call("eth_sendTransaction", call)


@contextmanager
def home_chain(circuit: Circuit, folder: Path) -> Iterator[Home]:
    start = (int(time.time()) // HOUR - EPOCHS) * HOUR
    parameters = FeatureParameters(input_scale_bits=circuit.manifest.layout.input_scale_bits)
    with ProcessGroup(folder / "logs") as processes:
        chain = start_chain(processes, find_tool("anvil", PROJECT), CHAIN_ID, genesis_timestamp=start - HOUR)
        observer, _ = deploy_observer(chain)
        home = Home(chain, observer, {symbol: add_asset(chain, observer, symbol, parameters) for symbol in SYMBOLS})
        for _ in range(EPOCHS):
            home.observe_next_epoch()
        yield home


@contextmanager
def serving(app: Any, **config: Any) -> Iterator[str]:
    """Run an ASGI application on a free port in a thread; gives its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)  # who connects before the thread runs waits
        port = listener.getsockname()[1]
        options = {"log_level": "critical", "lifespan": "off", "timeout_graceful_shutdown": 1} | config
        server = uvicorn.Server(uvicorn.Config(app, **options))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)


class NeuronProcess:
    """`veristake miner run` or `veristake validator run` as a process.

    Args:
        arguments: of Python.
        log: file for what it writes.
        url: where it will answer.
    """

    def __init__(self, arguments: Sequence[str], log: Path, url: str) -> None:
        self.url, self.log = url, log
        with log.open("ab") as stream:
            command = [sys.executable, *arguments]
            self.process = subprocess.Popen(command, cwd=PROJECT, stderr=stream, stdout=stream, start_new_session=True)

    def healthy(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(self.url + "/healthz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """As when memory runs out: nothing is tidied up."""
        self.process.kill()
        self.process.wait()

    def clean_up(self) -> None:
        """End it with its prover processes, which a kill leaves alone."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)


def eventually(question: Callable[[], T], seconds: float = 60) -> T:
    """Ask until the answer is true."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"never came true, last answer {answer!r}"
        time.sleep(0.1)
    return answer
