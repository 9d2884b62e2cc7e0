"""Whether a chain can verify EZKL proofs: its bn254 precompiles, asked for known answers where a verifier calls them.

Not every EVM has the precompiles where Ethereum does: on the Subtensor EVM 0x06 is a dispatch precompile and bn254
addition is at 0x09; and a call to an address without code succeeds and returns nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statements.errors import ChainError, CircuitError
from verifier_gen.chain_layout import SUBTENSOR_CHAINS, precompile_address
from verifier_gen.choices import ChainLayout

if TYPE_CHECKING:
    from web3 import Web3

_ADDITION = 0x06
"""Address of bn254 addition on Ethereum (EIP-196)."""
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


def _known_answers(layout: ChainLayout) -> tuple[_KnownAnswer, ...]:
    addition = precompile_address(_ADDITION, layout)
    return (
        # 3^5 mod 7, each number one byte long
        _KnownAnswer(5, "modular exponentiation", _words(1, 1, 1) + "030507", "05"),
        _KnownAnswer(addition, "bn254 addition", _words(1, 2, 1, 2), _words(*_TWICE_G1)),
        _KnownAnswer(7, "bn254 multiplication", _words(1, 2, 2), _words(*_TWICE_G1)),
        # e(G1, G2) * e(-G1, G2) = 1
        _KnownAnswer(8, "bn254 pairing", _words(1, 2, *_G2, 1, _BASE_MODULUS - 2, *_G2), _words(1)),
    )


def layout_of_chain(chain_id: int) -> ChainLayout:
    """The layout that a chain is known to have."""
    return ChainLayout.SUBTENSOR if chain_id in SUBTENSOR_CHAINS else ChainLayout.ETHEREUM


def check_calls(source: str, layout: ChainLayout) -> None:
    """Refuse a generated verifier that calls bn254 addition elsewhere than its manifest says.

    Args:
        source: its Solidity.
        layout: what its manifest says.

    Raises:
        CircuitError: it calls another address than that of its layout.
    """
    called = {int(address, 16) for address in re.findall(r"staticcall\(\s*gas\(\),\s*(0x[0-9a-fA-F]+)\s*,", source)}
    additions = {precompile_address(_ADDITION, each) for each in ChainLayout}
    expected = precompile_address(_ADDITION, layout)
    if called & additions != {expected}:
        raise CircuitError(
            f"generated verifier calls precompiles {', '.join(f'0x{address:02x}' for address in sorted(called))}, "
            f"its layout {layout} has bn254 addition at 0x{expected:02x}",
            remedy="Build the circuit again: veristake circuit build",
        )


def check_layout(chain_id: int, layout: ChainLayout) -> None:
    """Refuse a verifier that was generated for chains of another kind.

    Args:
        chain_id: where it is to be deployed.
        layout: of the verifier.

    Raises:
        ChainError: this chain has addition elsewhere.
    """
    expected = layout_of_chain(chain_id)
    if layout is not expected:
        raise ChainError(
            f"the verifier calls bn254 addition at 0x{precompile_address(_ADDITION, layout):02x}, "
            f"chain {chain_id} has it at 0x{precompile_address(_ADDITION, expected):02x}",
            remedy=f"Build the circuit with chain_layout {expected}",
        )


def check_precompiles(web3: Web3, layout: ChainLayout) -> None:
    """Refuse a chain where the circuit's verifier cannot work (EIP-196, EIP-197, EIP-198).

    Args:
        web3: connection to the chain.
        layout: where the verifier expects the precompiles.

    Raises:
        ChainError: one of them gives another answer than the known one.
    """
    for known in _known_answers(layout):
        answer = _ask(web3, known)
        if answer != known.answer:
            raise ChainError(
                f"precompile 0x{known.address:02x} ({known.name}) answers {f'0x{answer}' if answer else '(nothing)'}",
                remedy=f"This chain cannot verify proofs with a verifier of layout {layout}: choose one with EIP-196, "
                "EIP-197 and EIP-198, or build the circuit with this chain's chain_layout",
            )


def _ask(web3: Web3, known: _KnownAnswer) -> str:
    """What a precompile returns, hex; nothing where it fails, as another one does at the data of this one."""
    # web3 is imported by the roles that talk to a chain only
    from web3.exceptions import ContractLogicError, Web3RPCError

    to = web3.to_checksum_address(f"0x{known.address:040x}")
    try:
        answer = web3.eth.call({"to": to, "data": "0x" + known.data, "gas": _GAS})  # type: ignore[typeddict-item]  # web3 wants its own hex type
    except (ContractLogicError, Web3RPCError):
        return ""
    return bytes(answer).hex()
