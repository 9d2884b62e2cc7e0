// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {IStakedTotals} from "../interfaces/IStakedTotals.sol";
import {Accrual, MAXIMUM_UNITS, MAXIMUM_UNIT_SECONDS, accrualOf} from "./Accrual.sol";
import {EarningClock} from "./EarningClock.sol";
import {Holding, holdingOf} from "./Holding.sol";
import {PointsMath} from "./PointsMath.sol";
import {balanceHere} from "./TokenBalance.sol";
import {TokenWhitelist} from "./TokenWhitelist.sol";

/// @title Who has deposited what, what they have earned, and what the contract owes
/// @dev Accounts and totals are one slot each. Nothing here can overflow: units of a token stay below 2^96 and time below
/// 2^32, so unit-seconds of a total stay below 2^128; those of an account, which seasons multiply, end at their maximum.
abstract contract DepositLedger is EarningClock, TokenWhitelist {
    // what a user's deposits earn, in points' units; what is deposited of a token, in the token's
    mapping(address user => Accrual account) private _accounts;
    mapping(address token => Accrual total) private _totals;
    mapping(address user => mapping(address token => Holding holding)) private _holdings;

    // ------------------------------------------------------------------ views

    /// @inheritdoc IOmronDeposit
    function getUserInfo(address user)
        external
        view
        returns (uint256 pointsPerHour, uint256 lastUpdated, uint256 pointBalance)
    {
        (pointBalance, pointsPerHour, lastUpdated) = userInfo(user);
    }

    /// @inheritdoc IOmronDeposit
    function userInfo(address user)
        public
        view
        returns (uint256 pointBalance, uint256 pointsPerHour, uint256 lastUpdated)
    {
        Accrual account = _accounts[user];
        (, uint256 multiplier,) = season();
        pointsPerHour = account.unitsOf() * multiplier / PointsMath.BASIS_POINTS;
        return (PointsMath.points(account.unitSecondsOf()), pointsPerHour, account.lastUpdatedOf());
    }

    /// @inheritdoc IOmronDeposit
    function calculatePoints(address user) external view returns (uint256 points) {
        return PointsMath.points(_unitSecondsNow(_accounts[user]));
    }

    /// @inheritdoc IOmronDeposit
    function tokenBalance(address user, address token) public view returns (uint256 balance) {
        return _holdings[user][token].depositedOf();
    }

    /// @inheritdoc IStakedTotals
    function totalOf(address token) public view returns (uint256) {
        return _totals[token].unitsOf();
    }

    /// @notice Sum over time of `totalOf`, up to this block's timestamp, in unit-seconds; does not end with deposits.
    function cumulativeOf(address token) external view returns (uint256 unitSeconds) {
        Accrual total = _totals[token];
        return total.heldUntil(_now(), total.unitsOf()).unitSecondsOf();
    }

    /// @inheritdoc IOmronDeposit
    function payoutOf(address token, uint256 amount) public view returns (uint256 paid) {
        return PointsMath.payout(amount, _heldOf(token), totalOf(token));
    }

    // --------------------------------------------------------------- internal

    /// @dev Add `amount` units of `token` to what `user` has.
    function _credit(address user, address token, uint256 amount, Listing memory listing) internal {
        uint256 time = _now();
        Accrual total = _totals[token];
        uint256 owed = total.unitsOf() + amount;
        if (owed > listing.totalCap) revert TotalCapExceeded(token, listing.totalCap, owed);
        _totals[token] = total.heldUntil(time, owed);

        mapping(address token => Holding holding) storage holdings = _holdings[user];
        Holding before = holdings[token];
        // a user's units are part of the total, which the cap keeps below 2^96
        Holding holding = holdingOf(before.depositedOf() + amount, listing.weight, listing.decimals);
        holdings[token] = holding;

        Accrual account = _accounts[user];
        uint256 rate = account.unitsOf() + holding.earningOf() - before.earningOf();
        if (rate > MAXIMUM_UNITS) revert RateTooHigh(MAXIMUM_UNITS, rate);
        _accounts[user] = accrualOf(rate, time, _unitSecondsNow(account));
    }

    /// @dev Debit `amount` units of `token`, no more than `user` has, and say what is paid for them; when that would be
    /// nothing, nothing is debited. Cannot fail. The rate is the caller's to change.
    function _debit(address user, address token, Holding holding, uint256 amount) internal returns (uint256 paid) {
        Accrual total = _totals[token];
        uint256 owed = total.unitsOf();
        paid = PointsMath.payout(amount, _heldOf(token), owed);
        if (paid == 0) return 0;
        // a user's units are part of the total
        _totals[token] = total.heldUntil(_now(), owed - amount);
        _holdings[user][token] = holding.withUnits(holding.depositedOf() - amount);
        if (paid != amount) emit LossShared(user, token, amount, paid);
    }

    /// @dev Bring the account up to date and let it earn as much less as `amount` units of the holding earned.
    function _lowerRate(address user, Holding holding, uint256 amount) internal {
        Accrual account = _accounts[user];
        uint256 rate = account.unitsOf();
        uint256 lost = holding.earningOf() - holding.withUnits(holding.depositedOf() - amount).earningOf();
        // after the stop withdrawTokens may have zeroed the rate while a delisted token stayed
        _setRate(user, account, rate > lost ? rate - lost : 0);
    }

    /// @dev Bring the account up to date and let it earn nothing from now on.
    function _endEarning(address user) internal {
        _setRate(user, _accounts[user], 0);
    }

    /// @dev Bring the account up to date and take all that it has earned, what is less than a point as well.
    function _takePoints(address user) internal returns (uint256 points) {
        Accrual account = _accounts[user];
        _accounts[user] = accrualOf(account.unitsOf(), _now(), 0);
        return PointsMath.points(_unitSecondsNow(account));
    }

    function _holdingOf(address user, address token) internal view returns (Holding) {
        return _holdings[user][token];
    }

    /// @dev What the contract holds of `token`; if that can't be read, more than it can owe. No user's exit may depend on a
    /// view that fails.
    function _heldOf(address token) internal view returns (uint256 held) {
        (bool known, uint256 units) = balanceHere(token);
        return known ? units : type(uint256).max;
    }

    // ---------------------------------------------------------------- private

    /// @dev Bring the account up to date; from now on it earns `rate`.
    function _setRate(address user, Accrual account, uint256 rate) private {
        _accounts[user] = accrualOf(rate, _now(), _unitSecondsNow(account));
    }

    function _unitSecondsNow(Accrual account) private view returns (uint256 unitSeconds) {
        unitSeconds = account.unitSecondsOf() + _earnedSince(account.unitsOf(), account.lastUpdatedOf());
        if (unitSeconds > MAXIMUM_UNIT_SECONDS) unitSeconds = MAXIMUM_UNIT_SECONDS;
    }
}
