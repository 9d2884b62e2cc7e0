"""Kill -9 of a miner: its workers end with it, and the next start finds everything whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from bittensor import http_auth

from neurons.network import LocalNetwork, Role
from signed_http.client import SignedClient
from statements.proven_run import ProvenRun
from tests.integration.neurons.parts import eventually
from tests.integration.neurons.subnet import VALIDATOR, Subnet


def descendants(pid: int) -> set[int]:
    """Process ids below a process."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child} | descendants(child)
    return found


def running(pids: set[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    alive = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            alive.add(pid)
    return alive


def test_miner_killed_takes_its_workers_along_and_starts_again(subnet: Subnet) -> None:
    LocalNetwork(subnet.folder / "network.json").register(VALIDATOR.ss58_address, Role.VALIDATOR)
    miner = subnet.start("miner")
    hotkey = subnet.hotkeys["miner"]

    def ask(url: str) -> ProvenRun:
        fields = {"nonce": "0x" + "77" * 32, "circuit_id": subnet.circuit.manifest.circuit_id, "inputs": [3] * 32}

        async def go() -> Any:
            async with SignedClient(VALIDATOR, url, hotkey, 60) as client:
                return await client.post_json("/v1/queries", {**fields, "deadline_seconds": 60})

        return ProvenRun.model_validate(asyncio.run(go()))

    ask(miner.url)
    workers = descendants(miner.process.pid)
    assert workers
    headers = http_auth.sign(VALIDATOR, method="GET", path="/v1/capabilities", receiver_ss58=hotkey)
    assert httpx.get(miner.url + "/v1/capabilities", headers=headers, trust_env=False).status_code == 200

    miner.kill()
    eventually(lambda: not running(workers))

    again = subnet.start("miner")
    replayed = httpx.get(again.url + "/v1/capabilities", headers=headers, trust_env=False)
    assert replayed.status_code == 401
    # which of the two depends on how long the start took
    assert "ReplayedRequest" in replayed.text or "StaleRequest" in replayed.text
    assert ask(again.url).instances.inputs == (3,) * 32
    assert again.stop() == 0
