"""Real parts for the tests of miner and validator: a home chain with two assets, wallets, processes, servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn

from neurons.settings import ChainSettings
from staking_model.simulator import simulate_market
from statements.abi import load_abi
from statements.deployment import Deployment
from verifier_gen.circuit import Circuit
from verifier_gen.solidity import install_verifier
from veristake.contracts_tool.account_plan import AccountPlan
from veristake.contracts_tool.deploy import deploy_to
from veristake.contracts_tool.plan import AssetPlan, HomePlan, MockAsset
from veristake.contracts_tool.record import read_deployment
from veristake.demo.anvil import LocalChain, start_chain
from veristake.demo.market_player import MarketPlayer
from veristake.demo.processes import ProcessGroup
from veristake.toolchain import find_tool

PROJECT = Path(__file__).resolve().parents[3]
CHAIN_ID, EPOCHS, HOUR = 31337, 10, 3600
SYMBOLS = ("ezETH", "weETH")
MODEL = "veristake/tiny-linear/1"
T = TypeVar("T")
_SET_ANSWER = {
    "type": "function",
    "name": "setAnswer",
    "stateMutability": "nonpayable",
    "inputs": [{"name": "answer", "type": "int256"}, {"name": "updatedAt", "type": "uint256"}],
    "outputs": [],
}


@dataclass(frozen=True)
class Home:
    """A home chain on which both assets have one whole window."""

    chain: LocalChain
    deployment: Deployment

    @property
    def settings(self) -> ChainSettings:
        return ChainSettings(endpoint=self.chain.url, chain_id=CHAIN_ID, observer=self.deployment.observer)

    def token(self, symbol: str) -> str:
        return self.deployment.assets[symbol].token

    def observe_next_epoch(self) -> int:
        """Move the clock one epoch on and observe every asset; gives the epoch."""
        chain, eth = self.chain, self.chain.web3.eth
        start = (chain.timestamp // HOUR + 1) * HOUR
        chain.mine_by_hand()
        for symbol in SYMBOLS:
            feed = eth.contract(self.deployment.assets[symbol].price_feed, abi=[_SET_ANSWER])
            self._send(0, feed, "setAnswer", 10**18, start + 1)
        chain.mine_at(start + 1)
        observer = eth.contract(self.deployment.observer, abi=load_abi("AssetObserver"))
        for symbol in SYMBOLS:
            self._send(1, observer, "observe", self.token(symbol))
        chain.mine_at(start + 12)
        chain.mine_at_once()
        return start // HOUR

    def _send(self, sender: int, contract: Any, function: str, *arguments: Any) -> None:
        data = contract.encode_abi(function, args=list(arguments))
        call = {"from": self.chain.accounts[sender], "to": contract.address, "data": data, "gas": hex(1_000_000)}
        self.chain.call("eth_sendTransaction", call)


@contextmanager
def home_chain(circuit: Circuit, folder: Path) -> Iterator[Home]:
    install_verifier(circuit.paths, circuit.manifest.verifier_contract, PROJECT / "contracts")
    start = (int(time.time()) // HOUR - EPOCHS) * HOUR + 5
    with ProcessGroup(folder / "logs") as processes:
        chain = start_chain(processes, find_tool("anvil", PROJECT), CHAIN_ID, genesis_timestamp=start - 300)
        market = simulate_market(7, EPOCHS, list(SYMBOLS), start=start)
        assets = {}
        for symbol in SYMBOLS:
            first = market.points[symbol][0]
            mock = MockAsset(initial_rate=first.rate, price=first.price, supply=first.supply)
            assets[symbol] = AssetPlan(heartbeat=HOUR, mock=mock)
        plan = HomePlan(chain_id=CHAIN_ID, circuit=circuit.directory, account=AccountPlan(test_index=0), assets=assets)
        deployment = read_deployment(deploy_to(plan, chain.url, PROJECT, folder))
        chain.mine_by_hand()
        MarketPlayer(chain, deployment, market).play(lambda done, of: None)
        chain.mine_at_once()
        yield Home(chain, deployment)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Run an ASGI application on a free port in a thread; gives its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)


class NeuronProcess:
    """`veristake miner run` or `veristake validator run` as a process."""

    def __init__(self, role: str, config: Path, log: Path, url: str) -> None:
        self.url, self.log = url, log
        with log.open("ab") as stream:
            command = [sys.executable, "-m", "veristake", role, "run", "--config", str(config)]
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
