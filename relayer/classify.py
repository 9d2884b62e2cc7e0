"""What a node's answer means. Permanent rejections come first: a revert reason may quote any other phrase."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from statements.abi.calldata import ErrorCatalogue


class RpcError(Exception):
    """An error that a node answered, as JSON-RPC has it.

    Args:
        code: JSON-RPC error code.
        message: the node's words.
        data: revert data, empty when there is none.
    """

    def __init__(self, code: int, message: str, data: bytes = b"") -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message
        self.data = data

    @property
    def is_revert(self) -> bool:
        """Whether the contract answered, so that another endpoint would say the same."""
        return self.code == 3 or bool(self.data) or "revert" in self.message.lower()


class Verdict(StrEnum):
    """What a simulated call says about its job."""

    ALREADY = "already"
    """What it would put on the chain is there."""
    PERMANENT = "permanent"
    """It will never succeed as it is."""
    RETRY = "retry"
    """It may succeed later."""


@dataclass(frozen=True)
class Judgement:
    """A verdict with its reason.

    Attributes:
        verdict: what to do.
        name: the contract's error, or a short word of ours.
        detail: for the person who reads the job.
    """

    verdict: Verdict
    name: str
    detail: str


ALREADY_ERRORS = frozenset({"AlreadyRecorded", "AlreadyAttested", "AlreadyObserved"})
PERMANENT_ERRORS = frozenset(
    {
        # RiskFeed
        "EpochNotNewer",
        "Frozen",
        "InputsDoNotFitCircuit",
        "InstanceNotInField",
        "OutputOutOfRange",
        "ProofInvalid",
        "TagOutOfRange",
        # AttestedInputs
        "AttestationExpired",
        "ECDSAInvalidSignature",
        "ECDSAInvalidSignatureLength",
        "ECDSAInvalidSignatureS",
        "InputOutOfRange",
        "NotAnAttester",
        "SignersNotSorted",
        "TooFewSignatures",
        "WrongHome",
        "WrongInputCount",
        # AssetObserver
        "ObservationWindowClosed",
    }
)
"""Everything else (InputsUnavailable, EpochInFuture, NoVersion, unknown errors) may pass with time."""


BATCH_FAILED = b"Multicall3: call failed"
"""What the canonical Multicall3 says when a call of a batch reverts; it hides which and why."""


def judge_revert(error: RpcError, catalogue: ErrorCatalogue) -> Judgement:
    """What a reverted simulation or estimate means."""
    name = catalogue.name_of(error.data)
    if name is None and BATCH_FAILED in error.data:
        return Judgement(Verdict.PERMANENT, "BatchFailed", "a call of the batch fails, each is tried by itself")
    if name is None:
        return Judgement(Verdict.RETRY, "UnknownRevert", f"{error.message}; {catalogue.describe(error.data)}")
    detail = catalogue.describe(error.data)
    if name in ALREADY_ERRORS:
        return Judgement(Verdict.ALREADY, name, detail)
    return Judgement(Verdict.PERMANENT if name in PERMANENT_ERRORS else Verdict.RETRY, name, detail)


class SendAnswer(StrEnum):
    """What a node says to a raw transaction. None of these decides a job: only blocks do."""

    ACCEPTED = "accepted"
    ALREADY_KNOWN = "already_known"
    NONCE_TOO_LOW = "nonce_too_low"
    UNDERPRICED = "underpriced"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


_PHRASES: Mapping[SendAnswer, re.Pattern[str]] = MappingProxyType(
    {
        # Geth and Nethermind "already known", Anvil "transaction already imported", Besu "Known transaction"
        SendAnswer.ALREADY_KNOWN: re.compile(
            r"already known|alreadyknown|already imported|known transaction|already exists"
        ),
        # Geth and Besu "nonce too low", Nethermind "OldNonce"
        SendAnswer.NONCE_TOO_LOW: re.compile(r"nonce[ _]too[ _]low|oldnonce"),
        # Geth "replacement transaction underpriced", Besu "REPLACEMENT_UNDERPRICED", "fee too low", below the base fee
        SendAnswer.UNDERPRICED: re.compile(
            r"underpriced|feetoolow|fee too low|less than block base fee|below (the )?current base fee"
        ),
        # Geth "insufficient funds for gas * price + value", Nethermind "InsufficientFunds", Besu "upfront cost exceeds"
        SendAnswer.INSUFFICIENT_FUNDS: re.compile(
            r"insufficient[ _]?funds|insufficient[ _]?balance|upfront cost exceeds"
        ),
    }
)


def judge_send(error: RpcError) -> SendAnswer:
    """What a node's refusal of a raw transaction means, by the phrases of Geth, Besu, Nethermind, Anvil."""
    words = error.message.lower()
    if "execution reverted" in words:
        return SendAnswer.REFUSED
    for answer, pattern in _PHRASES.items():
        if pattern.search(words):
            return answer
    return SendAnswer.REFUSED
