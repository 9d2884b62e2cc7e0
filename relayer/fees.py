"""What a transaction may cost: EIP-1559 or a legacy gas price, replacements, gas (EIP-7825), funds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from statements.errors import VeristakeError
from statements.quantities import Gas, Wei

TRANSACTION_GAS_CAP = 16_777_216
"""EIP-7825: no transaction may ask for more gas."""
GAS_MARGIN_PERCENT = 20
"""On top of the estimate: state may change between estimate and inclusion."""
REPLACEMENT_PERCENT = 110
"""Nodes take a replacement only when both of its caps are a tenth higher (Geth's ``txpool.pricebump``)."""
MAXIMUM_ESCALATION = 3
"""A replacement never offers more than so many times what a new transaction would (Hyperlane's rule)."""


class DataFee(StrEnum):
    """How a chain charges for a transaction's data on the chain below."""

    NONE = "none"
    """Not at all, or within the gas (Arbitrum's estimate holds it)."""
    OP_STACK = "op_stack"
    """Beside the gas, by the GasPriceOracle predeploy."""


class FeeAboveMaximumError(VeristakeError):
    """The chain is dearer at the moment than the operator allows; the job waits."""


class GasAboveCapError(VeristakeError):
    """A call needs more gas than a transaction may have; no waiting mends that."""


class InsufficientFundsError(VeristakeError):
    """The signer cannot pay for the transaction; the job waits for funds."""


@dataclass(frozen=True)
class Fees:
    """Fees of one transaction.

    Attributes:
        maximum: ``maxFeePerGas``, wei; the gas price of a legacy one.
        tip: ``maxPriorityFeePerGas``, wei; the same gas price of a legacy one.
        legacy: it has a gas price in place of EIP-1559 fees.
    """

    maximum: Wei
    tip: Wei
    legacy: bool = False


@dataclass(frozen=True)
class Market:
    """What blocks and node say about fees.

    Attributes:
        base_fee: of the next block, wei per gas; None on a chain without EIP-1559.
        tip: what others pay on top, or the whole gas price on a chain without EIP-1559, wei per gas.
    """

    base_fee: int | None
    tip: int

    @property
    def legacy(self) -> bool:
        """Whether the chain has no EIP-1559."""
        return self.base_fee is None


@dataclass(frozen=True)
class FeeLimits:
    """What the operator allows.

    Attributes:
        maximum: absolute cap of ``maxFeePerGas``, wei.
        minimum_tip: tip that is offered even when nobody else offers one, wei.
        base_fee_multiple: relative cap: ``maxFeePerGas`` is so many base fees and the tip.
    """

    maximum: int
    minimum_tip: int = 0
    base_fee_multiple: int = 2


def typical_tip(rewards: Sequence[int]) -> int:
    """Median of the blocks' tips, wei; blocks without transactions report 0 and say nothing.

    Args:
        rewards: of ``eth_feeHistory``, one percentile, by block.
    """
    paid = sorted(reward for reward in rewards if reward > 0)
    return paid[len(paid) // 2] if paid else 0


def plan_fees(market: Market, limits: FeeLimits) -> Fees:
    """Fees of a new transaction, within the operator's maximum.

    Two base fees survive six full blocks of rising base fee (1.125^6 > 2). A tenth is left below the maximum, so that
    the transaction can be replaced once, unless the base fee itself is there.

    Raises:
        FeeAboveMaximumError: the base fee alone reaches the maximum, so that nothing could be included.
    """
    tip = max(market.tip, limits.minimum_tip)
    if market.base_fee is None:
        if tip > limits.maximum:
            raise _too_dear("gas price", tip, limits.maximum)
        return Fees(maximum=Wei(tip), tip=Wei(tip), legacy=True)
    if market.base_fee >= limits.maximum:
        raise _too_dear("base fee", market.base_fee, limits.maximum)
    # high tips of others must not use up what a replacement needs: it could be neither bumped nor cancelled
    room = limits.maximum * 100 // REPLACEMENT_PERCENT
    cap = room if market.base_fee < room else limits.maximum
    ceiling = min(limits.base_fee_multiple * market.base_fee + tip, cap)
    return Fees(maximum=Wei(ceiling), tip=Wei(min(tip, ceiling - market.base_fee)))


def escalated(old: int, new: int) -> int:
    """Hyperlane's rule: ``max(min(max(1.1 old, new), 3 new), old)``, the tenth rounded up.

    Args:
        old: what the transaction to replace offers, wei per gas.
        new: what a new transaction would offer now, wei per gas.
    """
    return max(min(max(_raised(old), new), MAXIMUM_ESCALATION * new), old)


def replacement_fees(old: Fees, new: Fees, *, maximum: int) -> Fees | None:
    """Fees of a replacement that nodes accept, None when the rule or the operator's maximum allows none.

    Args:
        old: of the transaction to replace.
        new: that a new transaction would have now.
        maximum: absolute cap, wei per gas.
    """
    fee, tip = escalated(old.maximum, new.maximum), escalated(old.tip, new.tip)
    if old.maximum < new.maximum:
        # tips have fallen, but the base fee has risen: nodes ask for a tenth more of both all the same
        tip = max(tip, _raised(old.tip))
    # a zero tip cannot rise by a tenth; one wei does
    if fee > maximum or fee < _raised(old.maximum) or tip < _raised(old.tip):
        return None
    return Fees(maximum=Wei(fee), tip=Wei(min(tip, fee)), legacy=old.legacy)


def _raised(value: int) -> int:
    return max(-(-value * REPLACEMENT_PERCENT // 100), value + 1)


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


def _too_dear(what: str, price: int, maximum: int) -> FeeAboveMaximumError:
    return FeeAboveMaximumError(
        f"{what} {price} wei is not below maximum_fee_per_gas_wei = {maximum}",
        remedy="Wait for a cheaper hour or raise the maximum",
    )
