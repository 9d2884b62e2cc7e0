"""What to do about each code with which a miner refuses."""

from __future__ import annotations

from collections.abc import Mapping

from neurons.messages import RefusalCode
from neurons.refusing import HTTP_STATUS
from signed_http.refusal import Fault

REMEDIES: Mapping[RefusalCode, str] = {
    RefusalCode.MALFORMED_REQUEST: "the message names the field",
    RefusalCode.UNKNOWN_ROUTE: "compare versions",
    RefusalCode.NOT_A_VALIDATOR: "register as a validator",
    RefusalCode.NO_VALIDATOR_PERMIT: "the miner lets in who has a permit or, on a chain, enough stake (`[admission]`)",
    RefusalCode.NOT_ENOUGH_STAKE: "the message names the miner's `admission.minimum_stake`",
    RefusalCode.NETWORK_UNAVAILABLE: "ask again; the miner cannot read who takes part",
    RefusalCode.CIRCUIT_NOT_HELD: "ask for a circuit that the capabilities name",
    RefusalCode.CIRCUIT_TOO_LARGE: "ask another miner; a proof took more than `worker_memory_mib` here",
    RefusalCode.WRONG_INPUT_COUNT: "the message names the count that the circuit takes",
    RefusalCode.INPUT_OUT_OF_RANGE: "the circuit cannot be run on this input",
    RefusalCode.NOT_COMPETING: "ask another miner",
    RefusalCode.WRONG_HOME: "miner and validator are configured for different chains",
    RefusalCode.WRONG_MODEL: "the circuit is of another model",
    RefusalCode.WRONG_CONFIG_VERSION: "the observer's config has changed meanwhile; ask anew",
    RefusalCode.INPUTS_UNAVAILABLE: "a window needs nine consecutive observed epochs under one config",
    RefusalCode.CHAIN_UNAVAILABLE: "ask another miner",
    RefusalCode.QUEUE_FULL: "wait `retry_after_seconds`, or ask another miner",
    RefusalCode.CALLER_LIMIT: "fewer requests at the same time: `caller_limit`",
    RefusalCode.CALLER_LEFT: "nobody reads this: the caller closed the connection",
    RefusalCode.DEADLINE_TOO_SHORT: "wait `retry_after_seconds`, or allow more time",
    RefusalCode.DEADLINE_PASSED: "ask another miner",
    RefusalCode.PROVING_FAILED: "ask another miner; this one's log says why",
}

OUTSIDE: tuple[tuple[str, int, Fault, str], ...] = (
    (
        "unauthenticated",
        401,
        Fault.CALLER,
        "check receiver hotkey and clock (10 s back, 2 s ahead), sign a fresh nonce",
    ),
    ("request_timeout", 408, Fault.CALLER, "send the body within `http.request_timeout_seconds`"),
    ("request_too_large", 413, Fault.CALLER, "a body is at most `http.request_bytes` long"),
    ("internal_error", 500, Fault.RESPONDER, "a defect; the miner's log has the trace"),
    ("overloaded", 503, Fault.NOBODY, "ask again after a second; `http.connections`"),
    ("replay_memory_unavailable", 503, Fault.RESPONDER, "the miner's disk is full, or its rights are wrong"),
    ("answer_timeout", 504, Fault.RESPONDER, "ask another miner"),
)
"""Codes of ``signed_http``, given before or instead of the miner's own."""


def rows() -> tuple[tuple[str, int, Fault, str], ...]:
    """Code, HTTP status, whose fault it is, and what to do, by status."""
    own = [(str(code), *HTTP_STATUS[code], remedy) for code, remedy in REMEDIES.items()]
    return tuple(sorted([*own, *OUTSIDE], key=lambda row: (row[1], row[0])))
