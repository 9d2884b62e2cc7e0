// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Points of deposits
/// @notice One unit earns one point an hour. What is stored is unit-seconds, divided only when read: rounding at every
/// touch would let points depend on how often an account is touched.
library PointsMath {
    uint256 internal constant SECONDS_PER_POINT = 1 hours;
    /// @notice One, in basis points.
    uint256 internal constant BASIS_POINTS = 10_000;
    uint256 internal constant POINT_DECIMALS = 18;

    /// @notice Unit-seconds that `units` earn between two readings of the earning clock, in basis-point-seconds; none when
    /// `to` is not later.
    /// @dev A difference of two rounded products, so that a touch between the two changes nothing. Cannot overflow for
    /// `units` below 2^96 and clocks below 2^64.
    function earned(uint256 units, uint256 from, uint256 to) internal pure returns (uint256 unitSeconds) {
        unchecked {
            return to > from ? units * to / BASIS_POINTS - units * from / BASIS_POINTS : 0;
        }
    }

    /// @notice Whole points in `unitSeconds`.
    function points(uint256 unitSeconds) internal pure returns (uint256) {
        return unitSeconds / SECONDS_PER_POINT;
    }

    /// @notice Units that earn for `amount` of a token, of `weight` basis points and brought from `decimals` to 18.
    /// @dev Rises with `amount`, so that the difference between two amounts is never negative, and the sum of such
    /// differences does not depend on the steps. Cannot overflow for `amount` below 2^96, `weight` below 2^24 and
    /// `decimals` up to 36.
    function earningUnits(uint256 amount, uint256 weight, uint256 decimals) internal pure returns (uint256 units) {
        if (weight == BASIS_POINTS && decimals == POINT_DECIMALS) return amount;
        return amount * weight * 10 ** POINT_DECIMALS / (BASIS_POINTS * 10 ** decimals);
    }

    /// @notice What an exit of `amount` is paid when `held` is there for `owed`: the same share for all, rounded down.
    function payout(uint256 amount, uint256 held, uint256 owed) internal pure returns (uint256 paid) {
        return held >= owed ? amount : Math.mulDiv(amount, held, owed);
    }
}
