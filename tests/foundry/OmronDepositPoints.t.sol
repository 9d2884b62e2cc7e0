// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {DeployedPoints} from "./DeployedPoints.sol";
import {PointsMath} from "../../contracts/deposit/PointsMath.sol";
import {OmronDeposit} from "../../contracts/deposit/OmronDeposit.sol";
import {MockLiquidRestakingToken} from "../../contracts/mocks/MockLiquidRestakingToken.sol";

/// @dev Points against the deployed contract's rules, across seasons, and at the widths' limits.
contract OmronDepositPointsTest is CheatTest {
    address private constant MANAGER = address(0xBEEF);
    uint256 private constant MOST = type(uint96).max;
    MockLiquidRestakingToken private _token;
    OmronDeposit private _deposit;
    DeployedPoints private _deployed;

    function setUp() external {
        CHEATS.warp(1_800_000_000);
        _token = new MockLiquidRestakingToken("x", "x", 1 ether);
        address[] memory tokens = new address[](1);
        tokens[0] = address(_token);
        _deposit = new OmronDeposit(address(this), tokens);
        _deployed = new DeployedPoints();
        _token.mint(address(this), type(uint128).max);
        _token.approve(address(_deposit), type(uint256).max);
        _deposit.setClaimManager(MANAGER);
    }

    /// @dev n deposits, a withdrawTokens and two claims.
    function testFuzz_points_anyTouches_areTheDeployedOnesOrLessThanAUnitATouchMore(
        uint80[6] memory amounts,
        uint32[8] memory waits
    ) external {
        uint256 units = 0;
        uint256 unitSeconds = 0;
        for (uint256 i = 0; i < 6; ++i) {
            uint256 amount = bound(amounts[i], 1, type(uint80).max);
            units += amount;
            unitSeconds += units * bound(waits[i], 0, 1e7);
            _deposit.deposit(address(_token), amount);
            _deployed.deposit(address(this), amount);
            _pass(bound(waits[i], 0, 1e7));
            if (i == 0) equal(_deposit.calculatePoints(address(this)), _deployed.pointsOf(address(this)));
            _compare(i + 1);
            equal(_deposit.calculatePoints(address(this)), unitSeconds / 3600);
        }
        _deposit.stopDeposits();
        _deployed.stop();
        _pass(bound(waits[6], 0, 1e7));
        CHEATS.prank(MANAGER);
        _deposit.withdrawTokens(address(this));
        _deployed.withdrawTokens(address(this));
        _compare(7);
        _pass(bound(waits[7], 0, 1e7));
        CHEATS.prank(MANAGER);
        uint256 points = _deposit.claim(address(this));
        uint256 before = _deployed.claim(address(this));
        check(points >= before && points < before + 8, "claim");
        equal(_deposit.calculatePoints(address(this)), 0);
        CHEATS.prank(MANAGER);
        equal(_deposit.claim(address(this)), 0);
    }

    function testFuzz_seasons_touchesBetween_changeNothing(uint32[5] memory multipliers, uint24[5] memory waits)
        external
    {
        address silent = address(0xA1);
        _deposit.depositFor(silent, address(_token), 1 ether + 7);
        _deposit.deposit(address(_token), 1 ether + 6);
        _deposit.deposit(address(_token), 1);
        uint256 points = 0;
        uint256 multiplier = 10_000;
        for (uint256 i = 0; i < 5; ++i) {
            _pass(waits[i]);
            points += (1 ether + 7) * uint256(waits[i]) * multiplier;
            multiplier = bound(multipliers[i], 0, 100_000);
            _deposit.startSeason(multiplier);
            // a withdrawal and a deposit that leave the amount as it was
            _deposit.withdraw(address(_token), 1, address(this));
            _deposit.deposit(address(_token), 1);
        }
        _pass(12_345);
        points += (1 ether + 7) * uint256(12_345) * multiplier;
        uint256 expected = points / (3600 * 10_000);
        uint256 untouched = _deposit.calculatePoints(silent);
        // one rounding to a unit-second at either end of the only interval
        check(untouched <= expected + 1 && untouched + 1 >= expected, "seasons");
        uint256 touched = _deposit.calculatePoints(address(this));
        check(touched <= untouched + 1 && touched + 1 >= untouched, "touches");
    }

    function testFuzz_startSeason_changesNothingEarnedBefore(uint32 wait, uint32 multiplier) external {
        _deposit.deposit(address(_token), 1 ether);
        _pass(bound(wait, 0, 1e9));
        uint256 before = _deposit.calculatePoints(address(this));
        _deposit.startSeason(bound(multiplier, 0, 100_000));
        equal(_deposit.calculatePoints(address(this)), before);
    }

    /// @dev Found by the search for any number of seasons and any time of the last touch.
    function testFuzz_seasons_longAbsence_isCountedSeasonBySeason(uint8 before, uint8 during) external {
        uint256 seasons = bound(before, 0, 40);
        for (uint256 i = 0; i < seasons; ++i) {
            _pass(10);
            _deposit.startSeason(1_000 * i);
        }
        _pass(5);
        _deposit.deposit(address(_token), 3600);
        uint256 multiplier = seasons == 0 ? 10_000 : 1_000 * (seasons - 1);
        uint256 expected = 5 * multiplier;
        _pass(5);
        for (uint256 i = 0; i < bound(during, 0, 40); ++i) {
            _deposit.startSeason(2_000 * i);
            _pass(7);
            expected += 7 * 2_000 * i;
        }
        equal(_deposit.calculatePoints(address(this)), expected / 10_000);
    }

    /// @dev Everything at its greatest: nothing overflows, and the exit pays in full.
    function test_withdraw_atTheGreatestUnitsTimeAndMultiplier_isOpen() external {
        _deposit.startSeason(100_000);
        _deposit.deposit(address(_token), MOST);
        CHEATS.warp(uint256(type(uint32).max) * 4);
        equal(_deposit.calculatePoints(address(this)), uint256(type(uint128).max) / 3600);
        check(_deposit.cumulativeOf(address(_token)) > MOST * 2_000_000_000, "cumulative");
        _deposit.startSeason(0);
        _deposit.withdraw(address(_token), 1, address(this));
        _deposit.stopDeposits();
        CHEATS.warp(type(uint64).max);
        _deposit.withdraw(address(_token), MOST - 1, address(this));
        equal(_token.balanceOf(address(_deposit)), 0);
    }

    function testFuzz_earningUnits_doNotDependOnTheSteps(uint96 whole, uint96 part, uint24 weight, uint8 decimals)
        external
        pure
    {
        uint256 most = bound(weight, 1, 1_000_000);
        uint256 places = bound(decimals, 0, 36);
        uint256 first = bound(part, 0, whole);
        uint256 all = PointsMath.earningUnits(whole, most, places);
        uint256 some = PointsMath.earningUnits(first, most, places);
        check(some <= all, "not rising");
        if (most == 10_000 && places == 18) equal(all, whole);
    }

    function _compare(uint256 touches) private view {
        uint256 points = _deposit.calculatePoints(address(this));
        uint256 floored = _deployed.pointsOf(address(this));
        check(points >= floored && points < floored + touches, "points");
    }

    function _pass(uint256 time) private {
        CHEATS.warp(block.timestamp + time);
    }
}
