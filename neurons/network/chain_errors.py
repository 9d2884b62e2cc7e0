"""From the SDK's error codes to this project's errors."""

from __future__ import annotations

from bittensor.error_map import ErrorCode
from bittensor.result import ChainError

from neurons.network.errors import (
    BalanceError,
    ChainFaultError,
    ConflictError,
    DisabledError,
    InvalidCallError,
    NetworkRefusedError,
    NotAuthorizedError,
    NotFoundError,
    NotRegisteredError,
    RateLimitedError,
)
from neurons.network.protocol import WeightsRefusal

ERRORS: dict[ErrorCode, tuple[type[NetworkRefusedError], str]] = {
    ErrorCode.INSUFFICIENT_BALANCE: (BalanceError, "Fund the coldkey, or stake more to the hotkey."),
    ErrorCode.INSUFFICIENT_LIQUIDITY: (BalanceError, "Take a smaller amount, or wait until the pool holds more."),
    ErrorCode.RATE_LIMITED: (RateLimitedError, "Wait for the limit's window to pass."),
    ErrorCode.TOO_EARLY: (RateLimitedError, "Wait some blocks."),
    ErrorCode.NOT_REGISTERED: (
        NotRegisteredError,
        "Register the hotkey: veristake miner register (or: veristake validator register) --config FILE.",
    ),
    ErrorCode.NOT_AUTHORIZED: (
        NotAuthorizedError,
        "A validator permit goes to the hotkeys with the most stake, at the next epoch; other calls are their owner's.",
    ),
    ErrorCode.NOT_FOUND: (NotFoundError, "Check the number or address."),
    ErrorCode.SUBNET_NOT_EXISTS: (NotFoundError, "Correct network.netuid: each chain has its own subnets."),
    ErrorCode.SUBTOKEN_DISABLED: (DisabledError, "Wait until the subnet's owner starts it."),
    ErrorCode.DISABLED: (DisabledError, "Ask the subnet's owner."),
    ErrorCode.ALREADY_EXISTS: (ConflictError, "Look at the state on chain: it may be as wanted."),
    ErrorCode.EXPIRED: (ConflictError, "Start anew: the chain has moved on."),
    ErrorCode.LIMIT_EXCEEDED: (InvalidCallError, "Ask for less at a time."),
    ErrorCode.UNIT_MISMATCH: (InvalidCallError, "Report this as a defect of veristake."),
    ErrorCode.INVALID_ARGUMENT: (InvalidCallError, "Correct what the chain names."),
    ErrorCode.POLICY_VIOLATION: (InvalidCallError, "Raise the limit that is named, if you mean it."),
    ErrorCode.INTERNAL: (ChainFaultError, "Try once more; if it stays, report it to the chain's developers."),
    ErrorCode.UNKNOWN: (ChainFaultError, "Read the chain's words."),
}
"""Error and remedy for each of the SDK's codes."""

_REMEDIES: dict[str, str] = {
    "ServingRateLimitExceeded": "Wait: the subnet limits how often an endpoint may change.",
    "InvalidIpAddress": "Announce an address that others can reach: listen.external_url.",
    "SubNetRegistrationDisabled": "Wait until the subnet's owner opens registration.",
    "Stale": "Try again; do not use this key in another program at the same time.",
    "BadProof": "The key does not belong to the account that it claims, or node and SDK do not fit together.",
}
"""Remedies for single errors of the chain, where the code's is too general."""

_REFUSALS: dict[str, WeightsRefusal] = {
    "NeuronNoValidatorPermit": WeightsRefusal.NO_VALIDATOR_PERMIT,
    "NotEnoughStakeToSetWeights": WeightsRefusal.NOT_ENOUGH_STAKE,
    "IncorrectWeightVersionKey": WeightsRefusal.OLD_VERSION_KEY,
    "WeightVecLengthIsLow": WeightsRefusal.TOO_FEW_WEIGHTS,
    "UidVecContainInvalidOne": WeightsRefusal.INVALID_WEIGHTS,
    "UidsLengthExceedUidsInSubNet": WeightsRefusal.INVALID_WEIGHTS,
    "MaxWeightExceeded": WeightsRefusal.INVALID_WEIGHTS,
}

_REFUSALS_BY_CODE: dict[ErrorCode, WeightsRefusal] = {
    ErrorCode.RATE_LIMITED: WeightsRefusal.RATE_LIMITED,
    ErrorCode.NOT_REGISTERED: WeightsRefusal.NOT_REGISTERED,
    ErrorCode.NOT_AUTHORIZED: WeightsRefusal.NO_VALIDATOR_PERMIT,
}


def network_error(what: str, error: ChainError) -> NetworkRefusedError:
    """The error to raise for one of the SDK's.

    Args:
        what: what was asked for, as in "registering the hotkey".
        error: the SDK's.
    """
    kind, remedy = ERRORS[error.code]
    name = f"{error.name}: " if error.name else ""
    return kind(
        f"{what} was refused ({name}{error.message.rstrip('.')})",
        remedy=_REMEDIES.get(error.name or "", remedy),
        name=error.name,
    )


def weights_refusal(error: ChainError) -> WeightsRefusal:
    """Which rule weights broke."""
    if error.name in _REFUSALS:
        return _REFUSALS[error.name]
    return _REFUSALS_BY_CODE.get(error.code, WeightsRefusal.OTHER)
