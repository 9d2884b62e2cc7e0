"""Starts miner, validator and relayer as processes of their own, and waits for what they do."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from neurons.network import LocalNetwork, Role
from signed_http.client import SignedClient
from signed_http.wallets import hotkey_of, open_wallet
from statements.errors import VeristakeError
from statements.publication import Publication, PublicationPage
from veristake.demo.processes import ProcessGroup, wait_until
from veristake.demo.settings_files import Corridor

_START_SECONDS = 60.0
_PROVE_SECONDS = 180.0
_LAND_SECONDS = 120.0


def register_neurons(corridor: Corridor) -> None:
    """Enter miner and validator into the local network; the programs announce their own endpoints."""
    network = LocalNetwork(corridor.network)
    network.register(corridor.miner.hotkey, Role.MINER)
    network.register(corridor.validator.hotkey, Role.VALIDATOR, stake=1000.0)


def start_roles(processes: ProcessGroup, settings: dict[str, Path], corridor: Corridor) -> None:
    """Start the three programs; each is asked for its health before this returns.

    Raises:
        DemoError: one ended or did not answer.
    """
    ports = {
        "miner": corridor.miner_port,
        "validator": corridor.validator_port,
        "relayer": corridor.relayer_port,
    }
    for role, file in settings.items():
        processes.start(role, [sys.executable, "-m", "veristake", role, "run", "--config", str(file)])
    for role, port in ports.items():
        wait_until(f"the {role}", partial(_healthy, port), processes=processes, seconds=_START_SECONDS)


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def wait_for_publications(
    processes: ProcessGroup, corridor: Corridor, epoch: int, assets: Sequence[str], told: Callable[[str], None]
) -> dict[str, Publication]:
    """Read the validator's feed until it has published ``epoch`` for every asset.

    Args:
        processes: what must stay alive.
        corridor: where the validator is, and with which wallet to read.
        epoch: epoch that is waited for.
        assets: tokens.
        told: told of each publication.

    Returns:
        Publications by token.

    Raises:
        DemoError: they do not come.
    """
    found: dict[str, Publication] = {}

    def all_there() -> bool:
        for item in _publications(corridor):
            subject = item.inference.subject
            if subject.epoch == epoch and subject.asset not in found:
                found[subject.asset] = item
                told(f"proof {len(found)} of {len(assets)}, {item.inference.prove_seconds:.1f} s")
        return set(assets) <= set(found)

    wait_until("the validator's proofs", all_there, processes=processes, seconds=_PROVE_SECONDS, interval=0.5)
    return found


def _publications(corridor: Corridor) -> tuple[Publication, ...]:
    async def read() -> Any:
        wallet = open_wallet(corridor.relayer.path, corridor.relayer.name)
        async with SignedClient(hotkey_of(wallet), corridor.validator_url, corridor.validator.hotkey) as client:
            return await client.get_json("/v1/proofs", {"after": 0, "limit": 100})

    try:
        return PublicationPage.model_validate(asyncio.run(read())).items
    except VeristakeError:
        # not up yet; the caller asks again until its time is up
        return ()


def wait_for_landing(processes: ProcessGroup, corridor: Corridor, statements: set[str]) -> list[dict[str, Any]]:
    """Follow the relayer's jobs until each statement is final on both chains.

    Args:
        processes: what must stay alive.
        corridor: where the relayer is.
        statements: statement ids that must land.

    Returns:
        The relayer's account of the submissions.

    Raises:
        DemoError: they do not land.
    """
    landed: list[dict[str, Any]] = []
    wanted = {(s, chain) for s in statements for chain in (corridor.home.chain_id, corridor.abroad.chain_id)}

    def all_final() -> bool:
        try:
            answer = httpx.get(f"{corridor.relayer_url}/v1/jobs", params={"limit": 1000}, timeout=10, trust_env=False)
        except httpx.HTTPError:
            # busy or ended; whether it has ended is asked before the next try
            return False
        jobs = [job for job in answer.json()["jobs"] if job["kind"] == "submit" and job["state"] == "finalized"]
        landed[:] = [job for job in jobs if (job["statement_id"], job["chain_id"]) in wanted]
        return {(job["statement_id"], job["chain_id"]) for job in landed} == wanted

    wait_until("the proofs to be final on both chains", all_final, processes=processes, seconds=_LAND_SECONDS)
    return landed
