"""A double of a Subtensor node, and the subnet adapter's tests on it.

The SDK is the released one, unmodified, and connects through its own transport. Real here: the chain's metadata as
the SDK's authors recorded it, SCALE both ways, storage keys, extrinsics, signatures over the exact payload, nonces,
events and error numbers. Written by hand: what six pallet calls do. There is no consensus, no epoch, no fee.
"""
