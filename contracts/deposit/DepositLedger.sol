// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {IStakedTotals} from "../interfaces/IStakedTotals.sol";
import {EarningClock} from "./EarningClock.sol";
import {PointsMath} from "./PointsMath.sol";
import {TokenWhitelist} from "./TokenWhitelist.sol";

/// @title Who has deposited what, what they have earned, and what the contract owes
/// @dev Accounts and totals are one slot each. Nothing here can overflow: units of a token stay below 2^96 and time below
/// 2^32, so unit-seconds of a total stay below 2^128; those of an account, which seasons multiply, end at their maximum.
abstract contract DepositLedger is EarningClock, TokenWhitelist {
    struct Account {
        uint96 earningUnits;
        uint32 lastUpdated;
        uint128 unitSeconds;
    }

    struct TokenTotal {
        uint96 units;
        uint32 lastUpdated;
        uint128 unitSeconds;
    }

    mapping(address user => Account account) private _accounts;
    mapping(address token => TokenTotal total) private _totals;
    mapping(address user => mapping(address token => uint256 units)) private _balances;

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
        Account memory account = _accounts[user];
        (, uint256 multiplier,) = season();
        pointsPerHour = account.earningUnits * multiplier / PointsMath.BASIS_POINTS;
        return (PointsMath.points(account.unitSeconds), pointsPerHour, account.lastUpdated);
    }

    /// @inheritdoc IOmronDeposit
    function calculatePoints(address user) external view returns (uint256 points) {
        return PointsMath.points(_touched(user).unitSeconds);
    }

    /// @inheritdoc IOmronDeposit
    function tokenBalance(address user, address token) public view returns (uint256 balance) {
        return _balances[user][token];
    }

    /// @inheritdoc IStakedTotals
    function totalOf(address token) public view returns (uint256) {
        return _totals[token].units;
    }

    /// @notice Sum over time of `totalOf`, up to this block's timestamp, in unit-seconds; does not end with deposits.
    function cumulativeOf(address token) external view returns (uint256 unitSeconds) {
        return _touchedTotal(token).unitSeconds;
    }

    /// @inheritdoc IOmronDeposit
    function payoutOf(address token, uint256 amount) public view returns (uint256 paid) {
        return PointsMath.payout(amount, _heldOf(token), totalOf(token));
    }

    // --------------------------------------------------------------- internal

    /// @dev Add `amount` units of `token` to what `user` has.
    function _credit(address user, address token, uint256 amount, Listing memory listing) internal {
        TokenTotal memory total = _touchedTotal(token);
        uint256 units = total.units + amount;
        if (units > listing.totalCap) revert TotalCapExceeded(token, listing.totalCap, units);
        total.units = uint96(units);
        _totals[token] = total;

        uint256 balance = _balances[user][token];
        _balances[user][token] = balance + amount;

        Account memory account = _touched(user);
        uint256 rate = account.earningUnits + _earningUnits(balance, balance + amount, listing);
        if (rate > type(uint96).max) revert RateTooHigh(type(uint96).max, rate);
        account.earningUnits = uint96(rate);
        _accounts[user] = account;
    }

    /// @dev Take `amount` units of `token` from what `user` has; cannot fail when `amount` is no more than that.
    function _debit(address user, address token, uint256 amount) internal {
        uint256 balance = _balances[user][token];
        Account memory account = _touched(user);
        uint256 lost = _earningUnits(balance - amount, balance, _listingOf(token));
        // after the stop withdrawTokens may have zeroed the rate while a delisted token stayed
        account.earningUnits = account.earningUnits > lost ? uint96(account.earningUnits - lost) : 0;
        _accounts[user] = account;
        _debitUnits(user, token, balance, amount);
    }

    /// @dev As `_debit`, leaving the account to the caller.
    function _debitUnits(address user, address token, uint256 balance, uint256 amount) internal {
        _balances[user][token] = balance - amount;
        TokenTotal memory total = _touchedTotal(token);
        // a user's units are part of the total
        total.units = uint96(total.units - amount);
        _totals[token] = total;
    }

    /// @dev Bring the account up to date and let it earn nothing from now on.
    function _endEarning(address user) internal {
        Account memory account = _touched(user);
        account.earningUnits = 0;
        _accounts[user] = account;
    }

    /// @dev Bring the account up to date and take all that it has earned, what is less than a point as well.
    function _takePoints(address user) internal returns (uint256 points) {
        Account memory account = _touched(user);
        points = PointsMath.points(account.unitSeconds);
        account.unitSeconds = 0;
        _accounts[user] = account;
    }

    /// @dev What the contract holds of `token`; if that can't be read, more than it can owe. No user's exit may depend on a
    /// view that fails.
    function _heldOf(address token) internal view returns (uint256 held) {
        bytes memory question = abi.encodeCall(IERC20.balanceOf, (address(this)));
        (bool answered, bytes32 answer,) = LowLevelCall.staticcallReturn64Bytes(token, question);
        bool readable = answered && LowLevelCall.returnDataSize() >= 32;
        return readable ? uint256(answer) : type(uint256).max;
    }

    // ---------------------------------------------------------------- private

    function _touched(address user) private view returns (Account memory account) {
        account = _accounts[user];
        uint256 unitSeconds = account.unitSeconds + _earnedSince(account.earningUnits, account.lastUpdated);
        account.unitSeconds = unitSeconds < type(uint128).max ? uint128(unitSeconds) : type(uint128).max;
        account.lastUpdated = _now();
    }

    function _touchedTotal(address token) private view returns (TokenTotal memory total) {
        total = _totals[token];
        total.unitSeconds += uint128(total.units) * (_now() - total.lastUpdated);
        total.lastUpdated = _now();
    }

    function _earningUnits(uint256 from, uint256 to, Listing memory listing) private pure returns (uint256 units) {
        return PointsMath.earningUnits(to, listing.weight, listing.decimals)
            - PointsMath.earningUnits(from, listing.weight, listing.decimals);
    }
}
