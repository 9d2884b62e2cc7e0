// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {DepositHandler} from "./DepositHandler.sol";
import {OmronDeposit} from "../../contracts/deposit/OmronDeposit.sol";
import {IMintable} from "./DepositStage.sol";

/// @dev What holds whatever anybody does with deposits, in whatever order.
contract DepositInvariants is CheatTest {
    DepositHandler private _handler;
    OmronDeposit private _deposits;

    function setUp() external {
        _handler = new DepositHandler();
        _deposits = _handler.theDeposits();
    }

    /// @dev Foundry calls only these.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev The invariants would say nothing if nothing were ever deposited, withdrawn or fetched.
    function test_handler_ordinaryLife_reachesEveryPart() external {
        for (uint8 i = 0; i < 12; ++i) {
            _handler.deposit(i, i + 1, i, 5 ether);
            _handler.wait(7200);
        }
        _handler.startSeason(20_000);
        _handler.wait(3 hours);
        _handler.withdraw(1, 0, 1 ether, true);
        _handler.appointManager();
        _handler.stopAndWait(16);
        _handler.slash(0, 20);
        _handler.managerFetches(1);
        _handler.managerClaims(1);
        equal(_handler.deposited(), 12);
        equal(_handler.withdrawn(), 1);
        equal(_handler.fetched(), 1);
        equal(_handler.claimed(), 1);
        invariant_nothingHappens_thatTheInterfaceDoesNotSay();
        invariant_points_areThoseOfTheReferenceButLessThanAPointATouch();
        this.invariant_units_areOwedToSomebodyAndThere();
        this.afterInvariant();
    }

    function invariant_nothingHappens_thatTheInterfaceDoesNotSay() public view {
        string memory violation = _handler.violation();
        check(bytes(violation).length == 0, violation);
    }

    /// @dev Solvency: what is owed is what users have been credited, and what all would be paid is there.
    function invariant_units_areOwedToSomebodyAndThere() external view {
        for (uint256 i = 0; i < 4; ++i) {
            address token = _handler.tokens(i);
            uint256 sum;
            uint256 payouts;
            for (uint256 j = 0; j < 3; ++j) {
                address user = _handler.users(j);
                uint256 balance = _deposits.tokenBalance(user, token);
                equal(balance, _handler.owed(user, token));
                sum += balance;
                payouts += _deposits.payoutOf(token, balance);
            }
            equal(_deposits.totalOf(token), sum);
            equal(_deposits.cumulativeOf(token), _handler.cumulativeOf(token));
            uint256 held = IMintable(token).balanceOf(address(_deposits));
            check(payouts <= held, "more would be paid than is held");
            if (!_handler.lost(token)) check(held >= sum, "less is held than is owed, without a loss");
        }
    }

    /// @dev Custody: nothing leaves but to whom a user, or the accepted manager, chose.
    function invariant_tokens_moveOnlyWhereTheirOwnersSaid() external view {
        for (uint256 i = 0; i < 4; ++i) {
            address token = _handler.tokens(i);
            equal(IMintable(token).balanceOf(address(0x1004)), 0);
            if (token == _handler.theRebasing()) continue;
            uint256 held = IMintable(token).balanceOf(address(_deposits));
            equal(held, _handler.cameIn(token) - _handler.wentOut(token));
        }
    }

    function invariant_points_areThoseOfTheReferenceButLessThanAPointATouch() public view {
        for (uint256 i = 0; i < 3; ++i) {
            address user = _handler.users(i);
            (uint256 floored, uint256 intervals) = _handler.referencePoints(user);
            uint256 points = _deposits.calculatePoints(user);
            check(points >= floored, "points were lost");
            check(points < floored + intervals, "points came from nowhere");
        }
    }

    function invariant_list_saysWhatTheMapSays() external view {
        address[] memory all = _deposits.getAllWhitelistedTokens();
        uint256 count;
        for (uint256 i = 0; i < 4; ++i) {
            address token = _handler.tokens(i);
            check(_deposits.whitelistedTokens(token) == _handler.listed(token), "the map is wrong");
            if (_handler.listed(token)) ++count;
        }
        equal(all.length, count);
        for (uint256 i = 0; i < all.length; ++i) {
            check(
                _deposits.whitelistedTokens(all[i]) && _deposits.allWhitelistedTokens(i) == all[i], "the list is wrong"
            );
            for (uint256 j = 0; j < i; ++j) {
                check(all[i] != all[j], "a token is listed twice");
            }
        }
    }

    /// @dev Foundry calls this at the end of every run.
    function afterInvariant() external {
        _handler.everybodyLeaves();
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                uint256 left = _deposits.tokenBalance(_handler.users(i), _handler.tokens(j));
                if (left != 0) equal(_deposits.payoutOf(_handler.tokens(j), left), 0);
            }
        }
    }
}
