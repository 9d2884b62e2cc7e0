// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PointsMath} from "../../contracts/deposit/PointsMath.sol";

/// @dev Proved by halmos for every argument of the types given (scripts/symbolic.sh): units below 2^96, readings of the earning
/// clock below 2^64, unit-seconds below 2^128, which is what the ledger keeps to. Divisions are decided by
/// scripts/integer_solver.py.
contract PointsProof {
    uint256 private constant BASIS_POINTS = PointsMath.BASIS_POINTS;
    uint256 private constant HOUR = PointsMath.SECONDS_PER_POINT;

    // ---------------------------------------------------------------- earned

    function check_earned_byATouchBetween_isTheSame(uint96 units, uint64 from, uint64 between, uint64 to)
        external
        pure
    {
        if (from > between || between > to) return;
        uint256 first = PointsMath.earned(units, from, between);
        assert(first + PointsMath.earned(units, between, to) == PointsMath.earned(units, from, to));
    }

    function check_earned_inNoTime_isNone(uint256 units, uint256 from, uint256 to) external pure {
        if (to <= from) assert(PointsMath.earned(units, from, to) == 0);
    }

    /// @dev The exact quotient rounded down, or one more: no touch is worth a unit-second more than that.
    function check_earned_inAnyTime_isTheQuotientOrOneMore(uint96 units, uint64 from, uint64 time) external pure {
        uint256 earned = PointsMath.earned(units, from, uint256(from) + time);
        unchecked {
            uint256 exact = uint256(units) * time;
            assert(earned * BASIS_POINTS + BASIS_POINTS > exact);
            assert(earned * BASIS_POINTS < exact + BASIS_POINTS);
        }
    }

    function check_earned_inMoreTime_isNotLess(uint96 units, uint64 from, uint64 time, uint64 more) external pure {
        uint256 to = uint256(from) + time;
        assert(PointsMath.earned(units, from, to) <= PointsMath.earned(units, from, to + more));
    }

    /// @dev The products of `earned` are unchecked.
    function check_earned_products_fit(uint96 units, uint64 clock) external pure {
        unchecked {
            assert(uint256(units) * clock < 2 ** 160);
        }
    }

    // ---------------------------------------------------------------- points

    function check_points_ofAnyUnitSeconds_areTheQuotient(uint128 unitSeconds) external pure {
        uint256 points = PointsMath.points(unitSeconds);
        unchecked {
            assert(points * HOUR <= unitSeconds && unitSeconds < points * HOUR + HOUR);
        }
    }

    function check_points_ofMore_areNotLess(uint128 unitSeconds, uint128 more) external pure {
        assert(PointsMath.points(unitSeconds) <= PointsMath.points(uint256(unitSeconds) + more));
    }

    /// @dev What flooring at a touch would lose: less than a point each time.
    function check_points_ofASum_areThoseOfTheParts_orOneMore(uint128 one, uint128 other) external pure {
        uint256 parts = PointsMath.points(one) + PointsMath.points(other);
        uint256 whole = PointsMath.points(uint256(one) + other);
        assert(parts <= whole && whole <= parts + 1);
    }

    // --------------------------------------------------------- earning units

    function check_earningUnits_ofAnOrdinaryToken_areItsUnits(uint256 amount) external pure {
        assert(PointsMath.earningUnits(amount, BASIS_POINTS, 18) == amount);
    }

    function check_earningUnits_ofMoreOfSixDecimals_areNotLess(uint96 amount, uint96 more, uint24 weight)
        external
        pure
    {
        _rise(amount, more, weight, 6);
    }

    function check_earningUnits_ofMoreOfEighteenDecimals_areNotLess(uint96 amount, uint96 more, uint24 weight)
        external
        pure
    {
        _rise(amount, more, weight, 18);
    }

    function check_earningUnits_ofMoreOfTwentySevenDecimals_areNotLess(uint96 amount, uint96 more, uint24 weight)
        external
        pure
    {
        _rise(amount, more, weight, 27);
    }

    // ---------------------------------------------------------------- payout

    function check_payout_withoutALoss_isTheAmount(uint256 amount, uint256 held, uint256 owed) external pure {
        if (held >= owed) assert(PointsMath.payout(amount, held, owed) == amount);
    }

    function check_payout_ofWhatIsOwed_isNoMoreThanTheAmountAndWhatIsHeld(uint96 amount, uint96 held, uint96 owed)
        external
        pure
    {
        if (held >= owed || amount > owed) return;
        uint256 paid = PointsMath.payout(amount, held, owed);
        assert(paid <= amount && paid <= held);
    }

    /// @dev Who stays has no smaller share: held / owed does not fall.
    function check_payout_ofAnybody_leavesTheOthersTheirShare(uint96 amount, uint96 held, uint96 owed) external pure {
        if (held >= owed || amount > owed) return;
        uint256 paid = PointsMath.payout(amount, held, owed);
        unchecked {
            assert((held - paid) * owed >= uint256(held) * (owed - amount));
        }
    }

    // --------------------------------------------------------------- private

    function _rise(uint96 amount, uint96 more, uint24 weight, uint256 decimals) private pure {
        uint256 units = PointsMath.earningUnits(amount, weight, decimals);
        assert(units <= PointsMath.earningUnits(uint256(amount) + more, weight, decimals));
    }
}
