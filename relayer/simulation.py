"""What a job's call would do on the chain now, before anything is paid for it."""

from __future__ import annotations

from dataclasses import replace

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from relayer.chain import Chain
from relayer.chain_data import Block
from relayer.classify import Judgement, RpcError, Verdict, judge_revert
from relayer.outbox.records import JobRecord
from statements.abi.calldata import ErrorCatalogue
from statements.errors import ChainError, ConfigurationError

NO_VERSION = "NoVersion"


class Simulator:
    """Simulates jobs of one chain.

    Args:
        chain: where.
        sender: address that would send.
        catalogue: named errors of the contracts.
    """

    def __init__(self, chain: Chain, sender: str, catalogue: ErrorCatalogue) -> None:
        self._chain = chain
        self._sender = sender
        self._catalogue = catalogue
        self._epoch_seconds: dict[str, int] = {}

    async def judge(self, job: JobRecord, head: Block) -> Judgement | None:
        """Why the call would fail on the state after ``head``; None when it would succeed.

        Raises:
            ChainError: no endpoint answers.
        """
        try:
            await self._chain.simulate(
                sender=self._sender, to=job.target, data=job.calldata, block=head.reference.number
            )
        except RpcError as error:
            judgement = self.judge_error(error)
            over = judgement.name == NO_VERSION and await self._epoch_is_over(job.target, error, head)
            return _for_good(judgement) if over else judgement
        return None

    def judge_error(self, error: RpcError) -> Judgement:
        """What a revert means."""
        return judge_revert(error, self._catalogue)

    async def _epoch_is_over(self, feed: str, error: RpcError, head: Block) -> bool:
        """Whether the epoch that no version serves has ended: registries take versions for later epochs only."""
        try:
            epoch = int(self._catalogue.arguments_of(error.data)["epoch"])
            if feed not in self._epoch_seconds:
                (registry,) = decode(["address"], await self._chain.call(feed, _call("REGISTRY()")))
                self._epoch_seconds[feed] = await read_integer(self._chain, registry, "EPOCH_LENGTH()")
        except (RpcError, ChainError, ConfigurationError, DecodingError, KeyError):
            # a feed that does not say so; the job waits
            return False
        return (epoch + 1) * self._epoch_seconds[feed] <= head.timestamp


async def read_integer(chain: Chain, contract: str, signature: str) -> int:
    """What a contract's function without arguments answers, at the latest block.

    Raises:
        ConfigurationError: the contract has no such function.
        ChainError: no endpoint answers.
    """
    try:
        answer = await chain.call(contract, _call(signature))
    except RpcError as error:
        raise _not_there(contract, signature) from error
    if len(answer) != 32:
        raise _not_there(contract, signature)
    return int.from_bytes(answer, "big")


def _not_there(contract: str, signature: str) -> ConfigurationError:
    return ConfigurationError(
        f"the contract at {contract} has no {signature}", remedy="Correct its address in the settings"
    )


def _call(signature: str) -> str:
    return "0x" + keccak(text=signature)[:4].hex()


def _for_good(judgement: Judgement) -> Judgement:
    return replace(
        judgement,
        verdict=Verdict.PERMANENT,
        detail=f"{judgement.detail}: that epoch is over, and no version can be made to serve it any more",
    )
