"""What is refused before the first transaction: one line that names it, nothing sent, nothing left behind."""

import re
import shutil
import socket

import pytest

from tests.deployment.support import PROJECT, anvil, command, keystore_plan, refused, write_plan
from verifier_gen.manifest import sha256_file


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


def test_deploy_account_without_funds_is_refused(circuit, home, tmp_path):
    plan, address = keystore_plan(write_plan(tmp_path, circuit), "right")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", address, "no funds")


def test_deploy_wrong_password_is_refused_without_naming_it(circuit, home, tmp_path):
    plan, _ = keystore_plan(write_plan(tmp_path, circuit), "wrong-password")
    refused(["--plan", plan, "--rpc", home[0]], home[1], tmp_path / "out", "does not open")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('home = "{home}"', 'home = "nowhere.json"', ("home: deployment nowhere.json cannot be read", "home = FILE")),
        ('home = "{home}"', 'home = "{malformed}"', ("home: deployment", "is malformed")),
        ("chain_id = 31338", "chain_id = 31337", ("is of chain 31337, which is not another chain's home",)),
        ("maximum_age = 7200", "maximum_age = 3599", ("maximum_age 3599 is less than epoch_length 3600 of home",)),
        ('circuit = "{circuit}"', 'circuit = "nowhere"', ("circuit nowhere has no circuit.json", "circuit build")),
        ("threshold = 1", 'threshold = 1\ncanary = "nowhere"', ("canary: circuit nowhere has no", "circuit canary")),
        (
            "test_index = 0",
            'alias = "nobody"\npassword_file = "{home}"',
            ("nobody.json cannot be read", "accounts list"),
        ),
        ("test_index = 0", 'keystore = "{malformed}"\npassword_file = "none"', ("none cannot be read",)),
        ("test_index = 0", 'keystore = "{malformed}"\npassword_file = "{home}"', ("is not JSON", "keystore")),
        ("test_index = 0", 'keystore = "{home}"\npassword_variable = "NONE"', ("NONE is not set", "Export it")),
    ],
)
def test_deploy_abroad_each_wrong_file_is_refused_before_anything_is_sent(
    home, deployed_abroad, circuit, tmp_path, old, new, words
):
    """A home record that is missing was once noticed after the first transaction."""
    malformed = tmp_path / "malformed.json"
    malformed.write_text("{", "utf-8")
    text = (PROJECT / "scripts" / "plans" / "local_abroad.toml").read_text("utf-8")
    text = text.replace("build/circuits/staking", "{circuit}").replace("build/deployments/31337.json", "{home}")
    assert old in text
    text = text.replace(old, new)
    for name, path in (("circuit", circuit.directory), ("home", home[2]), ("malformed", malformed)):
        text = text.replace(f"{{{name}}}", str(path))
    plan = tmp_path / "plan.toml"
    plan.write_text(f'salt = "refused"\n{text}', "utf-8")
    url, web3, _ = home if "31337," in words[0] else deployed_abroad
    refused(["--plan", plan, "--rpc", url], web3, tmp_path / "out", *words)
