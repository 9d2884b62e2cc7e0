"""What nodes' answers mean."""

import pytest
from eth_abi import encode

from relayer.classify import (
    ALREADY_ERRORS,
    PERMANENT_ERRORS,
    RETRY_ERRORS,
    RpcError,
    SendAnswer,
    Verdict,
    judge_revert,
    judge_send,
)
from statements.abi import load_abi
from statements.abi.calldata import ErrorCatalogue, encode_call, selector

ABIS = [load_abi(name) for name in ("RiskFeed", "AttestedInputs", "AssetObserver", "VerifierRegistry")]
ERRORS = {entry["name"]: entry for abi in ABIS for entry in abi if entry["type"] == "error"}
CATALOGUE = ErrorCatalogue(ABIS)


def revert(name: str, *arguments: object) -> RpcError:
    entry = ERRORS[name]
    types = [part["type"] for part in entry["inputs"]]
    return RpcError(3, "execution reverted", selector(entry) + encode(types, arguments))


def test_error_names_all_exist_in_the_contracts() -> None:
    assert set(ERRORS) >= ALREADY_ERRORS | PERMANENT_ERRORS | RETRY_ERRORS
    assert not ALREADY_ERRORS & PERMANENT_ERRORS
    assert not RETRY_ERRORS & (ALREADY_ERRORS | PERMANENT_ERRORS)


@pytest.mark.parametrize("name", sorted(ALREADY_ERRORS | PERMANENT_ERRORS | RETRY_ERRORS))
def test_judge_revert_each_named_error_gets_the_verdict_of_its_set(name: str) -> None:
    expected = Verdict.RETRY
    if name in ALREADY_ERRORS | PERMANENT_ERRORS:
        expected = Verdict.ALREADY if name in ALREADY_ERRORS else Verdict.PERMANENT
    # a revert reason that quotes a node's words changes nothing
    error = RpcError(3, "execution reverted: nonce too low, already known", selector(ERRORS[name]))
    assert judge_revert(error, CATALOGUE).verdict is expected


@pytest.mark.parametrize(
    ("error", "verdict", "detail"),
    [
        (revert("AlreadyAttested", "0x" + "11" * 20, 7), Verdict.ALREADY, "AlreadyAttested(asset=0x1111"),
        (revert("EpochNotNewer", 3, 4), Verdict.PERMANENT, "EpochNotNewer(epoch=3, latestEpoch=4)"),
        (revert("ProofInvalid", b"\x01" * 32, 2), Verdict.PERMANENT, "ProofInvalid(modelId=0x0101"),
        (revert("EpochInFuture", 9, 8), Verdict.RETRY, "EpochInFuture(epoch=9, currentEpoch=8)"),
        (revert("InputsUnavailable", "0x" + "11" * 20, 7), Verdict.RETRY, "InputsUnavailable("),
        (revert("NoVersion", b"\x01" * 32, 7), Verdict.RETRY, "NoVersion("),
        (RpcError(3, "execution reverted", b"\xde\xad\xbe\xef"), Verdict.RETRY, "execution reverted; unknown error"),
        (RpcError(3, "execution reverted"), Verdict.RETRY, "execution reverted; no revert data"),
        (RpcError(3, "nonce too low", selector(ERRORS["ProofInvalid"])), Verdict.PERMANENT, "ProofInvalid"),
    ],
)
def test_judge_revert_cases(error: RpcError, verdict: Verdict, detail: str) -> None:
    judgement = judge_revert(error, CATALOGUE)
    assert judgement.verdict is verdict
    assert judgement.detail.startswith(detail)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("already known", SendAnswer.ALREADY_KNOWN),
        ("transaction already imported", SendAnswer.ALREADY_KNOWN),
        ("Known transaction", SendAnswer.ALREADY_KNOWN),
        ("AlreadyKnown", SendAnswer.ALREADY_KNOWN),
        ("nonce too low: next nonce 5, tx nonce 3", SendAnswer.NONCE_TOO_LOW),
        ("OldNonce, Current nonce: 7, nonce of rejected tx: 6", SendAnswer.NONCE_TOO_LOW),
        ("replacement transaction underpriced", SendAnswer.UNDERPRICED),
        ("REPLACEMENT_UNDERPRICED", SendAnswer.UNDERPRICED),
        ("max fee per gas less than block base fee", SendAnswer.UNDERPRICED),
        ("Insufficient funds for gas * price + value", SendAnswer.INSUFFICIENT_FUNDS),
        ("InsufficientFunds, Account balance: 0", SendAnswer.INSUFFICIENT_FUNDS),
        ("execution reverted: nonce too low", SendAnswer.REFUSED),
        ("VM Exception while processing transaction: revert already known", SendAnswer.REFUSED),
        ("nonce too high", SendAnswer.NONCE_TOO_HIGH),
        ("NonceGap, Future nonce. Expected nonce: 4", SendAnswer.NONCE_TOO_HIGH),
        ("NONCE_TOO_FAR_IN_FUTURE_FOR_SENDER", SendAnswer.NONCE_TOO_HIGH),
        ("NONCE_TOO_LOW", SendAnswer.NONCE_TOO_LOW),
        ("nonce too low: address 0xA, tx: 3 state: 5", SendAnswer.NONCE_TOO_LOW),
        ("TRANSACTION_REPLACEMENT_UNDERPRICED", SendAnswer.UNDERPRICED),
        ("GAS_PRICE_TOO_LOW", SendAnswer.UNDERPRICED),
        ("ReplacementNotAllowed", SendAnswer.UNDERPRICED),
        ("FeeTooLow, MaxFeePerGas too low", SendAnswer.UNDERPRICED),
        ("max fee per gas less than block base fee: address 0xA, maxFeePerGas: 1 baseFee: 2", SendAnswer.UNDERPRICED),
        ("UPFRONT_COST_EXCEEDS_BALANCE", SendAnswer.INSUFFICIENT_FUNDS),
        ("Upfront cost exceeds account balance", SendAnswer.INSUFFICIENT_FUNDS),
        ("txpool is full", SendAnswer.MEMPOOL_FULL),
        ("tx fee (1.20 ether) exceeds the configured cap (1.00 ether)", SendAnswer.FEE_ABOVE_NODE_CAP),
        ("exceeds block gas limit", SendAnswer.GAS_ABOVE_CAP),
        ("EXCEEDS_BLOCK_GAS_LIMIT", SendAnswer.GAS_ABOVE_CAP),
        ("the moon is full", SendAnswer.REFUSED),
    ],
)
def test_judge_send_phrases(message: str, answer: SendAnswer) -> None:
    assert judge_send(RpcError(-32000, message)) is answer


@pytest.mark.parametrize(
    ("error", "answered"),
    [
        (RpcError(3, "execution reverted"), True),
        (RpcError(-32000, "execution reverted: custom error"), True),
        (RpcError(-32015, "VM execution error", b"\x01"), True),
        (RpcError(-32005, "rate limit exceeded"), False),
        (RpcError(-32000, "header not found"), False),
    ],
)
def test_is_revert_cases(error: RpcError, answered: bool) -> None:
    assert error.is_revert is answered


def test_describe_truncated_arguments_names_the_error() -> None:
    assert CATALOGUE.describe(selector(ERRORS["EpochNotNewer"]) + b"\x01") == "EpochNotNewer"


def test_encode_call_unknown_function_is_refused() -> None:
    with pytest.raises(KeyError):
        encode_call(ABIS[0], "nothing", [])
