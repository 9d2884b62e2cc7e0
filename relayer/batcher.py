"""Puts jobs that would succeed by themselves into one transaction; what cannot go together goes singly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import IntegrityError

from relayer.account import Account, AccountView
from relayer.batching import BatchRules, answers_all, batch_of, packs
from relayer.chain import Chain
from relayer.classify import RpcError
from relayer.fees import TRANSACTION_GAS_CAP, GasAboveCapError
from relayer.outbox.attempt_store import AttemptStore
from relayer.outbox.records import AttemptRecord, JobRecord, Terms
from relayer.signing_checks import SigningChecks
from statements.errors import ChainError, VeristakeError
from statements.job import Job

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ready:
    """A job whose call succeeds in simulation.

    Attributes:
        job: what is to be done.
        terms: what a transaction of its own costs at most.
    """

    job: JobRecord
    terms: Terms


@dataclass(frozen=True)
class Stored:
    """A signed transaction that is stored and not sent yet.

    Attributes:
        job_id: whose it is; a batch is a job, too.
        attempt: the transaction.
    """

    job_id: int
    attempt: AttemptRecord


class Batcher:
    """Makes batches on one chain.

    Args:
        chain: where to.
        attempts: of the chain and signer.
        account: pays.
        checks: asked before a batch is signed.
        rules: of the chain.
    """

    def __init__(
        self, chain: Chain, attempts: AttemptStore, account: Account, checks: SigningChecks, rules: BatchRules
    ) -> None:
        self._chain = chain
        self._attempts = attempts
        self._account = account
        self._checks = checks
        self._rules = rules

    async def store(self, ready: Sequence[Ready], view: AccountView) -> tuple[list[Stored], list[Ready]]:
        """Sign and store batches of neighbours, as large as the gas limit allows.

        Returns:
            The batches' transactions, and what is left to be sent singly.
        """
        # a job whose batch came to nothing is not put into another one
        alone = [each for each in ready if each.job.singly]
        together = [each for each in ready if not each.job.singly]
        cap = min(TRANSACTION_GAS_CAP, view.head.gas_limit)
        gas = [each.terms.gas_limit for each in together]
        waiting = [[together[i] for i in found] for found in packs(gas, cap=cap, most=self._rules.jobs)]
        stored: list[Stored] = []
        while waiting:
            pack = waiting.pop(0)
            if len(pack) < 2:
                alone += pack
                continue
            try:
                stored.append(await self._store_one(pack, view))
            except GasAboveCapError:
                waiting[:0] = [pack[: len(pack) // 2], pack[len(pack) // 2 :]]
            except (RpcError, VeristakeError, IntegrityError) as error:
                # of the same jobs there was a batch already, whose key is its own
                said = str(error.orig) if isinstance(error, IntegrityError) else str(error)
                log.warning(
                    "batch_refused",
                    chain=self._chain.name,
                    jobs=[each.job.id for each in pack],
                    code=type(error).__name__,
                    error=said,
                )
                alone += pack
        return stored, sorted(alone, key=lambda each: each.job.id)

    async def _store_one(self, pack: Sequence[Ready], view: AccountView) -> Stored:
        jobs = [each.job for each in pack]
        batch = batch_of(jobs, chain_id=self._chain.chain_id, multicall=self._rules.multicall)
        await self._rehearse(batch, len(jobs), view)
        terms = await self._account.terms(
            pack[0].terms.fees, to=batch.target, data=batch.calldata, block_gas_limit=view.head.gas_limit
        )
        ids = [job.id for job in jobs]
        self._checks.check(ids, terms, view)
        attempt = self._attempts.store_batch(
            batch,
            ids,
            nonces=view.nonces,
            terms=terms,
            chain_time=view.head.timestamp,
            sign=lambda nonce: self._account.sign(nonce, terms, to=batch.target, data=batch.calldata),
        )
        return Stored(int(attempt.job_id or 0), attempt)

    async def _rehearse(self, batch: Job, count: int, view: AccountView) -> None:
        """Simulate a batch on the state after the head.

        Raises:
            RpcError: it reverts.
            ChainError: no endpoint answers, or the contract is not Multicall3.
        """
        answer = await self._chain.simulate(
            sender=self._account.address, to=batch.target, data=batch.calldata, block=view.head.reference.number
        )
        if not answers_all(answer, count):
            raise ChainError(
                f"{batch.target} on chain {self._chain.name} does not answer as Multicall3 does",
                remedy="Correct multicall in the chain's settings, or leave it out",
            )
