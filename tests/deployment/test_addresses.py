"""CREATE2: predicted addresses, equal ones on other chains, what stands taken or refused; what stops a run."""

import io
import json

import pytest

from tests.deployment.support import DEPLOYER, OTHER, anvil, command, read, write_plan
from veristake.contracts_tool import artifacts
from veristake.contracts_tool.create2 import FACTORY

ABROAD = """
kind = "abroad"
chain_id = 31338
circuit = "{circuit}"
home = "{home}"
attesters = ["{attester}"]
[account]
test_index = 0
"""
SAME_ARGUMENTS = {"AccessManager", "TinyVerifier", "VerifierRegistry", "SampleLendingProtocol"}


@pytest.fixture(scope="module")
def home(circuit, tmp_path_factory):
    """A node with nothing on it: (URL, web3, plan, folder)."""
    folder = tmp_path_factory.mktemp("home")
    with anvil(31337) as (url, web3):
        yield url, web3, write_plan(folder, circuit), folder


def predicted(plan, url, output):
    shown = command("deploy", "--plan", plan, "--rpc", url, "--output", output, "--dry-run", "--json")
    assert shown.exit_code == 0, shown.stderr
    return json.loads(shown.stdout)["contracts"]


def failed(plan, url, output, *words):
    result = command("deploy", "--plan", plan, "--rpc", url, "--output", output)
    assert result.exit_code not in (0, None)
    for word in words:
        assert word in result.stderr


def test_dry_run_shows_the_addresses_that_a_deployment_has_and_sends_nothing(home, circuit, tmp_path):
    url, web3, plan, folder = home
    shown = predicted(plan, url, folder / "out")
    assert web3.eth.get_transaction_count(DEPLOYER) == 0
    assert not (folder / "out").exists()
    assert {contract["state"] for contract in shown.values()} == {"to be deployed"}

    assert command("deploy", "--plan", plan, "--rpc", url, "--output", folder / "out").exit_code == 0
    deployment = read(folder / "out" / "31337.json")
    made = {name: contract.address for name, contract in deployment.contracts.items()}
    assert {name: contract["address"] for name, contract in shown.items()} == made

    # with other tokens and another age the rest keeps its addresses; on another chain as well
    abroad = tmp_path / "abroad.toml"
    home_file = folder / "out" / "31337.json"
    abroad.write_text(ABROAD.format(circuit=circuit.directory, home=home_file, attester=OTHER), "utf-8")
    with anvil(31338) as (other_url, _):
        assert command("deploy", "--plan", abroad, "--rpc", other_url, "--output", tmp_path / "out").exit_code == 0
    elsewhere = {name: each.address for name, each in read(tmp_path / "out" / "31338.json").contracts.items()}
    assert {name for name in made.keys() & elsewhere.keys() if made[name] == elsewhere[name]} == SAME_ARGUMENTS


def test_deploy_takes_what_stands_and_refuses_other_code(home, tmp_path):
    """A verifier has no arguments: anybody's stands where ours would."""
    _, _, plan, _ = home
    with anvil(31337) as (url, web3):
        shown = predicted(plan, url, tmp_path / "out")
        verifier = shown["TinyVerifier"]["address"]
        web3.provider.make_request("anvil_setCode", [verifier, "0x6001"])
        failed(plan, url, tmp_path / "out", f"{verifier} should be TinyVerifier and has other code (2 bytes)")
        web3.provider.make_request("anvil_setCode", [verifier, "0x"])
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out")
        assert result.exit_code == 0
        assert f"Authority is at {shown['AccessManager']['address']} already" in result.stderr


def test_deploy_without_the_proxy_is_refused(home, tmp_path):
    _, _, plan, _ = home
    with anvil(31337) as (url, web3):
        web3.provider.make_request("anvil_setCode", [FACTORY, "0x"])
        failed(plan, url, tmp_path / "out", "no deterministic deployment proxy", "pre-signed")
        assert web3.eth.get_transaction_count(DEPLOYER) == 0


def test_deploy_gas_above_the_cap_stops_and_goes_on_when_it_is_cheaper(circuit, tmp_path):
    plan = write_plan(tmp_path, circuit)
    plan.write_text(plan.read_text("utf-8") + "\n[transactions]\nmax_gas_price_gwei = 5\n", "utf-8")
    with anvil(31337) as (url, web3):
        web3.provider.make_request("anvil_setNextBlockBaseFeePerGas", [hex(10 * 10**9)])
        web3.provider.make_request("evm_mine", [])
        failed(plan, url, tmp_path / "out", "gas costs", "the plan allows 5.00", "goes on where it stopped")
        assert web3.eth.get_transaction_count(DEPLOYER) == 0
        web3.provider.make_request("anvil_setNextBlockBaseFeePerGas", [hex(10**9)])
        web3.provider.make_request("evm_mine", [])
        assert command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out").exit_code == 0


def test_deploy_contract_above_the_size_limit_is_refused_before_it_is_sent(home, tmp_path, monkeypatch):
    """The limit lowered instead of a verifier made too big, which takes minutes."""
    _, _, plan, _ = home
    monkeypatch.setattr(artifacts, "MAXIMUM_CODE_BYTES", 10_000)
    with anvil(31337) as (url, _):
        failed(plan, url, tmp_path / "out", "EIP-170 allows 10000", "fewer columns")


@pytest.mark.parametrize(
    ("typed", "told"), [("31337\n", "chain id 31337 was typed"), ("", "chain id (nothing) was typed")]
)
def test_deploy_to_public_chain_asks_for_its_id(circuit, tmp_path, monkeypatch, typed, told):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    plan = write_plan(tmp_path, circuit, chain_id=10)
    with anvil(10) as (url, web3):
        failed(plan, url, tmp_path / "out", "This spends real coin", told, "the transactions are for 10", "--yes")
        assert web3.eth.block_number == 0


def test_deploy_pending_transaction_is_replaced_when_fees_have_risen(circuit, tmp_path):
    """Signed and written before a crash, then too cheap for the chain: same nonce, higher fees, mined once."""
    plan, output = write_plan(tmp_path, circuit), tmp_path / "out"
    short = plan.read_text("utf-8") + "\n[transactions]\ntimeout = 0.05\n"
    with anvil(31337, "--no-mining") as (url, web3):
        plan.write_text(short, "utf-8")
        failed(plan, url, output, "is not mined", "goes on where it stopped")
        for fee in (4 * 10**9, 8 * 10**9):
            web3.provider.make_request("anvil_setNextBlockBaseFeePerGas", [hex(fee)])
        entry = json.loads((output / "31337.journal.json").read_text("utf-8"))["entries"][0]
        assert (entry["nonce"], len(entry["attempts"])) == (0, 1)
        web3.provider.make_request("anvil_dropTransaction", [entry["attempts"][0]["hash"]])
        web3.provider.make_request("evm_mine", [])
        failed(plan, url, output, "is not mined")
        entry = json.loads((output / "31337.journal.json").read_text("utf-8"))["entries"][0]
        assert (entry["nonce"], len(entry["attempts"])) == (0, 2)
        web3.provider.make_request("evm_setAutomine", [True])
        web3.provider.make_request("evm_mine", [])
        assert command("deploy", "--plan", plan, "--rpc", url, "--output", output).exit_code == 0
        assert web3.eth.get_transaction_count(DEPLOYER) == len(
            json.loads((output / "31337.journal.json").read_text("utf-8"))["entries"]
        )
