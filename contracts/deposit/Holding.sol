// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PointsMath} from "./PointsMath.sol";

/// @notice Units of one token that one user has deposited, in one slot: 96 bits, with the token's weight (24, basis points)
/// and decimals (8), which never change, so that an exit need not look them up.
type Holding is uint256;

using {depositedOf, earningOf, withUnits} for Holding global;

/// @notice A Holding of `units` below 2^96, at a `weight` below 2^24.
function holdingOf(uint256 units, uint256 weight, uint256 decimals) pure returns (Holding holding) {
    return Holding.wrap((decimals << 120) | (weight << 96) | units);
}

/// @notice Token units, below 2^96.
function depositedOf(Holding holding) pure returns (uint256 units) {
    return uint96(Holding.unwrap(holding));
}

/// @notice What the holding earns an hour, in points' units.
function earningOf(Holding holding) pure returns (uint256 units) {
    uint256 terms = Holding.unwrap(holding) >> 96;
    return PointsMath.earningUnits(depositedOf(holding), uint24(terms), terms >> 24);
}

/// @notice The same with `units` below 2^96; all zero, so that the slot is given back, when there are none.
function withUnits(Holding holding, uint256 units) pure returns (Holding changed) {
    return units == 0 ? Holding.wrap(0) : Holding.wrap(((Holding.unwrap(holding) >> 96) << 96) | units);
}
