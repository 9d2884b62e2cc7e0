"""Every event that the validator logs, with what it tells an operator: alerts may hang on the names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "validator_started": "everything is set up; work begins",
        "validator_stopped": "HTTP, workers and database are closed",
        "inference_published": "a statement was proved, verified, scored and published",
        "answer_refused": "a miner gave no usable answer; `reason` and `blame` say why and whose fault it is",
        "most_miners_refuse": "most miners refuse alike: `blame` says whether this validator (clock, registration, "
        "permit, stake) or a node that they share is at fault; it costs no miner anything, but nothing is proved",
        "score_changed": "a score has changed; `veristake validator explain` tells why in words",
        "statement_unproven": "every miner was tried for a statement; it is asked for again at the next look",
        "already_published": "a statement had been published when its answer came",
        "inputs_unavailable": "an epoch has no whole window of observations; given up when that is so for 16 blocks",
        "survey_failed": "a miner does not say what it can do",
        "no_miner": "no registered miner answers and holds the circuit",
        "verifier_failed": "a proof could not be verified, for a reason of the validator's own: files, workers, disk",
        "epoch_superseded": "an epoch was given up unproven, because a newer one is there",
        "attempt_not_settled": "what came of one attempt for a query could not be stored; the query goes on",
        "answer_not_settled_yet": "the database did not take a proved answer; tried again until the query's deadline",
        "benchmark_failed": "a benchmark could not be settled, for a reason of the validator's own",
        "entry_measured": "an entry to a competition was measured; `leads` says whether it is the new best",
        "entry_passed_over": "an entry's circuit is held with another layout, or not held and `entries.fetch` is off",
        "entry_refused": "a miner's circuit is not measured in a competition; `reason` says why",
        "circuit_fetched": "a miner's circuit was fetched, and its key derived anew",
        "circuit_damaged": "a fetched circuit was changed on this disk; it is fetched again",
        "artefact_source_failed": "a source of a miner's circuit gave something else, nothing, or not all",
        "entry_failed": "an entry could not be measured, and why",
        "tick_failed": "chain, network or database failed; tried again at the next look",
        "network_unavailable": "the network could not be read; tried again at the next survey",
        "network_stale": "the node gives no newer list of neurons, or no block for two minutes; the old one is used",
        "no_validator_permit": "weights that this validator sets do not count",
        "endpoint_announced": "the network holds this validator's address now",
        "announced_again": "the network had lost this neuron's address; it has it again",
        "weights_set": "the network took the weights",
        "weights_refused": "the network did not take the weights, and why",
        "weights_not_due": "why no weights are set now; told when it changes",
        "weights_failed": "the network does not say what became of the weights, or cannot be read; looked up later",
        "weights_recovered": "what became of weights that an earlier process decided",
        "request_failed": "a defect: an HTTP request could not be answered",
        "replay_memory_unavailable": "requests are refused, because replays could not be told",
        "query_answered": "a customer's query has its verified answer",
        "query_failed": "a customer's query got no answer, and whose fault that is",
        "query_resumed": "an open query is asked again: a process was killed, or its end could not be stored",
        "query_expired": "a query's deadline passed before a verified answer came",
        "query_ended_elsewhere": "the query had ended when its answer came; the miner is scored for it",
        "query_broke": "a defect ended a query",
        "query_left_open": "the end of a query could not be stored; it is taken up again within half a minute",
        "queries_forgotten": "ended queries older than `api.keep_days` were removed",
        "queries_not_tidied": "old queries could not be removed; tried again",
        "history_pruned": "rows older than `state.keep_days` were removed; what is still read stays",
        "history_not_pruned": "the database did not let old rows be removed; tried again in an hour",
        "answer_not_taken": "the customer had left when the answer was ready",
        "other": "an event that this table does not name",
    }
)
