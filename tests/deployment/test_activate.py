"""A version that has to wait: deployed, activated by its proposer once the delay is over, checked before and after."""

import json

import pytest
from eth_account import Account

from tests.deployment.support import OTHER, anvil, command, contract, pass_time, read, transact, write_plan

DELAY = 3 * 24 * 3600


@pytest.fixture
def waiting(circuit, tmp_path):
    """A deployment whose version is proposed: (URL, web3, file)."""
    plan = write_plan(tmp_path, circuit, f'activation_delay = {DELAY}\nproposer = "{OTHER}"')
    with anvil(31337) as (url, web3):
        result = command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out")
        assert result.exit_code == 0, result.stderr
        yield url, web3, tmp_path / "out" / "31337.json"


def test_activate_after_the_delay_by_the_proposer_only(waiting, circuit):
    url, web3, path = waiting
    name = circuit.manifest.model_name
    assert (set(read(path).proposed), set(read(path).models)) == ({name}, set())
    assert command("check", path, "--rpc", url).exit_code == 0

    early = command("activate", path, "--rpc", url, "--test-index", 1)
    assert early.exit_code == 1
    assert "can be activated from" in early.stderr
    pass_time(web3, DELAY)
    stranger = command("activate", path, "--rpc", url, "--test-index", 0)
    assert "may not activate versions" in stranger.stderr
    call = json.loads(command("activate", path, "--rpc", url, "--calldata").stdout)
    assert call["to"] == read(path).address("VerifierRegistry")
    nonce = web3.eth.get_transaction_count(OTHER)

    assert command("activate", path, "--rpc", url, "--test-index", 1).exit_code == 0
    assert web3.eth.get_transaction_count(OTHER) == nonce + 1
    assert (set(read(path).proposed), set(read(path).models)) == (set(), {name})
    assert command("check", path, "--rpc", url).exit_code == 0
    assert "0 proposed versions" in command("activate", path, "--rpc", url, "--test-index", 1).stderr


def test_activate_what_another_has_activated_is_only_recorded(waiting, circuit):
    url, web3, path = waiting
    pass_time(web3, DELAY)
    registry = contract(web3, read(path), "VerifierRegistry")
    epoch = web3.eth.get_block("latest")["timestamp"] // 3600 + 2
    transact(web3, registry.functions.activate(circuit.manifest.model_id, 1, epoch), OTHER)
    shown = command("check", path, "--rpc", url)
    assert shown.exit_code == 1
    assert "status: recorded Proposed, on the chain Active. Record the activation" in shown.stdout
    assert command("activate", path, "--rpc", url).exit_code == 0
    assert read(path).models[circuit.manifest.model_name].from_epoch == epoch
    assert command("check", path, "--rpc", url).exit_code == 0


def test_deploy_from_ape_account_with_passphrase_from_the_environment(circuit, tmp_path, monkeypatch):
    """Ape keeps its accounts in ~/.ape/accounts."""
    accounts = tmp_path / ".ape" / "accounts"
    accounts.mkdir(parents=True)
    account = Account.create()
    (accounts / "operator.json").write_text(json.dumps(Account.encrypt(account.key, "right", iterations=2)), "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OPERATOR_PASSPHRASE", "right")
    plan = write_plan(tmp_path, circuit)
    named = 'alias = "operator"\npassword_variable = "OPERATOR_PASSPHRASE"'
    plan.write_text(plan.read_text("utf-8").replace("test_index = 0", named), "utf-8")
    with anvil(31337) as (url, web3):
        web3.provider.make_request("anvil_setBalance", [account.address, hex(10**20)])
        assert command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out").exit_code == 0
        assert web3.eth.get_transaction_count(account.address) > 0
        monkeypatch.delenv("OPERATOR_PASSPHRASE")
        missing = command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out")
    assert "OPERATOR_PASSPHRASE is not set" in missing.stderr
