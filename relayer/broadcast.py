"""Sending what is stored. Nodes' answers inform; only blocks decide."""

from __future__ import annotations

import structlog

from relayer.chain import Chain
from relayer.classify import SendAnswer
from relayer.outbox.job_store import JobStore
from relayer.outbox.records import AttemptRecord

log = structlog.get_logger(__name__)


async def broadcast(chain: Chain, jobs: JobStore, job_id: int | None, attempt: AttemptRecord) -> None:
    """Send a stored transaction to all endpoints.

    Args:
        chain: where to.
        jobs: gets a note when no endpoint takes it.
        job_id: its job, None for one that fills a gap.
        attempt: what is stored.
    """
    if attempt.raw is None:
        log.error("row_corrupt", chain=chain.name, job=job_id, tx=attempt.hash, detail="its bytes have another hash")
        return
    results = await chain.send(attempt.raw)
    for result in results:
        log.info(
            "transaction_sent",
            chain=chain.name,
            job=job_id,
            tx=attempt.hash,
            nonce=attempt.nonce,
            kind=attempt.kind,
            endpoint=result.endpoint,
            answer=result.answer,
            detail=result.detail,
        )
    refused = all(result.answer not in (SendAnswer.ACCEPTED, SendAnswer.ALREADY_KNOWN) for result in results)
    if refused and job_id is not None:
        jobs.note_error(job_id, "; ".join(f"{r.endpoint}: {r.answer} {r.detail}" for r in results))
