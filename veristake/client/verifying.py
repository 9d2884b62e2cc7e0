"""Verifies a proof on this machine, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from statements.instances import Instances
from veristake.client.errors import InvalidProofError, VerifierFailedError

TIMEOUT_SECONDS = 120.0
"""EZKL verifies in milliseconds, and can hang; the rest is for starting Python on a busy machine."""


async def verify_proof(directory: Path, instances: Instances, proof: bytes) -> None:
    """Return when the proof shows these instances.

    Args:
        directory: the circuit's files, already held against the pins.
        instances: rebuilt on this machine.
        proof: from the API.

    Raises:
        InvalidProofError: it does not.
        VerifierFailedError: the verifier crashed, hung or is not installed.
    """
    content = json.dumps({"instances": instances.model_dump(mode="json"), "proof": proof.hex()}).encode()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "verifier_gen.verify_process",
        str(directory),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            output, errors = await process.communicate(content)
    except TimeoutError as error:
        raise VerifierFailedError(
            f"the verifier said nothing within {TIMEOUT_SECONDS:g} s", remedy="Try again on a machine that is less busy"
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        valid = json.loads(output)["valid"]
    except (ValueError, KeyError, TypeError) as error:
        said = errors.decode(errors="replace").strip().splitlines()
        raise VerifierFailedError(
            f"the verifier failed: {said[-1] if said else f'exit code {process.returncode}'}",
            remedy="Install it: pip install 'veristake[client]'",
        ) from error
    if valid is not True:
        raise InvalidProofError(
            "the proof does not verify against the inputs that were sent and the outputs that are told"
        )
