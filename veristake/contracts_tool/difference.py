"""One thing that a chain has otherwise than it was recorded."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Difference:
    """What differs, and what to do about it.

    Attributes:
        what: what differs.
        recorded: value in the deployment.
        live: value on the chain.
        remedy: what to do.
    """

    what: str
    recorded: str
    live: str
    remedy: str = ""

    def __str__(self) -> str:
        """One line."""
        line = f"{self.what}: recorded {self.recorded}, on the chain {self.live}"
        return f"{line}. {self.remedy}" if self.remedy else line

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)
