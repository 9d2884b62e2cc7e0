"""What a transaction may cost (EIP-1559), and how much gas it may use (EIP-7825)."""

from __future__ import annotations

from dataclasses import dataclass

from statements.errors import VeristakeError
from statements.quantities import Gas, Wei

TRANSACTION_GAS_CAP = 16_777_216
"""EIP-7825: no transaction may ask for more gas."""
GAS_MARGIN_PERCENT = 20
"""On top of the estimate: state may change between estimate and inclusion."""


class FeeAboveMaximumError(VeristakeError):
    """The chain is dearer at the moment than the operator allows; the job waits."""


class GasAboveCapError(VeristakeError):
    """A call needs more gas than a transaction may have; no waiting mends that."""


class InsufficientFundsError(VeristakeError):
    """The signer cannot pay for the transaction; the job waits for funds."""


@dataclass(frozen=True)
class Fees:
    """EIP-1559 fees of one transaction.

    Attributes:
        maximum: ``maxFeePerGas``, wei.
        tip: ``maxPriorityFeePerGas``, wei.
    """

    maximum: Wei
    tip: Wei


def plan_fees(*, base_fee: int, suggested_tip: int, maximum: int) -> Fees:
    """Fees that survive six full blocks of rising base fee (1.125^6 > 2), within the operator's maximum.

    Args:
        base_fee: base fee of the latest block, wei per gas.
        suggested_tip: priority fee that the node suggests, wei per gas.
        maximum: ``maximum_fee_per_gas_wei`` of the settings.

    Raises:
        FeeAboveMaximumError: the base fee alone reaches the maximum, so that nothing could be included.
    """
    if base_fee >= maximum:
        raise FeeAboveMaximumError(
            f"base fee {base_fee} wei is not below maximum_fee_per_gas_wei = {maximum}",
            remedy="Wait for a cheaper hour or raise the maximum",
        )
    ceiling = min(2 * base_fee + suggested_tip, maximum)
    return Fees(maximum=Wei(ceiling), tip=Wei(min(suggested_tip, ceiling - base_fee)))


def gas_limit(*, estimate: int, block_gas_limit: int) -> Gas:
    """The estimate with a margin, within what a transaction and a block may hold.

    Raises:
        GasAboveCapError: the estimate itself exceeds that.
    """
    cap = min(TRANSACTION_GAS_CAP, block_gas_limit)
    if estimate > cap:
        raise GasAboveCapError(
            f"the call needs {estimate} gas, a transaction may have {cap}",
            remedy="Use a circuit with a cheaper verifier on this chain",
        )
    return Gas(min(cap, -(-estimate * (100 + GAS_MARGIN_PERCENT) // 100)))


def check_funds(*, balance: int, reserved: int, cost: int, signer: str, chain: str) -> None:
    """Refuse to sign what the signer cannot pay at worst.

    Args:
        balance: of the signer, wei.
        reserved: worst cost of its transactions in flight, wei.
        cost: worst cost of the new one, wei.
        signer: address, for the message.
        chain: name, for the message.

    Raises:
        InsufficientFundsError: balance minus reserved is below the cost.
    """
    if balance - reserved < cost:
        raise InsufficientFundsError(
            f"signer {signer} has {balance} wei on chain {chain}, of which {reserved} are reserved, and needs {cost}",
            remedy=f"Send at least {cost + reserved - balance} wei to it; the job goes on by itself",
        )
