"""Whether an entry is checked now: no miner keeps the validator busy with ever new circuits. Pure."""

from __future__ import annotations

from neurons.validator.entries.faults import EntryFault, EntryRefusedError
from neurons.validator.entries.store import CheckedEntry


def require_checkable(last: CheckedEntry | None, bundle: str, now: float, change_seconds: float) -> None:
    """Refuse a circuit that follows too soon upon another, or upon its own refusal.

    Args:
        last: the newest check of this miner's entry; None before the first.
        bundle: that it enters now.
        now: Unix time, seconds.
        change_seconds: between two checks of one miner.

    Raises:
        EntryRefusedError: not now; an earlier refusal of the same bundle is repeated with its own reason.
    """
    if last is None or (last.bundle == bundle and last.fault is None) or now - last.checked_at >= change_seconds:
        return
    if last.bundle == bundle and last.fault is not None:
        raise EntryRefusedError(last.fault, last.detail)
    wait = change_seconds - (now - last.checked_at)
    raise EntryRefusedError(EntryFault.TOO_SOON, f"another circuit is checked in {wait:.0f} s at the earliest")
