"""The scripts that a contract developer runs alone, through ``ape run``."""

import re
import subprocess
from pathlib import Path

import yaml

from statements.deployment import Deployment
from verifier_gen.circuit import Circuit
from verifier_gen.solidity import install_verifier
from veristake.contracts_tool.confirmation import CHAIN_NAMES
from veristake.demo.anvil import start_chain
from veristake.demo.processes import ProcessGroup
from veristake.toolchain import find_tool, tool_environment

PROJECT = Path(__file__).resolve().parents[2]
HOME = 31337


def ape_run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    ape = PROJECT / ".venv" / "bin" / "ape"
    return subprocess.run(
        [str(ape), "run", *(str(argument) for argument in arguments)],
        cwd=PROJECT,
        env={**tool_environment(PROJECT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_ape_run_deploy_and_verify_deployment_agree(tiny_circuit: Circuit, tmp_path: Path) -> None:
    install_verifier(tiny_circuit.paths, tiny_circuit.manifest.verifier_contract, PROJECT / "contracts")
    text = (PROJECT / "scripts" / "plans" / "local_home.toml").read_text("utf-8")
    plan = tmp_path / "plan.toml"
    plan.write_text(re.sub(r"^circuit = .*$", f'circuit = "{tiny_circuit.directory}"', text, flags=re.MULTILINE))
    with ProcessGroup(tmp_path / "logs") as processes:
        chain = start_chain(processes, find_tool("anvil", PROJECT), HOME, genesis_timestamp=1_790_000_000)
        done = ape_run("deploy", "--network", chain.url, "--plan", plan, "--output", tmp_path)
        assert done.returncode == 0, done.stderr
        file = tmp_path / f"{HOME}.json"
        assert Deployment.model_validate_json(file.read_text("utf-8")).is_home
        assert ape_run("verify_deployment", "--network", chain.url, file).returncode == 0
        feed = Deployment.model_validate_json(file.read_text("utf-8")).address("RiskFeed")
        chain.call("anvil_setCode", feed, "0xfe")
        changed = ape_run("verify_deployment", "--network", chain.url, file)
        assert changed.returncode != 0
        assert "RiskFeed" in changed.stdout + changed.stderr


def test_ape_networks_take_their_node_from_the_environment(tmp_path: Path) -> None:
    """Bittensor's EVM for all: none of the chains has a plugin of its own."""
    file = tmp_path / "964.json"
    recorded = Deployment(
        chain_id=964, home_chain_id=1, observer="0x" + "11" * 20, epoch_length=3600, features_hash="0x" + "00" * 32,
        contracts={}, assets={}, models={},
    )  # fmt: skip
    file.write_text(recorded.to_json(), "utf-8")
    unset = ape_run("verify_deployment", "--network", "bittensor:mainnet", file)
    assert unset.returncode != 0
    assert "$BITTENSOR_EVM_RPC_URL" in unset.stdout + unset.stderr
    with ProcessGroup(tmp_path / "logs") as processes:
        chain = start_chain(processes, find_tool("anvil", PROJECT), 964, genesis_timestamp=1_790_000_000)
        node = {"BITTENSOR_EVM_RPC_URL": chain.url}
        right = ape_run("verify_deployment", "--network", "bittensor:mainnet", file, **node)
        assert right.returncode == 0, right.stdout + right.stderr
        assert "0 differences" in right.stdout


def test_ape_config_has_every_chain_that_the_deployment_names() -> None:
    config = yaml.safe_load((PROJECT / "ape-config.yaml").read_text("utf-8"))
    custom = {(network["ecosystem"], network["name"]): network["chain_id"] for network in config["networks"]["custom"]}
    known = {("ethereum", "mainnet"): 1, ("ethereum", "sepolia"): 11155111, ("ethereum", "holesky"): 17000, **custom}
    assert set(known.values()) == set(CHAIN_NAMES)
    nodes = {
        (ecosystem, name): node["uri"] for ecosystem, names in config["node"].items() for name, node in names.items()
    }
    assert nodes.keys() == known.keys()
    assert all(uri.startswith("$") and uri.endswith("_RPC_URL") for uri in nodes.values())
    assert len(set(nodes.values())) == len(nodes)
