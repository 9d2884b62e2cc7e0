"""The fee that OP-stack chains take for a transaction's data on the chain below, on top of its gas."""

from __future__ import annotations

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from relayer.chain import Chain
from relayer.classify import RpcError
from statements.errors import ChainError

GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F"
"""Predeploy of every OP-stack chain."""
OVERHEAD_BYTES = 120
"""Bytes of an unsigned EIP-1559 transaction beside its call data, at most (fields and their RLP prefixes)."""
MARGIN_PERCENT = 50
"""The fee follows the base fee of the chain below, which may rise by an eighth a block there until inclusion here."""

_SELECTOR = keccak(text="getL1Fee(bytes)")[:4]


async def op_stack_data_fee(chain: Chain, data: str) -> int:
    """Wei for the data of a transaction, with a margin.

    Args:
        chain: an OP-stack chain.
        data: call data, 0x-hex.

    Raises:
        ChainError: the chain has no usable GasPriceOracle, or does not answer.
    """
    # other bytes than zeros, which are cheaper: an upper bound of what the fields beside the call data cost
    unsigned = bytes.fromhex(data[2:]) + b"\xff" * OVERHEAD_BYTES
    try:
        answer = await chain.call(GAS_PRICE_ORACLE, "0x" + (_SELECTOR + encode(["bytes"], [unsigned])).hex())
    except RpcError as error:
        raise _unusable(chain, str(error)) from error
    if len(answer) < 32:
        raise _unusable(chain, "it answers nothing")
    (fee,) = decode(["uint256"], answer)
    return int(fee) * (100 + MARGIN_PERCENT) // 100


def _unusable(chain: Chain, why: str) -> ChainError:
    return ChainError(
        f"chain {chain.name} has no GasPriceOracle at {GAS_PRICE_ORACLE}: {why}",
        remedy='Set data_fee = "none" unless it is an OP-stack chain',
    )
