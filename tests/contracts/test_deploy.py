"""The deployment, on real Anvil nodes, through the command that people use."""

import io
import json
import re
import shutil
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
from verifier_gen.build import ensure_circuit
from verifier_gen.manifest import sha256_file
from verifier_gen.recipe import RECIPES, load_recipe
from verifier_gen.solidity import install_verifier
from veristake.cli import main

PROJECT = Path(__file__).resolve().parents[2]
WEEK = 7 * 24 * 3600
Result = namedtuple("Result", "exit_code stdout stderr")
ADMIN = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ATTESTER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@contextmanager
def anvil(chain_id):
    """A node of its own; ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = PROJECT / "build" / "bin" / "anvil"
    arguments = [str(binary), "--port", str(port), "--chain-id", str(chain_id), "--silent"]
    with subprocess.Popen(arguments) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            web3 = Web3(HTTPProvider(url))
            for _ in range(100):
                if web3.is_connected():
                    break
                time.sleep(0.1)
            yield url, web3
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def circuit():
    """The tiny circuit, with its verifier where the project compiles it."""
    built = ensure_circuit(
        load_recipe(RECIPES / "tiny.toml"), PROJECT / "build" / "circuits", PROJECT / "build" / "srs"
    )
    install_verifier(built.paths, built.manifest.verifier_contract, PROJECT / "contracts")
    return built


@pytest.fixture(scope="module")
def home_plan(circuit, tmp_path_factory):
    """The example plan of the home chain, with the tiny circuit."""
    text = (PROJECT / "scripts" / "plans" / "local_home.toml").read_text("utf-8")
    path = tmp_path_factory.mktemp("plan") / "home.toml"
    path.write_text(text.replace("build/circuits/staking", str(circuit.directory)), "utf-8")
    return path


@pytest.fixture(scope="module")
def home(home_plan, tmp_path_factory):
    """A deployed home chain: (URL, web3, file of the deployment)."""
    output = tmp_path_factory.mktemp("deployments")
    with anvil(31337) as (url, web3):
        assert command("deploy", "--plan", home_plan, "--rpc", url, "--output", output).exit_code == 0
        yield url, web3, output / "31337.json"


@pytest.fixture(scope="module")
def abroad(home, circuit, tmp_path_factory):
    """A deployed second chain."""
    output = tmp_path_factory.mktemp("deployments")
    text = (PROJECT / "scripts" / "plans" / "local_abroad.toml").read_text("utf-8")
    plan = output / "abroad.toml"
    text = text.replace("build/circuits/staking", str(circuit.directory))
    plan.write_text(text.replace("build/deployments/31337.json", str(home[2])), "utf-8")
    with anvil(31338) as (url, web3):
        assert command("deploy", "--plan", plan, "--rpc", url, "--output", output).exit_code == 0
        yield url, web3, output / "31338.json"


def command(*arguments):
    """`veristake contracts ...`, as its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as finished:
        main(["contracts", *(str(argument) for argument in arguments)])
    return Result(finished.value.code, out.getvalue(), err.getvalue())


def read(path):
    return Deployment.model_validate_json(path.read_text("utf-8"))


# ----------------------------------------------------------------- what stands


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
    assert set(deployment.contracts) == expected | adapters | {"TinyVerifier"}
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
    abi = [
        {
            "type": "function",
            "name": name,
            "inputs": [],
            "outputs": [{"type": kind, "name": ""}],
            "stateMutability": "view",
        }
        for name, kind in (
            ("owner", "address"),
            ("claimManagerDelay", "uint256"),
            ("getAllWhitelistedTokens", "address[]"),
        )
    ]
    deposit = web3.eth.contract(deployment.address("OmronDeposit"), abi=abi)
    assert deposit.functions.owner().call() == deployment.address("AccessManager")
    assert deposit.functions.claimManagerDelay().call() == WEEK
    assert deposit.functions.getAllWhitelistedTokens().call() == [a.token for a in deployment.assets.values()]


def test_deploy_abroad_reads_attested_inputs_of_home(home, abroad):
    deployment, at_home = read(abroad[2]), read(home[2])
    assert not deployment.is_home
    assert (deployment.home_chain_id, deployment.observer) == (31337, at_home.observer)
    assert {s: a.token for s, a in deployment.assets.items()} == {s: a.token for s, a in at_home.assets.items()}
    assert "OmronDeposit" not in deployment.contracts
    web3 = abroad[1]
    inputs = web3.eth.contract(deployment.address("AttestedInputs"), abi=load_abi("AttestedInputs"))
    assert inputs.functions.isAttester(ATTESTER).call()
    assert not inputs.functions.isAttester(ADMIN).call()
    feed = web3.eth.contract(deployment.address("RiskFeed"), abi=load_abi("RiskFeed"))
    assert feed.functions.SOURCE().call() == inputs.address


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


def test_deploy_without_named_roles_leaves_them_to_the_deployer(home):
    _, web3, path = home
    assert roles_of(web3, read(path), [ADMIN, ATTESTER]) == {(0, ADMIN, 0), (1, ADMIN, 0), (2, ADMIN, 0)}


def test_deploy_named_roles_take_over_from_the_deployer(home_plan, home, circuit, tmp_path):
    url, web3, _ = home
    named = [web3.to_checksum_address("0x" + digits * 20) for digits in ("a1", "a2", "a3")]
    roles = "".join(
        f'{role} = "{account}"\n' for role, account in zip(("admin", "proposer", "guardian"), named, strict=True)
    )
    plan = tmp_path / "plan.toml"
    plan.write_text(f'{roles}admin_delay = 3600\nsalt = "named roles"\n' + home_plan.read_text("utf-8"), "utf-8")
    assert command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out").exit_code == 0
    deployment = read(tmp_path / "out" / "31337.json")
    assert roles_of(web3, deployment, [ADMIN, *named]) == {(0, named[0], 3600), (1, named[1], 0), (2, named[2], 0)}
    assert deployment.models[circuit.manifest.model_name].version_id == 1


def test_deploy_admin_that_is_the_deployer_is_refused(home_plan, home, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(f'admin = "{ADMIN}"\n' + home_plan.read_text("utf-8"), "utf-8")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", ADMIN, "deploying account")


# ----------------------------------------------------------------------- check


def test_check_finds_no_difference(home, abroad):
    for url, _, path in (home, abroad):
        result = command("check", path, "--rpc", url, "--json")
        assert (result.exit_code, json.loads(result.stdout)) == (0, {"differences": []})


def test_check_names_each_difference(home, tmp_path):
    url, _, path = home
    deployment = read(path)
    name, model = next(iter(deployment.models.items()))
    feed = deployment.contracts["RiskFeed"].model_copy(update={"code_hash": "0x" + "11" * 32})
    nothing = deployment.contracts["AccessManager"].model_copy(update={"address": "0x" + "22" * 20})
    asset = deployment.assets["ezETH"].model_copy(update={"exit_risk_feed": "0x" + "33" * 20})
    altered = deployment.model_copy(
        update={
            "contracts": {**deployment.contracts, "RiskFeed": feed, "AccessManager": nothing},
            "assets": {**deployment.assets, "ezETH": asset},
            "models": {name: model.model_copy(update={"circuit_id": "0x" + "44" * 32})},
        }
    )
    file = tmp_path / "altered.json"
    file.write_text(altered.to_json(), "utf-8")
    result = command("check", file, "--rpc", url)
    assert result.exit_code == 1
    for expected in ("RiskFeed at", "AccessManager at", "no code", "ezETH.exit_risk_feed", "circuit_id"):
        assert expected in result.stdout
    assert "4 differences" in result.stdout


def test_check_contract_that_is_no_access_manager_is_a_difference(home, tmp_path):
    url, _, path = home
    first = read(path)
    other = first.model_copy(update={"contracts": {**first.contracts, "AccessManager": first.contracts["RiskFeed"]}})
    file = tmp_path / "altered.json"
    file.write_text(other.to_json(), "utf-8")
    assert "does not answer as one" in command("check", file, "--rpc", url).stdout


def test_check_unregistered_version_is_a_difference(home, tmp_path):
    url, _, path = home
    deployment = read(path)
    name, model = next(iter(deployment.models.items()))
    altered = deployment.model_copy(update={"models": {name: model.model_copy(update={"version_id": 2})}})
    file = tmp_path / "altered.json"
    file.write_text(altered.to_json(), "utf-8")
    assert "1 versions only" in command("check", file, "--rpc", url).stdout


def test_check_other_chain_is_the_only_difference(home, abroad):
    result = command("check", home[2], "--rpc", abroad[0])
    assert result.exit_code == 1
    assert "chain_id: recorded 31337, on the chain 31338" in result.stdout


# -------------------------------------------------------------------- refusals


def refused(arguments, web3, output, *words):
    """The command fails in one line with these words, sends nothing and leaves nothing."""
    before = web3.eth.get_transaction_count(ADMIN)
    result = command("deploy", *arguments, "--output", output)
    assert result.exit_code not in (0, None)
    errors = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0] + result.stderr[result.stderr.index("remedy:") :]
    assert web3.eth.get_transaction_count(ADMIN) == before
    assert not output.exists() or not list(output.iterdir())


def test_deploy_dev_srs_on_public_chain_is_refused(home_plan, tmp_path):
    plan = tmp_path / "public.toml"
    plan.write_text(home_plan.read_text("utf-8").replace("chain_id = 31337", "chain_id = 10"), "utf-8")
    with anvil(10) as (url, web3):
        refused(["--plan", plan, "--rpc", url, "--yes"], web3, tmp_path / "out", "dev SRS", "10", "ceremony")


def test_deploy_wrong_chain_id_is_refused(home_plan, abroad, tmp_path):
    url, web3, _ = abroad
    refused(["--plan", home_plan, "--rpc", url], web3, tmp_path / "out", "chain_id is 31338", "31337")


def test_deploy_missing_manifest_is_refused(home_plan, home, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(re.sub(r'circuit = ".*"', 'circuit = "nowhere"', home_plan.read_text("utf-8")), "utf-8")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", "nowhere", "circuit.json", "circuit build")


def test_deploy_stale_verifier_is_refused(home_plan, home, circuit, tmp_path):
    """The manifest of another build of the circuit than the generated Solidity's."""
    directory = tmp_path / "circuit"
    shutil.copytree(circuit.directory, directory)
    source = directory / "verifier.sol"
    source.write_text(source.read_text("utf-8") + "// of another build\n", "utf-8")
    other = circuit.manifest.model_copy(update={"verifier_source_hash": sha256_file(source)})
    (directory / "circuit.json").write_text(other.to_json(), "utf-8")
    plan = tmp_path / "plan.toml"
    plan.write_text(re.sub(r'circuit = ".*"', f'circuit = "{directory}"', home_plan.read_text("utf-8")), "utf-8")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", "stale", "TinyVerifier.sol")


def test_deploy_circuit_file_that_is_not_the_manifests_is_refused(home_plan, home, circuit, tmp_path):
    directory = tmp_path / "circuit"
    shutil.copytree(circuit.directory, directory)
    (directory / "verifying.key").write_bytes(b"another key")
    plan = tmp_path / "plan.toml"
    plan.write_text(re.sub(r'circuit = ".*"', f'circuit = "{directory}"', home_plan.read_text("utf-8")), "utf-8")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", "verifying.key has sha256")


def test_deploy_without_node_is_refused(home_plan, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    result = command("deploy", "--plan", home_plan, "--rpc", url, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert f"rpc {url} does not answer" in result.stderr
    assert command("check", tmp_path / "none.json", "--rpc", url).exit_code == 2


def keystore_plan(home_plan, folder, password):
    account = Account.create()
    (folder / "keystore.json").write_text(json.dumps(Account.encrypt(account.key, "right", iterations=2)), "utf-8")
    (folder / "password").write_text(password + "\n", "utf-8")
    text = home_plan.read_text("utf-8").replace(
        "test_index = 0", f'keystore = "{folder}/keystore.json"\npassword_file = "{folder}/password"'
    )
    plan = folder / "plan.toml"
    plan.write_text(text, "utf-8")
    return plan, account.address


def test_deploy_account_without_funds_is_refused(home_plan, home, tmp_path):
    plan, address = keystore_plan(home_plan, tmp_path, "right")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", address, "no funds")


def test_deploy_wrong_password_is_refused_without_naming_it(home_plan, home, tmp_path):
    plan, _ = keystore_plan(home_plan, tmp_path, "wrong-password")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", "does not open")


def test_deploy_from_keystore(home_plan, home, tmp_path):
    plan, address = keystore_plan(home_plan, tmp_path, "right")
    url, web3, _ = home
    web3.provider.make_request("anvil_setBalance", [address, hex(10**20)])
    result = command("deploy", "--plan", plan, "--rpc", url, "--output", tmp_path / "out", "--json")
    assert json.loads(result.stdout) == {"deployment": str(tmp_path / "out" / "31337.json")}
    assert command("check", tmp_path / "out" / "31337.json", "--rpc", url).exit_code == 0
    shutil.rmtree(tmp_path / "out")


def test_deploy_second_time_sends_nothing(home_plan, home):
    url, web3, path = home
    before, nonce = path.read_text("utf-8"), web3.eth.get_transaction_count(ADMIN)
    assert command("deploy", "--plan", home_plan, "--rpc", url, "--output", path.parent).exit_code == 0
    assert (path.read_text("utf-8"), web3.eth.get_transaction_count(ADMIN)) == (before, nonce)


def test_deploy_mocks_again_without_the_journal_is_refused(home_plan, home, tmp_path):
    refused(["--plan", home_plan, "--rpc", home[0]], home[1], tmp_path / "out", "salt veristake/1 is used", "journal")


def test_deploy_with_another_salt_has_other_addresses(home_plan, home, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text('salt = "another"\n' + home_plan.read_text("utf-8"), "utf-8")
    assert command("deploy", "--plan", plan, "--rpc", home[0], "--output", tmp_path / "out").exit_code == 0
    first, second = read(home[2]), read(tmp_path / "out" / "31337.json")
    assert {each.address for each in first.contracts.values()}.isdisjoint(
        each.address for each in second.contracts.values()
    )


def test_compile_lists_sizes_below_the_limit():
    sizes = json.loads(command("compile", "--json").stdout)["runtime_bytes"]
    assert sizes["OmronDeposit"] > 1000
    assert all(size <= 24_576 for size in sizes.values())
