"""The Python of docs/restakers.md, run as a restaker would, on a real Anvil."""

import re

from statements.abi import load_abi
from tests.deployment.support import DEPLOYER, PROJECT, anvil, command, contract, pass_time, read, transact, write_plan

ONE, DAY = 10**18, 24 * 3600
KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
"""Anvil's second account: everybody knows it."""
DEPOSITS = "deposits.claim_manager = true\ndeposits.restake_gateway.mock = true"


def blocks():
    """The page's Python, in order."""
    page = (PROJECT / "docs" / "restakers.md").read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def execute(web3, deployment, name, method, *arguments):
    """The admin acts through AccessManager.execute."""
    target = contract(web3, deployment, name)
    call = bytes.fromhex(target.encode_abi(method, args=arguments)[2:])
    transact(web3, contract(web3, deployment, "AccessManager").functions.execute(target.address, call))


def test_every_snippet_runs(circuit, tmp_path):
    plan = write_plan(tmp_path, circuit, DEPOSITS)
    *before_the_stop, claim = blocks()
    assert len(before_the_stop) == 5
    with anvil(31337) as (url, web3):
        assert command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path).exit_code == 0
        record = tmp_path / "31337.json"
        deployment = read(record)
        token = web3.eth.contract(deployment.assets["ezETH"].token, abi=ERC20)
        names = {"rpc": url, "key": KEY, "record": record}
        setup, *others = before_the_stop
        exec(setup, names)
        transact(web3, token.functions.transfer(names["you"], 5 * ONE))
        for block in others:
            exec(block, names)
            pass_time(web3, 3600)
        assert names["points"] > 0
        pass_time(web3, DAY)
        execute(web3, deployment, "OmronDeposit", "stopDeposits")
        opens = web3.eth.get_block("latest")["timestamp"] + 7 * DAY
        manager = web3.eth.contract(deployment.address("ClaimManager"), abi=load_abi("ClaimManager"))
        terms = (token.address, 1000 * ONE, opens, 30 * DAY, ONE // 100, 0)
        execute(web3, deployment, "ClaimManager", "announcePoints", *terms)
        transact(web3, token.functions.approve(manager.address, 1000 * ONE))
        transact(web3, manager.functions.fund(1, 1000 * ONE), DEPLOYER)
        pass_time(web3, 7 * DAY)
        held = token.functions.balanceOf(names["you"]).call()
        exec(claim, names)
        # what was deposited, and a hundredth of a token for each hour of a token
        assert token.functions.balanceOf(names["you"]).call() > held + 2 * ONE


_ACCOUNT, _AMOUNT = {"type": "address", "name": "account"}, {"type": "uint256", "name": "amount"}
ERC20 = [
    {"type": "function", "name": name, "inputs": inputs, "outputs": outputs, "stateMutability": kind}
    for name, inputs, outputs, kind in (
        ("balanceOf", [_ACCOUNT], [_AMOUNT], "view"),
        ("approve", [_ACCOUNT, _AMOUNT], [], "nonpayable"),
        ("transfer", [_ACCOUNT, _AMOUNT], [], "nonpayable"),
    )
]
