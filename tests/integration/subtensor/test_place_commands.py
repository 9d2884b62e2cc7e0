"""`register`, `status` and the network part of `doctor`, against the double."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bittensor.wallet import Wallet
from click.testing import CliRunner

from neurons.commands import miner, validator
from neurons.doctor import examine_network
from neurons.miner.settings import MinerSettings
from neurons.network import Role
from neurons.network.errors import BalanceError, DisabledError
from neurons.settings import load_settings
from neurons.validator.settings import ValidatorSettings
from signed_http.wallets import HotkeyKeypair, unlock_coldkey
from statements.errors import ConfigurationError
from statements.finding import Finding
from tests.integration.subtensor.settings_files import write_settings
from tests.integration.subtensor.stand import NETUID, TAO, Stand, fund
from veristake.demo.processes import free_port


def invoke(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(miner, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.output) if "--json" in arguments else result.output


def findings(config: Path, role: Role) -> dict[str, Finding]:
    model: Any = MinerSettings if role is Role.MINER else ValidatorSettings
    return {finding.name: finding for finding in examine_network(load_settings(model, config), role)}


def test_register_without_yes_shows_the_price_and_does_nothing(empty: Stand, tmp_path: Path) -> None:
    config, wallet = write_settings(tmp_path, "miner", empty.node.url)
    fund(empty.chain, wallet, 1.25)
    empty.put("CollateralLockShare", 65_535 // 5)
    empty.node.mine(1)
    before = empty.chain.head.number
    plan = invoke("register", "--config", config, "--json")
    assert (plan["cost_rao"], plan["locked_rao"], plan["max_cost_rao"]) == (TAO // 2, TAO // 10, TAO * 21 // 40)
    assert (plan["balance_rao"], plan["uid"], plan["registered"]) == (TAO * 5 // 4, None, False)
    text = invoke("register", "--config", config)
    assert "0.5 TAO: 0.4 burned, 0.1 locked" in text
    assert "at most   0.525 TAO" in text
    assert "Nothing was done" in text
    assert empty.chain.head.number == before


def test_register_with_yes_pays_once(empty: Stand, tmp_path: Path) -> None:
    config, wallet = write_settings(tmp_path, "miner", empty.node.url)
    fund(empty.chain, wallet, 1.25)
    empty.node.mine(1)
    assert invoke("register", "--config", config, "--yes", "--json")["uid"] == 0
    assert empty.chain.uid(NETUID, wallet.address) == 0
    again = invoke("register", "--config", config, "--yes", "--json")
    assert (again["uid"], again["registered"]) == (0, True)
    assert empty.node.submitted() == ["SubtensorModule.register_limit"]
    account = empty.chain.get("Account", [wallet.coldkey.ss58_address], pallet="System")
    assert account["data"]["free"] == TAO * 3 // 4


@pytest.mark.parametrize(
    ("rule", "value", "arguments", "error"),
    [
        ("Burn", 2 * TAO, [], BalanceError),
        ("Burn", TAO, ["--max-cost", "0.9"], BalanceError),
        ("NetworkRegistrationAllowed", False, [], DisabledError),
        ("Burn", TAO, ["--max-cost", "NaN"], SystemExit),
        ("Burn", TAO, ["--max-cost", "-1"], SystemExit),
    ],
)
def test_register_what_cannot_be_is_refused_before_signing(
    empty: Stand, tmp_path: Path, rule: str, value: Any, arguments: list[str], error: type[BaseException]
) -> None:
    config, wallet = write_settings(tmp_path, "miner", empty.node.url)
    fund(empty.chain, wallet, 1.0)
    empty.put(rule, value)
    empty.node.mine(1)
    result = CliRunner().invoke(miner, ["register", "--config", str(config), "--yes", *arguments])
    assert isinstance(result.exception, error)
    assert empty.node.submitted() == []


def test_register_price_that_rises_meanwhile_is_held_to_the_limit_by_the_chain(
    empty: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, wallet = write_settings(tmp_path, "miner", empty.node.url)
    fund(empty.chain, wallet, 9.0)
    empty.node.mine(1)

    def rise(wallet: Wallet) -> HotkeyKeypair:
        empty.put("Burn", TAO)
        empty.node.mine(1)
        return unlock_coldkey(wallet)

    monkeypatch.setattr("signed_http.wallets.unlock_coldkey", rise)
    result = CliRunner().invoke(miner, ["register", "--config", str(config), "--yes"])
    assert "RegistrationPriceLimitExceeded" in str(result.exception)
    assert empty.chain.uid(NETUID, wallet.address) is None


@pytest.mark.parametrize(("password_file", "said"), [(False, "no terminal"), (True, "cannot be unlocked")])
def test_register_coldkey_that_stays_locked_is_told(
    empty: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password_file: bool, said: str
) -> None:
    """Unlocking takes seconds by design: tests/soak/test_encrypted_coldkey.py does it."""
    config, wallet = write_settings(tmp_path, "miner", empty.node.url)
    fund(empty.chain, wallet, 1.0)
    empty.node.mine(1)
    (tmp_path / "wallets" / "miner" / "coldkey").write_bytes(b"$NACL" + bytes(64))
    if password_file:
        monkeypatch.setenv("BT_WALLET_PASSWORD_FILE", str(tmp_path / "missing"))
    result = CliRunner().invoke(miner, ["register", "--config", str(config), "--yes"])
    assert isinstance(result.exception, ConfigurationError)
    assert said in str(result.exception)
    assert empty.node.submitted() == []


def test_register_no_public_coldkey_is_told(empty: Stand, tmp_path: Path) -> None:
    config, _ = write_settings(tmp_path, "miner", empty.node.url)
    for file in ("coldkeypub.txt", "coldkey"):
        (tmp_path / "wallets" / "miner" / file).unlink()
    result = CliRunner().invoke(miner, ["register", "--config", str(config)])
    assert isinstance(result.exception, ConfigurationError)
    assert "coldkeypub.txt" in str(result.exception)


def test_doctor_unregistered_names_the_command_that_shows_the_price(empty: Stand, tmp_path: Path) -> None:
    config, _ = write_settings(tmp_path, "miner", empty.node.url)
    found = findings(config, Role.MINER)
    assert [name for name, finding in found.items() if not finding.ok] == ["network"]
    assert "veristake miner register" in found["network"].remedy
    assert set(found) == {"network", "endpoint", "block"}


def test_doctor_permit_is_needed_to_validate_and_no_harm_to_mine(empty: Stand, tmp_path: Path) -> None:
    places = {role: write_settings(tmp_path, role, empty.node.url) for role in ("miner", "validator")}
    for _, wallet in places.values():
        empty.enter(wallet)
    mining, validating = places["miner"][0], places["validator"][0]
    assert findings(mining, Role.MINER)["network"] == Finding("network", True, "uid 0, stake 0")
    assert not findings(validating, Role.VALIDATOR)["network"].ok
    for _, wallet in places.values():
        empty.permit(wallet)
    empty.node.mine(1)
    assert "validator permit" in findings(validating, Role.VALIDATOR)["network"].detail
    # anybody can give a miner a permit, by staking on it: it mines on
    assert findings(mining, Role.MINER)["network"] == Finding("network", True, "uid 0, stake 1000, validator permit")


def test_doctor_endpoint_says_what_is_announced_and_what_run_would(empty: Stand, tmp_path: Path) -> None:
    config, wallet = write_settings(tmp_path, "miner", empty.node.url)
    empty.enter(wallet)
    before = empty.chain.head.number
    planned = findings(config, Role.MINER)["endpoint"].detail
    assert planned.startswith(
        "announced: nothing yet; `run` announces http://127.0.0.2:8091 (serve axon 127.0.0.2:8091"
    )
    assert "fee " in planned
    assert empty.chain.head.number == before
    empty.network(wallet).serve(wallet.address, "http://127.0.0.2:8091")
    assert findings(config, Role.MINER)["endpoint"].detail == "announced: http://127.0.0.2:8091"
    loopback, _ = write_settings(tmp_path, "miner", empty.node.url, host="127.0.0.1")
    refused = findings(loopback, Role.MINER)["endpoint"]
    assert not refused.ok
    assert "listen.external_url" in refused.remedy


def test_doctor_node_that_lags_is_found(empty: Stand, tmp_path: Path) -> None:
    config, _ = write_settings(tmp_path, "miner", empty.node.url)
    assert findings(config, Role.MINER)["block"].ok
    empty.chain.clock = lambda: 1_790_000_000.0
    empty.node.mine(1)
    assert not findings(config, Role.MINER)["block"].ok


def test_doctor_no_node_is_one_finding_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurons.network.chain_client.READ_SECONDS", 0.5)
    config, _ = write_settings(tmp_path, "miner", "ws://127.0.0.1:9")
    (found,) = findings(config, Role.MINER).values()
    assert (found.name, found.ok) == ("network", False)
    assert "network.endpoint" in found.remedy


def test_status_tells_place_and_process(empty: Stand, tmp_path: Path) -> None:
    config, wallet = write_settings(tmp_path, "validator", empty.node.url, port=free_port())
    empty.enter(wallet)
    empty.permit(wallet)
    empty.node.mine(1)
    result = CliRunner().invoke(validator, ["status", "--config", str(config), "--json"], catch_exceptions=False)
    status = json.loads(result.output)
    assert status["running"] is False
    assert "connection refused" in status["process"]
    assert status["standing"]["neuron"]["uid"] == 0
    assert status["standing"]["weights"]["rate_limit_blocks"] == 3
    text = CliRunner().invoke(validator, ["status", "--config", str(config)]).output
    assert "uid 0, stake 1000, with validator permit" in text
    assert "next in" in text
    assert "block       the newest is " in text


def test_status_no_node_is_said_not_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurons.network.chain_client.READ_SECONDS", 0.5)
    config, _ = write_settings(tmp_path, "miner", "ws://127.0.0.1:9", port=free_port())
    assert "does not answer" in invoke("status", "--config", config)
