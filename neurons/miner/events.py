"""Every event that the miner logs, with what it tells an operator: alerts may hang on the names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "miner_started": "everything is set up; requests are answered from now on",
        "miner_stopped": "HTTP and workers have ended",
        "proof_made": "a request was proved: `kind`, `circuit_id`, `validator`, `seconds`",
        "proof_failed": "a proof could not be made, and why",
        "request_refused": "a request was refused, with the `code` of the refusal",
        "request_failed": "a defect, with its trace: please report it",
        "worker_died": "a worker ended amid a proof; the request is proved again",
        "circuit_too_large": "a proof took more than `worker_memory_mib`; its circuit is refused from now on",
        "circuit_fetched": "a circuit was fetched and checked",
        "circuit_damaged": "a circuit in the cache is not what its hash says; it is fetched again",
        "circuit_added": "a circuit was added while the miner runs",
        "circuit_not_added": "a circuit that was added cannot be used, and why",
        "circuit_dropped": "a circuit is no longer held",
        "circuit_list_unreadable": "the list of added circuits is damaged; what is held stays held",
        "artefact_source_failed": "a source gave nothing, or something else than was asked for: it is named",
        "chain_unavailable": "the home chain cannot be read",
        "network_unavailable": "who takes part cannot be read; what was read last counts for an hour",
        "announced_again": "the network had lost this neuron's address; it has it again",
        "replay_memory_unavailable": "`http.replay_memory` cannot be written: every signed request is refused",
        "answer_not_taken": "a caller did not take its answer in time",
    }
)
