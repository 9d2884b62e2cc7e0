"""Whether a refusal has a cause that the miners share: the validator itself, or a node that they all ask."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from neurons.messages import RefusalCode
from neurons.validator.blame import Blame
from neurons.validator.questions import Kind
from signed_http.refusal import Fault

NODE_CODES = (RefusalCode.NETWORK_UNAVAILABLE, RefusalCode.CHAIN_UNAVAILABLE, RefusalCode.INPUTS_UNAVAILABLE)
"""Refusals of a miner whose node gives nothing, or is behind."""
_RECENT_SECONDS = 2 * 86_400.0
"""Twice the longest time between two benchmarks: a miner that has said nothing for so long is not counted."""


def shared_cause(refusal: Fault | None, code: str | None) -> Blame | None:
    """Whose fault a refusal is when most miners give it; None where each miner's refusal is its own matter.

    Args:
        refusal: whose fault the miner says it is; None when it did not sign that.
        code: ``code`` of the signed refusal.
    """
    if refusal is None:
        return None
    if code in NODE_CODES:
        return Blame.NETWORK
    return Blame.VALIDATOR if refusal is Fault.CALLER else None


@dataclass(frozen=True)
class _Heard:
    serves: bool
    at: float


class Service:
    """What each miner said last when it was asked for a circuit with one kind of request: a proof, or such a refusal.

    Any other answer leaves standing what was said before: a full queue does not make a miner refuse for good.
    """

    def __init__(self) -> None:
        self._heard: dict[tuple[str, Kind], dict[str, _Heard]] = {}

    def heard(self, circuit_id: str, kind: Kind, hotkey: str, *, serves: bool, at: float) -> None:
        """A miner has given a verified proof, or a refusal whose cause may be shared.

        Args:
            circuit_id: that it was asked for.
            kind: of the request.
            hotkey: the miner.
            serves: whether it was a proof.
            at: Unix time, seconds.
        """
        self._heard.setdefault((circuit_id, kind), {})[hotkey] = _Heard(serves, at)

    def most_refuse(self, circuit_id: str, kind: Kind, miners: Collection[str], at: float) -> bool:
        """Whether more miners refuse than serve.

        Args:
            circuit_id: circuit that is asked for.
            kind: of the request.
            miners: hotkeys that count.
            at: Unix time of the request, seconds.
        """
        recent = [
            heard.serves
            for hotkey, heard in self._heard.get((circuit_id, kind), {}).items()
            if hotkey in miners and heard.at > at - _RECENT_SECONDS
        ]
        return 2 * sum(recent) < len(recent)
