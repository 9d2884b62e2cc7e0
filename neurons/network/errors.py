"""What can go wrong with a subnet on a chain, each with its remedy."""

from __future__ import annotations

from statements.errors import VeristakeError


class NetworkError(VeristakeError):
    """The subnet did not do what was asked of it."""


class NetworkUnreachableError(NetworkError):
    """The node does not answer, or not in time."""


class NetworkMismatchError(NetworkError):
    """The node's runtime and this release's SDK do not know the same chain."""


class NetworkRefusedError(NetworkError):
    """The chain, or the SDK for it, refused a call.

    Args:
        message: what was asked and the chain's words.
        remedy: what to do about it.
        name: the chain's name of the error, such as ``ServingRateLimitExceeded``; None when it gave none.
    """

    def __init__(self, message: str, *, remedy: str = "", name: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.name = name


class BalanceError(NetworkRefusedError):
    """Too little TAO or stake, or too little liquidity for it."""


class RateLimitedError(NetworkRefusedError):
    """The same was done too short a time ago, or its window has not opened yet."""


class NotRegisteredError(NetworkRefusedError):
    """The hotkey has no uid in the subnet."""


class NotAuthorizedError(NetworkRefusedError):
    """The key that signed may not do this: no validator permit, or not the owner."""


class NotFoundError(NetworkRefusedError):
    """The subnet, or what was asked about, is not on this chain."""


class DisabledError(NetworkRefusedError):
    """This chain or subnet has it switched off."""


class ConflictError(NetworkRefusedError):
    """It is there already, or has run out meanwhile."""


class InvalidCallError(NetworkRefusedError):
    """An argument that the chain does not take."""


class ChainFaultError(NetworkRefusedError):
    """The chain broke a rule of its own, or said something that nobody knows."""
