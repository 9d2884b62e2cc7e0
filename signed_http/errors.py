"""What can go wrong between two neurons, each with its remedy."""

from __future__ import annotations

from signed_http.refusal import Refusal
from statements.errors import VeristakeError


class AuthenticationError(VeristakeError):
    """A request was not signed by whom it claims, for whom it claims, or not lately enough."""


class RequestTooLargeError(VeristakeError):
    """A request body exceeds the server's limit; it is refused before it is hashed."""


class PeerError(VeristakeError):
    """A peer did not give a usable answer.

    Args:
        peer: URL that was asked.
        message: what is wrong.
        remedy: what to do about it.
    """

    def __init__(self, peer: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.peer = peer


class PeerUnreachableError(PeerError):
    """No connection, or it broke before the answer was complete."""


class PeerTimeoutError(PeerUnreachableError):
    """The answer was not complete within the time allowed."""


class ResponseSignatureError(PeerError):
    """An answer is not signed by the hotkey that was asked, or is signed for another request."""


class MalformedResponseError(PeerError):
    """A signed answer is too large or is not JSON."""


class PeerRefusedError(PeerError):
    """The peer answered with an error status.

    Args:
        peer: URL that was asked.
        status: HTTP status.
        refusal: the typed error body, None when there was none.
        authentic: whether the peer's hotkey signed the refusal; blame nobody for one that is not.
    """

    def __init__(self, peer: str, status: int, refusal: Refusal | None, *, authentic: bool) -> None:
        said = f"{refusal.code}: {refusal.message}" if refusal else "no typed error body"
        super().__init__(
            peer, f"{peer} refused with HTTP {status} ({said})", remedy="Read the peer's log for the reason."
        )
        self.status = status
        self.refusal = refusal
        self.authentic = authentic
