"""The scripts that a contract developer runs alone, through ``ape run``."""

import json
import re
import subprocess
import sys
from pathlib import Path

from statements.deployment import Deployment
from verifier_gen.circuit import Circuit
from verifier_gen.solidity import install_verifier
from veristake.demo.anvil import start_chain
from veristake.demo.processes import ProcessGroup
from veristake.toolchain import find_tool, tool_environment

PROJECT = Path(__file__).resolve().parents[2]
HOME = 31337


def ape_run(*arguments: object) -> subprocess.CompletedProcess[str]:
    ape = PROJECT / ".venv" / "bin" / "ape"
    return subprocess.run(
        [str(ape), "run", *(str(argument) for argument in arguments)],
        cwd=PROJECT,
        env=tool_environment(PROJECT),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_contracts_compile_json_is_one_document_also_when_it_compiles() -> None:
    command = [sys.executable, "-m", "veristake", "contracts", "compile", "--force", "--json"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(done.stdout)


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
