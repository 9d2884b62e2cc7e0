"""Which features inputs are: a digest of the factors and the scale, the same on-chain and off."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from statements.quantities import Hash32


def features_hash(
    premium_factor: int, premium_change_factor: int, flow_factor: int, rate_growth_factor: int, input_scale_bits: int
) -> Hash32:
    """keccak256 of the abi-encoded ``IAssetObserver.FeatureParameters``, 0x-hex.

    Args:
        premium_factor: multiplies the premium.
        premium_change_factor: multiplies the change of premium per epoch.
        flow_factor: multiplies net flow over supply per epoch.
        rate_growth_factor: multiplies growth of the fair rate per epoch.
        input_scale_bits: features are integers at 2^input_scale_bits.

    Raises:
        eth_abi.exceptions.EncodingError: a factor does not fit 32 bits or the scale 8.
    """
    factors = [premium_factor, premium_change_factor, flow_factor, rate_growth_factor, input_scale_bits]
    return "0x" + keccak(encode(["uint32"] * 4 + ["uint8"], factors)).hex()
