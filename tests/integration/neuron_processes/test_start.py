"""How miner and validator fail to start, and what their doctors say, as a person at the command sees it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from neurons.network import LocalNetwork
from neurons.validator.store import open_store
from tests.integration.neurons.parts import MODEL, PROJECT, Home
from tests.integration.neurons.subnet import VALIDATOR, Subnet
from tests.without_database import BLOCK_DATABASE


def _veristake(*arguments: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "veristake", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment, timeout=120)


_START_FAILURES = {
    "wrong chain id": ("both", "chain_id = 31337", "chain_id = 1", "has chain id 31337, chain.chain_id is 1"),
    "no node": ("both", 'endpoint = "http://127.0.0.1:', 'endpoint = "http://127.0.0.1:1#', "connection refused"),
    "no observer": ("both", 'observer = "0x', 'observer = "0x' + "00" * 19 + '01" # ', "has no code on chain 31337"),
    "no wallet": ("both", "[wallet]\npath", '[wallet]\nhotkey = "none"\npath', "has no hotkey 'none'"),
    "no circuits": ("miner", "circuits = [", 'circuits = ["nowhere", ', "has no circuit.json"),
    "no circuit": ("validator", 'circuit = "', 'circuit = "nowhere" # ', "has no circuit.json"),
    "other model": ("validator", f'model = "{MODEL}"', 'model = "veristake/other/1"', "is of model"),
    "no attester": ("validator", 'keystore = "', 'keystore = "nowhere" # ', "attestation.keystore"),
    "unknown asset": ("validator", 'token = "0x', 'token = "0x' + "00" * 19 + '02" # ', "asset ezETH: token 0x"),
}
_CASES = [
    (role, failure)
    for failure, case in _START_FAILURES.items()
    for role in ("miner", "validator")
    if case[0] in ("both", role)
]


@pytest.mark.parametrize(("role", "failure"), _CASES)
def test_run_bad_settings_exit_with_one_line_and_a_remedy(subnet: Subnet, role: str, failure: str) -> None:
    _, old, new, said = _START_FAILURES[failure]
    config = subnet.write_settings(role)
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new, 1))
    _assert_refused(subnet, role, config, said)


@pytest.mark.parametrize("role", ["miner", "validator"])
def test_run_taken_port_exits_with_one_line_and_a_remedy(subnet: Subnet, role: str) -> None:
    config = subnet.write_settings(role)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", subnet.ports[role]))
        taken.listen()
        _assert_refused(subnet, role, config, f"listen.port {subnet.ports[role]} on listen.host 127.0.0.1")


def _assert_refused(subnet: Subnet, role: str, config: Path, said: str) -> None:
    done = _veristake(role, "run", "--config", str(config))
    assert done.returncode > 0, done.stderr
    error, remedy = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert said in error
    assert "Max retries" not in error
    assert remedy.startswith("remedy: ")
    assert LocalNetwork(subnet.folder / "network.json").neurons() == ()


def test_unknown_asset_is_named_by_run_and_doctor_with_token_and_observer(subnet: Subnet, home: Home) -> None:
    config = subnet.write_settings("validator")
    token = "0x00000000000000000000000000000000000000AA"
    config.write_text(config.read_text().replace(home.token("weETH"), token))
    expected = f"asset weETH: token {token} is unknown to observer {home.observer} of chain 31337"
    done = _veristake("validator", "run", "--config", str(config))
    assert done.returncode > 0
    assert done.stderr.splitlines()[0] == f"error: {expected}"
    doctor = _veristake("validator", "doctor", "--json", "--config", str(config))
    assert doctor.returncode == 1
    checks = {check["name"]: check for check in json.loads(doctor.stdout)["checks"]}
    assert checks["assets"]["detail"] == expected
    assert "build/deployments/<chainId>.json" in checks["assets"]["remedy"]


def test_doctor_relative_paths_from_another_folder_start_at_the_file(subnet: Subnet) -> None:
    config = subnet.write_settings("validator")
    config.write_text(config.read_text().replace(f"{subnet.folder}/", ""))
    elsewhere = subnet.folder / "elsewhere"
    elsewhere.mkdir()
    open_store(f"sqlite:///{subnet.folder}/validator.sqlite", VALIDATOR.ss58_address).close()
    doctor = _veristake("validator", "doctor", "--json", "--config", str(config), cwd=elsewhere)
    checks = {check["name"]: check for check in json.loads(doctor.stdout)["checks"]}
    assert [name for name, check in checks.items() if not check["ok"]] == ["miners"]
    assert checks["state"]["detail"].startswith("schema ")
    assert "open files are allowed" in checks["open files"]["detail"]
    assert list(elsewhere.iterdir()) == []


_WITHOUT_DATABASE = f"""{BLOCK_DATABASE}
from veristake.cli import main
main(sys.argv[1:])
"""


def test_miner_doctor_without_the_validator_extra_works(subnet: Subnet) -> None:
    command = [sys.executable, "-c", _WITHOUT_DATABASE, "miner", "doctor", "--json"]
    command += ["--config", str(subnet.write_settings("miner"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    assert all(check["ok"] for check in json.loads(done.stdout)["checks"])
