"""Whether a chain can verify EZKL proofs: its bn254 precompiles, asked for known answers where a verifier calls them.

Not every EVM has the precompiles where Ethereum does: on the Subtensor EVM 0x06 is a dispatch precompile and bn254
addition is at 0x09; and a call to an address without code succeeds and returns nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statements.errors import ChainError, CircuitError
from verifier_gen.choices import ChainLayout

if TYPE_CHECKING:
    from web3 import Web3

ETHEREUM_ADDITION = 0x06
"""Address of bn254 addition (EIP-196)."""
SUBTENSOR_ADDITION = 0x09
"""Address of bn254 addition on the Subtensor EVM."""
ADDITION_OF_LAYOUT = {ChainLayout.ETHEREUM: ETHEREUM_ADDITION, ChainLayout.SUBTENSOR: SUBTENSOR_ADDITION}
"""By the layout that a verifier was generated for."""
SUBTENSOR_CHAIN_IDS = frozenset({964, 945})
"""Bittensor's EVM and its test network."""
_GAS = 500_000


class _KnownAnswer(NamedTuple):
    """A call of a precompile and its right answer, both hex."""

    address: int
    name: str
    data: str
    answer: str


def _words(*values: int) -> str:
    return "".join(f"{value:064x}" for value in values)


# The group bn254 of EIP-196 and EIP-197: generators G1 = (1, 2) and G2, twice G1, and minus G1.
_BASE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583
_TWICE_G1 = (
    0x030644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD3,
    0x15ED738C0E0A7C92E7845F96B2AE9C0A68A6A449E3538FC7FF3EBF7A5A18A2C4,
)
_G2 = (
    0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
    0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
    0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
)


def _known_answers(addition: int) -> tuple[_KnownAnswer, ...]:
    return (
        # 3^5 mod 7, each number one byte long
        _KnownAnswer(5, "modular exponentiation", _words(1, 1, 1) + "030507", "05"),
        _KnownAnswer(addition, "bn254 addition", _words(1, 2, 1, 2), _words(*_TWICE_G1)),
        _KnownAnswer(7, "bn254 multiplication", _words(1, 2, 2), _words(*_TWICE_G1)),
        # e(G1, G2) * e(-G1, G2) = 1
        _KnownAnswer(8, "bn254 pairing", _words(1, 2, *_G2, 1, _BASE_MODULUS - 2, *_G2), _words(1)),
    )


def addition_of_chain(chain_id: int) -> int:
    """Where a chain is known to have bn254 addition."""
    return SUBTENSOR_ADDITION if chain_id in SUBTENSOR_CHAIN_IDS else ETHEREUM_ADDITION


def addition_of_verifier(source: str, layout: ChainLayout) -> int:
    """Where a generated verifier calls bn254 addition.

    Args:
        source: its Solidity.
        layout: what its manifest says.

    Raises:
        CircuitError: it calls another address than that of its layout.
    """
    called = {int(address, 16) for address in re.findall(r"staticcall\(\s*gas\(\),\s*(0x[0-9a-fA-F]+)\s*,", source)}
    expected = ADDITION_OF_LAYOUT[layout]
    if called & {ETHEREUM_ADDITION, SUBTENSOR_ADDITION} != {expected}:
        raise CircuitError(
            f"generated verifier calls precompiles {', '.join(f'0x{address:02x}' for address in sorted(called))}, "
            f"its layout {layout.value} has bn254 addition at 0x{expected:02x}",
            remedy="Build the circuit again: veristake circuit build",
        )
    return expected


def check_layout(chain_id: int, addition: int) -> None:
    """Refuse a verifier that was generated for chains of another kind.

    Args:
        chain_id: where it is to be deployed.
        addition: where it calls bn254 addition.

    Raises:
        ChainError: this chain has addition elsewhere.
    """
    expected = addition_of_chain(chain_id)
    if addition != expected:
        raise ChainError(
            f"the verifier calls bn254 addition at 0x{addition:02x}, chain {chain_id} has it at 0x{expected:02x}",
            remedy="Generate the verifier for this kind of chain",
        )


def check_precompiles(web3: Web3, addition: int = ETHEREUM_ADDITION) -> None:
    """Refuse a chain where an EZKL verifier cannot work (EIP-196, EIP-197, EIP-198).

    Args:
        web3: connection to the chain.
        addition: where the verifier calls bn254 addition.

    Raises:
        ChainError: one of them gives another answer than the known one.
    """
    for known in _known_answers(addition):
        answer = _ask(web3, known)
        if answer != known.answer:
            raise ChainError(
                f"precompile 0x{known.address:02x} ({known.name}) answers {answer or '(nothing)'}",
                remedy="This chain cannot verify this verifier's proofs: choose one with EIP-196, EIP-197 and EIP-198, "
                "or a verifier generated for its layout",
            )


def _ask(web3: Web3, known: _KnownAnswer) -> str:
    """The precompile's answer, hex; a refusal in words."""
    from web3.exceptions import Web3Exception

    to = web3.to_checksum_address(f"0x{known.address:040x}")
    try:
        answer = web3.eth.call({"to": to, "data": "0x" + known.data, "gas": _GAS})  # type: ignore[typeddict-item]  # web3 wants its own hex type
    except Web3Exception as error:
        return f"with an error: {(str(error).splitlines() or [type(error).__name__])[0]}"
    return bytes(answer).hex()
