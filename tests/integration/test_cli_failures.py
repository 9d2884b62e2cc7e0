"""Each sub-command fails well: one clear line, a remedy, an exit code, nothing half-written."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from verifier_gen.circuit import Circuit
from veristake.demo.anvil import start_chain
from veristake.demo.processes import DemoError, ProcessGroup, wait_until
from veristake.toolchain import find_tool

PROJECT = Path(__file__).resolve().parents[2]


def veristake(*arguments: object, cwd: Path = PROJECT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "veristake", *(str(argument) for argument in arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_demo_port_taken_names_anvil_and_leaves_no_result() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = veristake("demo", "--home-port", taken.getsockname()[1])
    assert done.returncode == 1
    assert "for chain 31337 is taken" in done.stderr
    assert "remedy: Choose another, or 0 for any free one" in done.stderr
    assert not (PROJECT / "build" / "demo" / "result.json").exists()


def test_demo_without_anvil_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "ape-config.yaml").touch()
    done = veristake("demo", VERISTAKE_PROJECT=str(tmp_path), PATH="/usr/bin:/bin")
    assert done.returncode == 2
    assert "error: anvil is not installed" in done.stderr
    assert not (tmp_path / "build" / "demo").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--epochs", 5), "epochs = 5 is too few"),
        (("--replay", "README.md", "--replay-asset", "stETH"), "replay asset 'stETH' is unknown"),
        (("--replay", "LICENSE"), "LICENSE"),
        (("--replay", "no-such-file.csv"), "does not exist"),
    ],
)
def test_demo_bad_option_is_named_before_anything_starts(arguments, message: str) -> None:
    done = veristake("demo", *arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_circuit_verify_changed_proof_is_refused(tiny_circuit: Circuit, tmp_path: Path) -> None:
    inputs, proof = tmp_path / "inputs.json", tmp_path / "proof.json"
    inputs.write_text(json.dumps([0] * 32))
    made = veristake("circuit", "prove", tiny_circuit.directory, inputs, proof, "--json")
    assert set(json.loads(made.stdout)) == {"outputs", "seconds"}
    assert veristake("circuit", "verify", tiny_circuit.directory, proof).stdout == "verified\n"
    document = json.loads(proof.read_text())
    document["instances"]["elements"][-1] = f"0x{int(document['instances']['elements'][-1], 16) + 1:064x}"
    proof.write_text(json.dumps(document))
    done = veristake("circuit", "verify", tiny_circuit.directory, proof)
    assert done.returncode == 1
    assert "does not verify under circuit" in done.stderr


def test_circuit_prove_output_folder_missing_is_named_before_proving(tiny_circuit: Circuit, tmp_path: Path) -> None:
    inputs = tmp_path / "inputs.json"
    inputs.write_text(json.dumps([0] * 32))
    done = veristake("circuit", "prove", tiny_circuit.directory, inputs, tmp_path / "no" / "proof.json")
    assert done.returncode == 2
    assert "cannot be written: no such folder" in done.stderr


def test_circuit_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = veristake("circuit", "build", "tiny", "--out", tmp_path / "file" / "circuits")
    assert done.returncode == 1
    assert "cannot be built in" in done.stderr
    done = veristake("circuit", "check", tmp_path / "file")
    assert done.returncode == 1
    assert "has no circuit.json" in done.stderr


@pytest.mark.parametrize("content", ["not json", "{}", '{"instances": 5, "proof": "0x"}'])
def test_circuit_verify_not_a_proof_is_refused(tiny_circuit: Circuit, tmp_path: Path, content: str) -> None:
    proof = tmp_path / "proof.json"
    proof.write_text(content)
    done = veristake("circuit", "verify", tiny_circuit.directory, proof)
    assert done.returncode == 2
    assert "is not a proof file" in done.stderr


@pytest.mark.parametrize("content", ["not json", "[1.5]", '{"a": 1}', "[true]"])
def test_circuit_prove_inputs_that_are_no_integers_are_refused(
    tiny_circuit: Circuit, tmp_path: Path, content: str
) -> None:
    inputs = tmp_path / "inputs.json"
    inputs.write_text(content)
    done = veristake("circuit", "prove", tiny_circuit.directory, inputs, tmp_path / "proof.json")
    assert done.returncode == 1
    assert "list of integers" in done.stderr
    assert not (tmp_path / "proof.json").exists()


def test_circuit_check_and_show_name_the_circuit(tiny_circuit: Circuit) -> None:
    assert "all files match" in veristake("circuit", "check", tiny_circuit.directory).stdout
    assert json.loads(veristake("circuit", "show", tiny_circuit.directory).stdout)["name"] == "tiny"


def test_circuit_build_again_changes_nothing(tiny_circuit: Circuit) -> None:
    done = veristake("circuit", "build", "tiny", "--no-chain", "--json")
    assert json.loads(done.stdout)["circuit_id"] == tiny_circuit.manifest.circuit_id


def test_circuit_build_unknown_recipe_is_named() -> None:
    done = veristake("circuit", "build", "nothing")
    assert done.returncode == 2
    assert "nothing.toml does not exist" in done.stderr


def test_circuit_check_changed_key_is_named(tiny_circuit: Circuit, tmp_path: Path) -> None:
    copy = tmp_path / "tiny"
    shutil.copytree(tiny_circuit.directory, copy)
    (copy / "proving.key").write_bytes(b"other")
    done = veristake("circuit", "check", copy)
    assert done.returncode == 1
    assert "proving.key has sha256" in done.stderr


@pytest.mark.parametrize("role", ["miner", "validator", "relayer"])
def test_role_run_missing_settings_file_is_named(role: str, tmp_path: Path) -> None:
    done = veristake(role, "run", "--config", tmp_path / "none.toml")
    assert done.returncode == 2
    assert "none.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_contracts_deploy_without_a_node_names_the_url(tmp_path: Path) -> None:
    plan = PROJECT / "scripts" / "plans" / "local_home.toml"
    done = veristake("contracts", "deploy", "--plan", plan, "--rpc", "http://127.0.0.1:9", "--output", tmp_path)
    assert done.returncode != 0
    assert "127.0.0.1:9" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_json_is_a_list_of_findings() -> None:
    done = veristake("doctor", "--json")
    assert {check["name"] for check in json.loads(done.stdout)["checks"]} >= {"python", "ezkl", "node", "anvil", "solc"}


def test_process_group_killed_process_is_named_with_its_log(tmp_path: Path) -> None:
    with ProcessGroup(tmp_path) as processes:
        processes.start("talker", ["sh", "-c", "echo last words; exit 3"])
        with pytest.raises(DemoError, match="talker ended with code 3: last words"):
            wait_until("nothing", lambda: False, processes=processes, seconds=30)


def test_process_group_stubborn_process_and_its_children_are_stopped(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("veristake.demo.processes._GRACE_SECONDS", 0.2)
    with ProcessGroup(tmp_path) as processes:
        script = "trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000"
        stubborn = processes.start("stubborn", ["sh", "-c", script])
        wait_until("its child", lambda: stubborn.last_lines() != "", processes=processes, seconds=30)
        child = int(stubborn.last_lines())
    assert not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text()
    assert not stubborn.alive


def test_wait_until_time_is_up_says_what_it_waited_for(tmp_path: Path) -> None:
    with ProcessGroup(tmp_path) as processes, pytest.raises(DemoError, match="waited 0 s for the moon"):
        wait_until("the moon", lambda: False, processes=processes, seconds=0)


def test_mine_at_failed_transaction_is_named(tmp_path: Path) -> None:
    with ProcessGroup(tmp_path) as processes:
        chain = start_chain(processes, find_tool("anvil", PROJECT), 31337, genesis_timestamp=1_700_000_000)
        chain.mine_by_hand()
        # a contract creation whose code is one INVALID instruction
        chain.call("eth_sendTransaction", {"from": chain.accounts[0], "data": "0xfe", "gas": hex(100_000)})
        with pytest.raises(DemoError, match="1 of 1 transactions failed"):
            chain.mine_at(1_700_000_100)
        with pytest.raises(DemoError, match="evm_nonsense on chain 31337 failed"):
            chain.call("evm_nonsense")


def test_forge_that_fails_has_an_exit_code() -> None:
    # npm's own launcher answers 0 whatever Forge answered, and every check through it would pass
    command = [str(find_tool("forge", PROJECT)), "build", "--no-such-option"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
