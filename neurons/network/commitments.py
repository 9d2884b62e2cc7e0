"""A SHA-256 on the chain in a hotkey's name, by which others can tell that an artefact is the one it means."""

from __future__ import annotations

import re

from bittensor import calls
from bittensor.client import Client
from bittensor.signing import KeyedWallet

from neurons.network.chain_client import WRITE_SECONDS, ChainClient
from neurons.network.errors import InvalidCallError

_SHA256 = re.compile(r"sha256:0x([0-9a-f]{64})")


def commit_sha256(client: ChainClient, wallet: KeyedWallet, netuid: int, digest: bytes) -> None:
    """Commit a digest, in the place of the hotkey's commitment before.

    Args:
        client: asks the node.
        wallet: its hotkey signs.
        netuid: subnet in which the hotkey is registered.
        digest: 32 bytes.

    Raises:
        InvalidCallError: the digest is not one.
        NetworkError: the chain refuses, or the node does not answer.
    """
    if len(digest) != 32:
        raise InvalidCallError(f"a SHA-256 has 32 bytes, this one {len(digest)}", remedy="Commit the digest itself.")
    # the chain takes a list of lists: fields, and the variants within
    call = calls.Commitments.set_commitment(netuid=netuid, info={"fields": [[{"Sha256": "0x" + digest.hex()}]]})

    async def commit(connected: Client) -> None:
        (await connected.submit_call(call, wallet, signer="hotkey")).raise_for_failure()

    client.ask("committing a hash", commit, seconds=WRITE_SECONDS)


def committed_sha256(client: ChainClient, netuid: int) -> dict[str, bytes]:
    """The SHA-256 that each hotkey has committed; those that committed something else are left out.

    Raises:
        NetworkError: the node does not answer.
    """
    found = client.ask("reading commitments", lambda connected: connected.subnets.commitments(netuid=netuid))
    digests = {hotkey: _SHA256.fullmatch(commitment.data) for hotkey, commitment in found.items()}
    return {hotkey: bytes.fromhex(match[1]) for hotkey, match in digests.items() if match}
