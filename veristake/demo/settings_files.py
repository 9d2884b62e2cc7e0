"""The settings files of miner, validator and relayer, as an operator would write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statements.deployment import Deployment
from veristake.demo.anvil import LocalChain
from veristake.demo.credentials import EvmKey, Wallet


@dataclass(frozen=True)
class Corridor:
    """What the three programs have to know.

    Attributes:
        folder: build/demo.
        circuit: folder of the staking circuit.
        home: home chain.
        abroad: second chain.
        home_deployment: contracts of the home chain.
        abroad_deployment: contracts of the second chain.
        miner: wallet of the miner.
        validator: wallet of the validator.
        relayer: wallet of the relayer.
        attester: EVM key of the validator.
        payer: EVM key of the relayer.
        miner_port: where the miner listens.
        validator_port: where the validator listens.
        relayer_port: where the relayer listens.
    """

    folder: Path
    circuit: Path
    home: LocalChain
    abroad: LocalChain
    home_deployment: Deployment
    abroad_deployment: Deployment
    miner: Wallet
    validator: Wallet
    relayer: Wallet
    attester: EvmKey
    payer: EvmKey
    miner_port: int
    validator_port: int
    relayer_port: int

    @property
    def network(self) -> Path:
        """File of the local network."""
        return self.folder / "network.json"

    @property
    def validator_url(self) -> str:
        """Where the validator publishes."""
        return f"http://127.0.0.1:{self.validator_port}"

    @property
    def relayer_url(self) -> str:
        """Where the relayer tells of its jobs."""
        return f"http://127.0.0.1:{self.relayer_port}"


def write_settings(corridor: Corridor) -> dict[str, Path]:
    """Write the three files and return them by role."""
    contents = {"miner": _miner(corridor), "validator": _validator(corridor), "relayer": _relayer(corridor)}
    files = {}
    for role, content in contents.items():
        files[role] = corridor.folder / f"{role}.toml"
        files[role].write_text(f"# Written by 'veristake demo'.\n{_toml(content)}", "utf-8")
    return files


def _neuron(corridor: Corridor, wallet: Wallet, port: int) -> dict[str, Any]:
    return {
        "network": str(corridor.network),
        "wallet": _wallet(wallet),
        "listen": {"host": "127.0.0.1", "port": port},
        "chain": {
            "endpoint": corridor.home.url,
            "chain_id": corridor.home.chain_id,
            "observer": corridor.home_deployment.observer,
        },
    }


def _miner(corridor: Corridor) -> dict[str, Any]:
    common = _neuron(corridor, corridor.miner, corridor.miner_port)
    return {"circuits": [str(corridor.circuit)], "workers": 1, **common}


def _validator(corridor: Corridor) -> dict[str, Any]:
    common = _neuron(corridor, corridor.validator, corridor.validator_port)
    inputs = corridor.abroad_deployment.address("AttestedInputs")
    return {
        "circuit": str(corridor.circuit),
        "state_url": f"sqlite:///{corridor.folder / 'validator.sqlite'}",
        "poll_seconds": 0.5,
        "request_timeout_seconds": 120,
        "readers": [corridor.relayer.hotkey],
        **common,
        "assets": [
            {"symbol": symbol, "token": asset.token} for symbol, asset in corridor.home_deployment.assets.items()
        ],
        "attestation": {
            "keystore": str(corridor.attester.keystore),
            "password_file": str(corridor.attester.password_file),
            "destinations": [{"chain_id": corridor.abroad.chain_id, "contract": inputs}],
        },
    }


def _relayer(corridor: Corridor) -> dict[str, Any]:
    home, abroad = corridor.home_deployment, corridor.abroad_deployment
    return {
        "state_url": f"sqlite:///{corridor.folder / 'relayer.sqlite'}",
        "circuits": [str(corridor.circuit)],
        "port": corridor.relayer_port,
        "source_poll_seconds": 0.5,
        "wallet": _wallet(corridor.relayer),
        "sources": [{"url": corridor.validator_url, "hotkey": corridor.validator.hotkey}],
        "chains": [
            _relayed_chain("home", corridor.home, home, corridor.payer, {}),
            _relayed_chain(
                "abroad", corridor.abroad, abroad, corridor.payer, {"attested_inputs": abroad.address("AttestedInputs")}
            ),
        ],
    }


def _relayed_chain(
    name: str, chain: LocalChain, deployment: Deployment, payer: EvmKey, more: dict[str, Any]
) -> dict[str, Any]:
    return {
        "name": name,
        "chain_id": chain.chain_id,
        "endpoints": [chain.url],
        "risk_feed": deployment.address("RiskFeed"),
        "keystore": str(payer.keystore),
        "password_file": str(payer.password_file),
        "poll_seconds": 0.3,
        **more,
        "finality": {"mode": "tag"},
    }


def _wallet(wallet: Wallet) -> dict[str, Any]:
    return {"path": str(wallet.path), "name": wallet.name}


def _toml(content: Mapping[str, Any]) -> str:
    """TOML of a nested mapping; tables inside a list of tables are written inline."""
    plain = {key: value for key, value in content.items() if not _is_table(value)}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items()]
    for key, value in content.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{key}]", *(f"{name} = {_value(item)}" for name, item in value.items())]
        elif _is_table(value):
            for table in value:
                lines += ["", f"[[{key}]]", *(f"{name} = {_value(item)}" for name, item in table.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    # JSON's strings, numbers and booleans are TOML's
    return json.dumps(value)
