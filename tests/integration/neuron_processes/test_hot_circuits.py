"""Circuits added to and taken from a running miner by the command, without a restart."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
from fastapi import FastAPI

from neurons.artefacts.bundle import bundle_of
from neurons.artefacts.serving import ARTEFACTS_PATH, Shelf, serve_artefacts
from neurons.messages import Capabilities
from neurons.network import LocalNetwork, Role
from signed_http.client import SignedClient
from statements.proven_run import ProvenRun
from tests.integration.neuron_processes.test_start import _veristake
from tests.integration.neurons.parts import eventually, serving
from tests.integration.neurons.subnet import VALIDATOR, Subnet


def test_circuits_added_and_dropped_while_the_miner_runs(subnet: Subnet) -> None:
    config = subnet.write_settings("miner")
    config.write_text(config.read_text().replace(f'circuits = ["{subnet.circuit.directory}"]', "circuits = []"))
    bundle = bundle_of(subnet.circuit).bundle_hash
    app, shelf = FastAPI(), Shelf(proving_keys=True)
    shelf.offer(subnet.circuit)
    serve_artefacts(app, shelf)

    empty = _veristake("miner", "run", "--config", str(config))
    assert "none has been added by hash" in empty.stderr
    with serving(app) as source:
        added = _veristake("miner", "circuits", "add", bundle, "--from", source, "--config", str(config), "--json")
    assert json.loads(added.stdout)["circuit_id"] == subnet.circuit.manifest.circuit_id, added.stderr

    LocalNetwork(subnet.folder / "network.json").register(VALIDATOR.ss58_address, Role.VALIDATOR)
    miner = subnet.start("miner", config)

    def ask(path: str, content: Any = None) -> Any:
        async def go() -> Any:
            async with SignedClient(VALIDATOR, miner.url, subnet.hotkeys["miner"], 30) as client:
                return await (client.get_json(path) if content is None else client.post_json(path, content))

        return asyncio.run(go())

    def holds() -> bool:
        return Capabilities.model_validate(ask("/v1/capabilities")).holds(subnet.circuit.manifest.circuit_id)

    eventually(holds)
    _veristake("miner", "circuits", "drop", bundle, "--config", str(config))
    eventually(lambda: not holds())
    # from the cache: no source is asked
    _veristake("miner", "circuits", "add", bundle, "--from", "http://127.0.0.1:1", "--config", str(config))
    eventually(holds)
    fields = {"nonce": "0x" + "55" * 32, "circuit_id": subnet.circuit.manifest.circuit_id, "inputs": [1] * 32}
    run = ProvenRun.model_validate(ask("/v1/queries", {**fields, "deadline_seconds": 30}))
    assert run.instances.inputs == (1,) * 32
    # what it holds, others may fetch from it
    assert httpx.get(miner.url + ARTEFACTS_PATH + bundle, trust_env=False).status_code == 200
    rows = json.loads(_veristake("miner", "circuits", "list", "--config", str(config), "--json").stdout)
    assert [(row["bundle"], row["place"]) for row in rows] == [(bundle, "held")]
    built = _veristake("miner", "circuits", "list", "--config", str(subnet.write_settings("miner")), "--json")
    assert [row["place"] for row in json.loads(built.stdout) if row["bundle"] == bundle] == ["built", "held"]
    assert miner.stop() == 0
