"""Real Anvil nodes, and the command that people use."""

import io
import json
import socket
import subprocess
import time
from collections import namedtuple
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from eth_account import Account
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


@contextmanager
def snapshot_of(web3):
    """The chain is as it was when the block ends."""
    snapshot = web3.provider.make_request("evm_snapshot", [])["result"]
    try:
        yield
    finally:
        web3.provider.make_request("evm_revert", [snapshot])


def found(chain):
    """What `check --json` names: {what: (recorded, live)}; each with a remedy."""
    url, _, path = chain
    result = command("check", path, "--rpc", url, "--json")
    differences = json.loads(result.stdout)["differences"]
    assert result.exit_code == (1 if differences else 0)
    assert all(difference["remedy"] for difference in differences)
    return {each["what"]: (each["recorded"], each["live"]) for each in differences}


def execute(web3, deployment, name, method, *arguments):
    """Have the admin call a method of a contract that belongs to the AccessManager."""
    target = contract(web3, deployment, name)
    data = bytes.fromhex(target.encode_abi(method, args=arguments)[2:])
    transact(web3, contract(web3, deployment, "AccessManager").functions.execute(target.address, data))


def pass_time(web3, seconds):
    web3.provider.make_request("evm_increaseTime", [seconds])
    web3.provider.make_request("evm_mine", [])


def refused(arguments, web3, output, *words):
    """The command fails in one line with these words, sends nothing and leaves nothing."""
    before = web3.eth.get_transaction_count(DEPLOYER)
    result = command("deploy", *arguments, "--output", output)
    assert result.exit_code not in (0, None)
    errors = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0] + result.stderr[result.stderr.index("remedy:") :]
    assert web3.eth.get_transaction_count(DEPLOYER) == before
    assert not output.exists() or not list(output.iterdir())


def keystore_plan(plan, password):
    """Have a new account's keystore, which opens with "right", send a plan; the plan and the account."""
    folder, account = plan.parent, Account.create()
    (folder / "keystore.json").write_text(json.dumps(Account.encrypt(account.key, "right", iterations=2)), "utf-8")
    (folder / "password").write_text(password + "\n", "utf-8")
    named = f'keystore = "{folder}/keystore.json"\npassword_file = "{folder}/password"'
    plan.write_text(plan.read_text("utf-8").replace("test_index = 0", named), "utf-8")
    return plan, account.address
