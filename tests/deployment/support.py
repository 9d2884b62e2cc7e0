"""Real Anvil nodes, and the command that people use."""

import io
import socket
import subprocess
import time
from collections import namedtuple
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from statements.abi import load_abi
from statements.deployment import Deployment
from veristake.cli import main

PROJECT = Path(__file__).resolve().parents[2]
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
Result = namedtuple("Result", "exit_code stdout stderr")
ONE_ASSET = """
kind = "home"
chain_id = {chain_id}
circuit = "{circuit}"
epoch_length = 3600
{more}
[account]
test_index = 0

[assets.ezETH]
heartbeat = 86400
[assets.ezETH.mock]
price = "1024000000000000000"
supply = "1000000000000000000000000"
"""


@contextmanager
def anvil(chain_id, *options):
    """A node of its own; ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = PROJECT / "build" / "bin" / "anvil"
    arguments = [str(binary), "--port", str(port), "--chain-id", str(chain_id), "--silent", *options]
    with subprocess.Popen(arguments) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            web3 = Web3(HTTPProvider(url))
            for _ in range(300):
                if web3.is_connected():
                    break
                time.sleep(0.1)
            yield url, web3
        finally:
            process.terminate()


def command(*arguments):
    """`veristake contracts ...`, as its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as finished:
        main(["contracts", *(str(argument) for argument in arguments)])
    return Result(finished.value.code, out.getvalue(), err.getvalue())


def write_plan(folder, circuit, more="", chain_id=31337):
    """A home chain with one mock asset."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "plan.toml"
    path.write_text(ONE_ASSET.format(circuit=circuit.directory, more=more, chain_id=chain_id), "utf-8")
    return path


def read(path):
    return Deployment.model_validate_json(path.read_text("utf-8"))


def contract(web3, deployment, name):
    """A deployed contract with its exported ABI."""
    return web3.eth.contract(deployment.address(name), abi=load_abi(name))


def transact(web3, method, sender=DEPLOYER):
    """A transaction of an account that the node can sign for, or is told to impersonate; it has to succeed."""
    web3.provider.make_request("anvil_impersonateAccount", [sender])
    web3.provider.make_request("anvil_setBalance", [sender, hex(10**20)])
    receipt = web3.eth.wait_for_transaction_receipt(method.transact({"from": sender}))
    assert receipt["status"] == 1


def pass_time(web3, seconds):
    web3.provider.make_request("evm_increaseTime", [seconds])
    web3.provider.make_request("evm_mine", [])
