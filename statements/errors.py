"""Root of the project's exceptions: each carries one sentence for the person at the command, and a remedy."""

from __future__ import annotations


class VeristakeError(Exception):
    """Something that a person can mend.

    Args:
        message: what is wrong, naming the field and the value.
        remedy: what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Message and remedy in one line."""
        return f"{self.message}. {self.remedy}".rstrip() if self.remedy else self.message


class ConfigurationError(VeristakeError):
    """A setting is missing, malformed or contradicts another."""

    exit_code = 2


class ChainError(VeristakeError):
    """A chain cannot be reached, is not the one expected, or refuses a call."""


class CircuitError(VeristakeError):
    """Circuit files are missing, changed, or cannot be built."""


class ProofRejectedError(VeristakeError):
    """A proof does not show what it is claimed to show."""
