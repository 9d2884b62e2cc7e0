"""What a deployment leaves on real Anvil nodes, through the command that people use."""

import json

import pytest
from eth_utils import keccak

from statements.abi import load_abi
from tests.deployment.support import DEPLOYER, OTHER, command, contract, keystore_plan, read, refused, write_plan

WEEK = 7 * 24 * 3600


def test_deploy_home_records_all_contracts(home, circuit):
    deployment = read(home[2])
    assert deployment.is_home
    assert deployment.epoch_length == 3600
    expected = {
        "AccessManager",
        "OmronDeposit",
        "AssetObserver",
        "VerifierRegistry",
        "RiskFeed",
        "SampleLendingProtocol",
    }
    adapters = {
        f"RiskFeedAggregator:{symbol}:{output}"
        for symbol in deployment.assets
        for output in ("exit_risk", "staking_duration")
    }
    canary, consumers = {"CanaryStop", "CanaryVerifier"}, {"RiskOracleAdapter", "InferenceVerifier"}
    assert set(deployment.contracts) == expected | adapters | canary | consumers | {"TinyVerifier"}
    assert set(deployment.assets) == {"ezETH", "weETH", "wETH"}
    assert deployment.models[circuit.manifest.model_name].circuit_id == circuit.manifest.circuit_id


def test_deploy_home_configures_observer_and_registry(home, circuit):
    _, web3, path = home
    deployment, manifest = read(path), circuit.manifest
    observer = web3.eth.contract(deployment.observer, abi=load_abi("AssetObserver"))
    for asset in deployment.assets.values():
        rate_provider, price_feed, heartbeat, features = observer.functions.assetConfig(asset.token, 1).call()
        assert (rate_provider, price_feed, heartbeat) == (asset.rate_provider, asset.price_feed, 86400)
        assert features[-1] == manifest.layout.input_scale_bits
    registry = web3.eth.contract(deployment.address("VerifierRegistry"), abi=load_abi("VerifierRegistry"))
    model_id = bytes.fromhex(manifest.model_id[2:])
    from_epoch = deployment.models[manifest.model_name].from_epoch
    version_id, (_, status, *_) = registry.functions.versionAt(model_id, from_epoch).call()
    assert (version_id, status) == (1, 2)


def test_deploy_home_takes_power_from_the_deployer(home):
    """OmronDeposit belongs to the AccessManager, and a claim manager has to wait a week."""
    _, web3, path = home
    deployment = read(path)
    deposit = contract(web3, deployment, "OmronDeposit").functions
    assert deposit.owner().call() == deployment.address("AccessManager")
    assert deposit.claimManagerDelay().call() == WEEK
    assert deposit.getAllWhitelistedTokens().call() == [asset.token for asset in deployment.assets.values()]


def test_deploy_abroad_reads_attested_inputs_of_home(home, abroad):
    deployment, at_home = read(abroad[2]), read(home[2])
    assert not deployment.is_home
    assert (deployment.home_chain_id, deployment.observer) == (31337, at_home.observer)
    assert {s: a.token for s, a in deployment.assets.items()} == {s: a.token for s, a in at_home.assets.items()}
    assert "OmronDeposit" not in deployment.contracts
    web3 = abroad[1]
    inputs = web3.eth.contract(deployment.address("AttestedInputs"), abi=load_abi("AttestedInputs"))
    assert inputs.functions.isAttester(OTHER).call()
    assert not inputs.functions.isAttester(DEPLOYER).call()
    feed = web3.eth.contract(deployment.address("RiskFeed"), abi=load_abi("RiskFeed"))
    assert feed.functions.SOURCE().call() == inputs.address


def test_deploy_abroad_gets_the_default_adapter_and_says_that_it_has_no_canary(abroad):
    contracts = set(read(abroad[2]).contracts)
    assert "RiskOracleAdapter" in contracts
    assert contracts.isdisjoint({"InferenceVerifier", "CanaryStop", "CanaryVerifier"})


def test_consumer_adapters_speak_of_the_feed_and_its_model(home, circuit):
    _, web3, path = home
    deployment, model_id = read(path), bytes.fromhex(circuit.manifest.model_id[2:])
    oracle = contract(web3, deployment, "RiskOracleAdapter").functions
    assert (oracle.FEED().call(), oracle.MODEL_ID().call()) == (deployment.address("RiskFeed"), model_id)
    inference = contract(web3, deployment, "InferenceVerifier").functions
    assert (inference.REGISTRY().call(), inference.MODEL_ID().call()) == (
        deployment.address("VerifierRegistry"),
        model_id,
    )
    token = deployment.assets["ezETH"].token
    with pytest.raises(Exception, match="0x" + keccak(text="NoRound(bytes32,address)")[:4].hex()):
        oracle.getLatestUpdateByParameterAndMarket("exitRisk", token).call()


def test_adapters_revert_before_the_first_round(abroad):
    _, web3, path = abroad
    for asset in read(path).assets.values():
        adapter = web3.eth.contract(asset.exit_risk_feed, abi=load_abi("RiskFeedAggregator"))
        assert asset.token in adapter.functions.description().call()
        with pytest.raises(Exception, match="0x"):
            adapter.functions.latestRoundData().call()


def roles_of(web3, deployment, accounts):
    """Every (role, account, delay in seconds) that is held."""
    authority = web3.eth.contract(deployment.address("AccessManager"), abi=load_abi("AccessManager"))
    asked = {
        (role, account): authority.functions.hasRole(role, account).call() for role in (0, 1, 2) for account in accounts
    }
    return {(role, account, delay) for (role, account), (held, delay) in asked.items() if held}


def test_deploy_without_named_roles_leaves_them_to_the_deployer(abroad):
    _, web3, path = abroad
    assert roles_of(web3, read(path), [DEPLOYER, OTHER]) == {(0, DEPLOYER, 0), (1, DEPLOYER, 0), (2, DEPLOYER, 0)}


def test_deploy_from_keystore_with_another_salt_hands_named_roles_over(home, circuit, tmp_path):
    """Everything under other addresses; the deployer keeps nothing."""
    url, web3, path = home
    named = [web3.to_checksum_address("0x" + digits * 20) for digits in ("a1", "a2", "a3")]
    roles = "".join(
        f'{role} = "{account}"\n' for role, account in zip(("admin", "proposer", "guardian"), named, strict=True)
    )
    plan, address = keystore_plan(write_plan(tmp_path, circuit, f'{roles}admin_delay = 3600\nsalt = "2"'), "right")
    web3.provider.make_request("anvil_setBalance", [address, hex(10**20)])
    file = tmp_path / "out" / "31337.json"
    result = command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out", "--json")
    assert json.loads(result.stdout) == {"deployment": str(file)}, result.stderr
    deployment = read(file)
    assert roles_of(web3, deployment, [address, *named]) == {(0, named[0], 3600), (1, named[1], 0), (2, named[2], 0)}
    assert deployment.models[circuit.manifest.model_name].version_id == 1
    assert command("check", file, "--rpc", url).exit_code == 0
    addresses = [{each.address for each in one.contracts.values()} for one in (read(path), deployment)]
    # the circuit's verifier has neither arguments nor an owner, but the salt is another
    assert addresses[0].isdisjoint(addresses[1])


def test_deploy_admin_that_is_the_deployer_is_refused(home_plan, home, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(f'admin = "{DEPLOYER}"\n' + home_plan.read_text("utf-8"), "utf-8")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", DEPLOYER, "deploying account")


def test_deploy_second_time_sends_nothing(home_plan, home):
    url, web3, path = home
    before, nonce = path.read_text("utf-8"), web3.eth.get_transaction_count(DEPLOYER)
    assert command("deploy", "--plan", home_plan, "--rpc", url, "--output", path.parent).exit_code == 0
    assert (path.read_text("utf-8"), web3.eth.get_transaction_count(DEPLOYER)) == (before, nonce)


def test_deploy_mocks_again_without_the_journal_is_refused(home_plan, home, tmp_path):
    refused(["--plan", home_plan, "--rpc", home[0]], home[1], tmp_path / "out", "salt veristake/1 is used", "journal")


def test_compile_lists_sizes_below_the_limit():
    sizes = json.loads(command("compile", "--json").stdout)["runtime_bytes"]
    assert sizes["OmronDeposit"] > 1000
    assert all(size <= 24_576 for size in sizes.values())
