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
        "FrozenProofSystem",
        "FrozenVerifierCode",
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
RETRY_ERRORS = frozenset(
    {
        # a pending change of attesters, an attestation ahead of the chain's clock, inputs or a version still to come
        "AttestationFromFuture",
        "AttestingIsStopped",
        "EpochDoesNotFitObservation",
        "EpochInFuture",
        "InputsUnavailable",
        "NoVersion",
        "SequencerDown",
    }
)
"""Named for the reader: errors that are in no set may pass with time too."""


def judge_revert(error: RpcError, catalogue: ErrorCatalogue) -> Judgement:
    """What a reverted simulation or estimate means."""
    name = catalogue.name_of(error.data)
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
    NONCE_TOO_HIGH = "nonce_too_high"
    UNDERPRICED = "underpriced"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    MEMPOOL_FULL = "mempool_full"
    FEE_ABOVE_NODE_CAP = "fee_above_node_cap"
    GAS_ABOVE_CAP = "gas_above_cap"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


_PHRASES: Mapping[SendAnswer, re.Pattern[str]] = MappingProxyType(
    {
        # Geth, Arbitrum, Nethermind "already known"; Anvil "transaction already imported"; Besu "Known transaction"
        SendAnswer.ALREADY_KNOWN: re.compile(
            r"already ?known|already imported|known[ _]transaction|already exists|already in mempool"
        ),
        # Geth, Besu, Arbitrum "nonce too low"; Nethermind "OldNonce"; Anvil the same as Geth
        SendAnswer.NONCE_TOO_LOW: re.compile(r"nonce[ _]?(is )?too[ _]?low|oldnonce"),
        # Arbitrum "nonce too high"; Nethermind "NonceGap"; Besu "NONCE_TOO_FAR_IN_FUTURE_FOR_SENDER"
        SendAnswer.NONCE_TOO_HIGH: re.compile(r"nonce[ _]?(is )?too[ _]?(high|far|distant)|nonce ?gap"),
        # Geth "replacement transaction underpriced", "transaction underpriced"; Besu
        # "TRANSACTION_REPLACEMENT_UNDERPRICED", "GAS_PRICE_TOO_LOW"; Nethermind "FeeTooLow", "ReplacementNotAllowed";
        # Arbitrum and Anvil "max fee per gas less than block base fee"
        SendAnswer.UNDERPRICED: re.compile(
            r"underpriced|(fee|gas[ _]price)[ _]?(is )?too[ _]?low|replacementnotallowed|less than block base fee"
            r"|below (the )?current base fee"
        ),
        # Geth, Arbitrum "insufficient funds for gas * price + value"; Nethermind "InsufficientFunds"; Besu
        # "UPFRONT_COST_EXCEEDS_BALANCE", "upfront cost exceeds account balance"
        SendAnswer.INSUFFICIENT_FUNDS: re.compile(
            r"insufficient[ _]?funds|insufficient[ _]?balance|upfront[ _]cost[ _]exceeds"
        ),
        # Geth "txpool is full", "account limit exceeded"; Nethermind "TxPoolIsFull"
        SendAnswer.MEMPOOL_FULL: re.compile(r"(tx|transaction) ?pool ?(is )?full|account limit exceeded"),
        # Geth "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)"; Besu "TX_FEECAP_EXCEEDED"
        SendAnswer.FEE_ABOVE_NODE_CAP: re.compile(r"exceeds the configured cap|feecap_exceeded"),
        # Geth "exceeds block gas limit", "transaction gas limit too high"; Besu "EXCEEDS_BLOCK_GAS_LIMIT"; Nethermind
        # "GasLimitExceeded"
        SendAnswer.GAS_ABOVE_CAP: re.compile(
            r"exceeds[ _]block[ _]gas[ _]limit|gas ?limit ?(too high|exceeded)|gas limit is too high"
        ),
    }
)


def judge_send(error: RpcError) -> SendAnswer:
    """What a node's refusal of a raw transaction means, by the phrases of Geth, Besu, Nethermind, Arbitrum, Anvil.

    A contract's own words come first: a revert reason may quote any other phrase.
    """
    words = error.message.lower()
    if "revert" in words:
        return SendAnswer.REFUSED
    for answer, pattern in _PHRASES.items():
        if pattern.search(words):
            return answer
    return SendAnswer.REFUSED
