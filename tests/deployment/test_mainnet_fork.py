"""A deployment for a real token, on a fork of Ethereum: where VERISTAKE_FORK_RPC_URL names a node of it."""

import os

import pytest

from tests.deployment.support import anvil, command, contract, pass_time, read, transact

FORK_URL = os.environ.get("VERISTAKE_FORK_RPC_URL", "")
WEETH = "0xCd5fE23C85820F7B72D0926FC9b05b43E359b7ee"
"""ether.fi's wrapped eETH; answers getRate() itself."""
WEETH_PRICE_FEED = "0x5c9C449BbC9a6075A2c061dF312a35fd1E05fF22"
"""Chainlink's weETH / ETH, 18 decimals, heartbeat one day."""
EPOCH = 3600
PLAN = """
kind = "home"
chain_id = 31337
circuit = "{circuit}"
epoch_length = {epoch}
[account]
test_index = 0
[assets.weETH]
heartbeat = 86400
[assets.weETH.existing]
token = "{token}"
rate_provider = "{token}"
price_feed = "{feed}"
"""


@pytest.mark.skipif(not FORK_URL, reason="VERISTAKE_FORK_RPC_URL is not set: no node of Ethereum to fork")
def test_deploy_on_fork_of_ethereum_observes_a_real_token(circuit, tmp_path):
    """The fork has a local chain's id, because the test circuit's SRS is for development."""
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.format(circuit=circuit.directory, epoch=EPOCH, token=WEETH, feed=WEETH_PRICE_FEED), "utf-8")
    output = tmp_path / "out"
    with anvil(31337, "--fork-url", FORK_URL, "--timeout", "45000", "--retries", "10") as (url, web3):
        for address in (WEETH, WEETH_PRICE_FEED):
            assert web3.eth.get_code(address), f"{address} has no code: VERISTAKE_FORK_RPC_URL is no node of Ethereum"
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", output)
        assert result.exit_code == 0, result.stderr
        assert command("check", output / "31337.json", "--rpc", url).exit_code == 0
        pass_time(web3, EPOCH - web3.eth.get_block("latest")["timestamp"] % EPOCH)
        observer = contract(web3, read(output / "31337.json"), "AssetObserver")
        transact(web3, observer.functions.observe(WEETH))
