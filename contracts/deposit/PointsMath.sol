// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Points of deposits
/// @notice One token unit earns one point an hour. What is stored is unit-seconds, divided only when read: rounding at every
/// touch would let points depend on how often an account is touched.
library PointsMath {
    uint256 internal constant SECONDS_PER_POINT = 1 hours;

    /// @notice Unit-seconds that `units` earn from `from` to `to`; none when `to` is not later.
    /// @dev Cannot overflow for `units` below 2^128 and times below 2^64.
    function earned(uint256 units, uint256 from, uint256 to) internal pure returns (uint256 unitSeconds) {
        return to > from ? units * (to - from) : 0;
    }

    /// @notice Whole points in `unitSeconds`.
    function points(uint256 unitSeconds) internal pure returns (uint256) {
        return unitSeconds / SECONDS_PER_POINT;
    }
}
