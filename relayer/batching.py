"""Several calls in one transaction through Multicall3, the same contract at the same address on most chains.

The jobs of a batch depend on it. When it is in a block, their own simulation says that the chain has what they put
there: success. When it fails, they depend on nothing any more and are tried singly.
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.crypto import keccak

from statements.abi.calldata import encode_call
from statements.job import Job, JobKind

_AGGREGATE3 = [
    {
        "type": "function",
        "name": "aggregate3",
        "inputs": [
            {
                "name": "calls",
                "type": "tuple[]",
                "components": [
                    {"name": "target", "type": "address"},
                    {"name": "allowFailure", "type": "bool"},
                    {"name": "callData", "type": "bytes"},
                ],
            }
        ],
    }
]


def batch_of(jobs: Sequence[Job], multicall: str) -> Job:
    """A job that makes the calls of all ``jobs``, or none of them.

    Args:
        jobs: of one chain, at least two.
        multicall: address of Multicall3.
    """
    # no call may fail: blocks do not keep what a transaction returned, so that nobody would know which one did
    calls = [(job.target, False, bytes.fromhex(job.calldata[2:])) for job in jobs]
    # the same jobs in another try are another batch: the calldata differs when one of them has changed
    identity = keccak(b"".join(job.key.encode() + bytes.fromhex(job.calldata[2:]) for job in jobs))
    return Job(
        kind=JobKind.BATCH,
        statement_id="0x" + identity.hex(),
        chain_id=jobs[0].chain_id,
        target=multicall,
        calldata="0x" + encode_call(_AGGREGATE3, "aggregate3", [calls]).hex(),
    )
