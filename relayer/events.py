"""Every event that the relayer logs, with what it tells an operator: the names are stable, alerts may hang on them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "relayer_started": "everything is set up; work begins",
        "signal_received": "SIGTERM or SIGINT: stopping begins",
        "relayer_stopping": "phase one: nothing new is taken, signed or sent; steps under way get their grace",
        "relayer_stopped": "phase two is over: HTTP, endpoints and database are closed",
        "publication_taken": "checked, verified and stored, with its jobs",
        "publication_skipped": "of a model that is not relayed here",
        "publication_refused": "something about it is wrong; nothing was spent on it",
        "chain_omitted": "a publication can't be relayed to a chain, and why",
        "source_failed": "a source gave no usable answer; it is asked again, more slowly",
        "source_slowed": "a source publishes wrong things; it is asked more slowly",
        "spool_file_done": "a file of the spool was dealt with",
        "skipped_became_due": "jobs that the policy had skipped are queued",
        "policy_failed": "skipped jobs could not be looked at; tried again",
        "observations_queued": "the keeper asks for this epoch's observations",
        "keeper_failed": "the keeper could not read the chain; tried again",
        "balance_level": "the signer's balance has crossed a threshold",
        "balance_unknown": "the balance could not be read; tried again",
        "job_state": "a job changed its state",
        "job_postponed": "a job waits for its next try, and why",
        "job_taken_meanwhile": "the operator or another relayer was quicker with a job",
        "batch_refused": "jobs that succeed singly cannot share a transaction, and why; each is sent by itself",
        "batch_member_astray": "a job of a batch is not where its batch was, and stays as it is: a defect to report",
        "transaction_sent": "what an endpoint said to a transaction",
        "nonce_reconciled": "nonces of database and chain were compared",
        "key_used_elsewhere": "the signer's nonces are used by another program",
        "nonce_used_by_another": "the nonce of a transaction of ours was used by another one",
        "nonce_gap_filled": "a self-send took a nonce that would have held up the later ones",
        "nonce_gap_open": "no self-send could be signed for such a nonce, and why; tried again",
        "transaction_replaced": "a transaction was replaced: dearer, or by a self-send that cancels it",
        "replacement_failed": "a replacement could not be signed; tried again",
        "receipt_denied": "endpoints disagree on a receipt; nothing is concluded",
        "row_corrupt": "a row of the database can't be read; the others go on",
        "endpoint_failed": "one endpoint of a chain gave no usable answer",
        "heads_live": "new heads come by websocket: the chain is looked at when one does",
        "heads_lost": "no new heads by websocket, and why: the chain is polled, and the connection tried again",
        "chain_failed": "a step on a chain failed; tried again",
        "leadership_changed": "this process became the one that signs, or a standby",
    }
)
