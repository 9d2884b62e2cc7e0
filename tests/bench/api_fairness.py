"""What share of the miners each customer of the external API gets while one of them asks ten times as much."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

import httpx
from click.testing import CliRunner
from eth_account import Account

from neurons.commands import validator
from tests.integration.neurons.parts import Home, eventually
from tests.integration.neurons.subnet import Subnet
from verifier_gen.circuit import Circuit
from veristake.demo.processes import free_port

OPEN_AT_ONCE = {"greedy": 20, "modest": 2, "modest too": 2}


def api_fairness(home: Home, circuit: Circuit, folder: Path, *, answers: int) -> float:
    """Smallest over largest share of answers among three customers, one of whom keeps ten times as many queries open.

    Args:
        home: chain of the observer.
        circuit: that is asked for.
        folder: for all files; made here.
        answers: after how many, of all, the shares are counted.
    """
    folder.mkdir()
    port = free_port()
    subnet = Subnet(folder, home, circuit, Account.create())
    subnet.more_settings["validator"] = f"[api]\nport = {port}\n"
    url = f"http://127.0.0.1:{port}"
    try:
        for role in ("miner", "validator"):
            subnet.start(role)
        keys = {name: _key(subnet, name) for name in OPEN_AT_ONCE}
        eventually(lambda: _miners(url, keys["greedy"]) == 1)
        served = asyncio.run(_all_ask(url, keys, circuit, answers))
    finally:
        for process in subnet.running:
            process.clean_up()
    return min(served[name] for name in keys) / max(served.values())


def _key(subnet: Subnet, name: str) -> str:
    config = str(subnet.folder / "validator.toml")
    made = CliRunner().invoke(validator, ["keys", "new", "--name", name, "--json", "--config", config])
    return str(json.loads(made.output)["key"])


def _miners(url: str, key: str) -> int:
    try:
        answer = httpx.get(f"{url}/v1/miners", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    except httpx.HTTPError:
        return 0
    return sum(bool(miner["circuits"]) for miner in answer.json()["miners"])


async def _all_ask(url: str, keys: dict[str, str], circuit: Circuit, answers: int) -> Counter[str]:
    served: Counter[str] = Counter()
    chance, layout = random.Random(4), circuit.manifest.layout
    one = 1 << layout.input_scale_bits

    async def keep_asking(client: httpx.AsyncClient, name: str) -> None:
        while served.total() < answers:
            inputs = [chance.randint(-one, one) for _ in range(layout.input_count)]
            body = {"circuit_id": circuit.manifest.circuit_id, "inputs": inputs, "deadline_seconds": 110.0}
            answer = await client.post("/v1/queries", json=body, headers={"Authorization": f"Bearer {keys[name]}"})
            if answer.status_code == httpx.codes.OK:
                # what was asked before the end and is answered after it is of the greedy one alone
                served[name] += served.total() < answers
            else:
                await asyncio.sleep(0.1)

    async with httpx.AsyncClient(base_url=url, timeout=120.0, trust_env=False) as client:
        await asyncio.gather(
            *(keep_asking(client, name) for name, number in OPEN_AT_ONCE.items() for _ in range(number))
        )
    return served
