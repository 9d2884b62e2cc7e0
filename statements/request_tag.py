"""The request tag: binds a proof to the request it answers and to the miner that answers it.

It is a public input of the circuit, so a proof copied from another miner or replayed from another request
carries the wrong tag and the *validator* refuses it. On-chain it proves nothing about the prover.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from statements.quantities import to_field

_DOMAIN = b"veristake/request-tag/1\n"


def request_tag(*, nonce: bytes, validator: str, miner: str, circuit_id: str, inputs: Sequence[int], bits: int) -> int:
    """The tag of one request, the low ``bits`` bits of a sha256.

    Args:
        nonce: 32 random bytes that the validator drew for this request.
        validator: ss58 hotkey that asks.
        miner: ss58 hotkey that is asked.
        circuit_id: sha256 of the verifying key, 0x-hex.
        inputs: the model inputs, signed fixed point in circuit order.
        bits: tagLimbs * tagLimbBits of the circuit's layout.

    Raises:
        ValueError: the nonce has not 32 bytes.
    """
    if len(nonce) != 32:
        raise ValueError(f"nonce has {len(nonce)} bytes, expected 32")
    input_hash = hashlib.sha256(b"".join(to_field(x).to_bytes(32, "big") for x in inputs)).digest()
    parts = [nonce, validator.encode(), miner.encode(), circuit_id.encode(), input_hash]
    # every part carries its length, so that no two different requests hash the same bytes
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return int.from_bytes(hashlib.sha256(_DOMAIN + framed).digest(), "big") & ((1 << bits) - 1)


def split_tag(tag: int, *, limbs: int, limb_bits: int) -> tuple[int, ...]:
    """The tag as circuit instances, lowest limb first.

    Raises:
        ValueError: the tag has more than ``limbs * limb_bits`` bits.
    """
    if not 0 <= tag < 1 << (limbs * limb_bits):
        raise ValueError(f"tag {tag} does not fit {limbs} limbs of {limb_bits} bits")
    mask = (1 << limb_bits) - 1
    return tuple(tag >> (limb_bits * i) & mask for i in range(limbs))


def join_tag(parts: Sequence[int], *, limb_bits: int) -> int:
    """Inverse of :func:`split_tag`.

    Raises:
        ValueError: a limb is negative or exceeds ``limb_bits`` bits.
    """
    for part in parts:
        if not 0 <= part < 1 << limb_bits:
            raise ValueError(f"limb {part} does not fit {limb_bits} bits")
    return sum(part << (limb_bits * i) for i, part in enumerate(parts))
