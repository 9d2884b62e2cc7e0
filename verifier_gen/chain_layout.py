"""The generated verifier for chains whose precompiles lie elsewhere than Ethereum's.

On the Subtensor EVM (chains 964 and 945; opentensor/subtensor, `precompiles/src/lib.rs`) bn254 addition is at 0x09, and
0x06 dispatches a runtime call: given the bytes of two points it can succeed and return nothing, which EZKL's template
takes for a sum. Besides, a call to an address without a precompile succeeds with no data on every chain, and the
template's last line reads the lowest bit of its own input as the answer of the pairing. So this layout moves the
addition and requires of each call that it returned as many bytes as it should.

Compile for EVM version ``cancun``: that chain has PUSH0, MCOPY and transient storage. It lacks BLOBBASEFEE, so a
template with blob opcodes is refused.
"""

from __future__ import annotations

import re
from collections import Counter

from statements.errors import CircuitError
from verifier_gen.choices import ChainLayout

EVM_VERSION = "cancun"


SUBTENSOR_CHAINS = (964, 945)
"""Chain ids: main and test network."""
_TEMPLATE_CALLS = {"0x05": 1, "0x06": 2, "0x07": 2, "0x08": 1}
"""Precompile calls of EZKL 23's template, monolithic and reusable alike: inversion, additions, products, pairing."""
_SUBTENSOR_ADDRESSES = {6: 9}
_CALL = re.compile(
    r"^(?P<indent> *)ret := and\(success, staticcall\(gas\(\), (?P<address>0x0[5-8]), (?P<arguments>.+), "
    r"(?P<size>0x[0-9a-f]+)\)\)$",
    re.MULTILINE,
)
_ANY_CALL = re.compile(r"\b(?:static|delegate)?call(?:code)?\s*\(")
_BLOB_OPCODE = re.compile(r"\bblob(?:hash|basefee)\b")


def precompile_address(ethereum_address: int, layout: ChainLayout) -> int:
    """Where a chain has the precompile that Ethereum has at an address."""
    if layout is ChainLayout.ETHEREUM:
        return ethereum_address
    return _SUBTENSOR_ADDRESSES.get(ethereum_address, ethereum_address)


def for_chain(source: str, layout: ChainLayout) -> str:
    """The verifier for a chain's layout; EZKL's template as it is for Ethereum's.

    Args:
        source: Solidity that EZKL generated, monolithic or reusable.
        layout: where the chain has its precompiles.

    Raises:
        CircuitError: the template's precompile calls are not those that this rewriting knows, by kind and number, or it
            uses blob opcodes.
    """
    if layout is ChainLayout.ETHEREUM:
        return source
    found = Counter(match["address"] for match in _CALL.finditer(source))
    calls = len(_ANY_CALL.findall(source))
    if found != _TEMPLATE_CALLS or calls != sum(_TEMPLATE_CALLS.values()):
        raise CircuitError(
            f"EZKL's verifier template has changed: {calls} calls, of precompiles {dict(found)}, "
            f"expected {_TEMPLATE_CALLS}",
            remedy="Use the EZKL version that the lock file pins",
        )
    if _BLOB_OPCODE.search(source):
        raise CircuitError(
            "EZKL's verifier template uses blob opcodes, which the Subtensor EVM lacks",
            remedy="Use the EZKL version that the lock file pins",
        )
    return _CALL.sub(_checked_call, source)


def _checked_call(match: re.Match[str]) -> str:
    indent, arguments, size = match["indent"], match["arguments"], match["size"]
    address = f"0x{precompile_address(int(match['address'], 16), ChainLayout.SUBTENSOR):02x}"
    return (
        f"{indent}ret := and(success, staticcall(gas(), {address}, {arguments}, {size}))\n"
        f"{indent}ret := and(ret, eq(returndatasize(), {size}))"
    )
