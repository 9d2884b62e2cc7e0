"""Whether the code at an address is a compiled contract's, whatever its immutables hold."""

from __future__ import annotations

_PUSH1, _PUSH32 = 0x60, 0x7F
_WORD = 32


def immutable_slots(compiled: bytes) -> tuple[int, ...]:
    """Offsets of the words that a constructor fills in: solc compiles an immutable as PUSH32 of zero.

    A constant zero is never compiled so: solc pushes it in one or two bytes.

    Args:
        compiled: runtime code as the compiler made it.
    """
    slots = []
    place = 0
    while place < len(compiled):
        opcode = compiled[place]
        if opcode == _PUSH32 and compiled[place + 1 : place + 1 + _WORD] == bytes(_WORD):
            slots.append(place + 1)
        place += 1 + (opcode - _PUSH1 + 1 if _PUSH1 <= opcode <= _PUSH32 else 0)
    return tuple(slots)


def same_code(compiled: bytes, live: bytes) -> bool:
    """Whether ``live`` is ``compiled`` but for its immutables.

    Args:
        compiled: runtime code as the compiler made it.
        live: code that a chain has.
    """
    masked = bytearray(live)
    for slot in immutable_slots(compiled):
        masked[slot : slot + _WORD] = bytes(_WORD)
    return bytes(masked) == compiled
