"""Several calls in one transaction through Multicall3, the same contract at the same address on most chains: no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
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


@dataclass(frozen=True)
class BatchRules:
    """How jobs share transactions on a chain.

    Attributes:
        multicall: address of Multicall3.
        jobs: so many share one at most.
    """

    multicall: str
    jobs: int


class Call(Protocol):
    """A job, as far as its call goes; :class:`statements.job.Job` or :class:`relayer.outbox.records.JobRecord`."""

    @property
    def key(self) -> str:
        """Dedupe key."""

    @property
    def target(self) -> str:
        """Contract to call."""

    @property
    def calldata(self) -> str:
        """0x-hex."""


def batch_of(jobs: Sequence[Call], *, chain_id: int, multicall: str) -> Job:
    """A job that makes the calls of all ``jobs`` in their order, or none of them.

    Args:
        jobs: at least two.
        chain_id: of the chain that all of them are for.
        multicall: address of Multicall3.
    """
    # no call may fail: blocks do not keep what a transaction returned, so that nobody would know which one did
    calls = [(job.target, False, bytes.fromhex(job.calldata[2:])) for job in jobs]
    # the same jobs in another try are another batch: the calldata differs when one of them has changed
    identity = keccak(b"".join(job.key.encode() + bytes.fromhex(job.calldata[2:]) for job in jobs))
    return Job(
        kind=JobKind.BATCH,
        statement_id="0x" + identity.hex(),
        chain_id=chain_id,
        target=multicall,
        calldata="0x" + encode_call(_AGGREGATE3, "aggregate3", [calls]).hex(),
    )


def answers_all(answer: bytes, count: int) -> bool:
    """Whether a simulated batch says that it made every call: a contract that is not Multicall3 says something else.

    Args:
        answer: what ``eth_call`` returned.
        count: calls of the batch.
    """
    try:
        (results,) = decode(["(bool,bytes)[]"], answer)
    except DecodingError:
        return False
    return len(results) == count and all(succeeded for succeeded, _ in results)


def packs(gas: Sequence[int], *, cap: int, most: int) -> list[range]:
    """Which neighbours share a transaction: as many as fit, in their order; one that does not fit stands alone.

    Args:
        gas: what each call takes as a transaction of its own, units of gas; together they take less.
        cap: of one transaction, units of gas.
        most: so many share one at most.

    Returns:
        Ranges of indices that cover all calls.
    """
    found: list[range] = []
    start, total = 0, 0
    for index, needed in enumerate(gas):
        if index > start and (total + needed > cap or index - start >= most):
            found.append(range(start, index))
            start, total = index, 0
        total += needed
    return [*found, range(start, len(gas))] if gas else []
