// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositStage} from "./DepositStage.sol";
import {OmronDeposit} from "../../contracts/deposit/OmronDeposit.sol";
import {MockAwkwardToken} from "../../contracts/mocks/MockAwkwardToken.sol";
import {MockDecimalsToken} from "../../contracts/mocks/MockDecimalsToken.sol";
import {MockLiquidRestakingToken} from "../../contracts/mocks/MockLiquidRestakingToken.sol";
import {MockRebasingToken} from "../../contracts/mocks/MockRebasingToken.sol";

/// @dev Four tokens and three restakers, and what a reader of the interface expects of each: who is owed what, what has come
/// and gone, and what the deployed contract, which divides at every touch, would have given as points.
abstract contract DepositGhosts is DepositStage {
    address internal constant SAFE = address(0x5afe);
    uint256 internal constant BASIS_POINTS = 10_000;

    MockAwkwardToken internal awkward;
    MockRebasingToken internal rebasing;
    MockDecimalsToken internal weighted;
    address[4] public tokens;
    address[3] public users = [RESTAKER, OTHER_RESTAKER, address(0x1005)];

    mapping(address user => mapping(address token => uint256)) public owed;
    mapping(address token => uint256) public cameIn;
    mapping(address token => uint256) public wentOut;
    mapping(address token => bool) public lost;
    mapping(address token => bool) public listed;
    mapping(address user => uint256) public flooredPoints;
    mapping(address user => uint256) public touches;
    mapping(address user => uint256) private _touchedAt;
    mapping(address token => uint256) private _unitSeconds;
    mapping(address token => uint256) private _summedAt;
    uint256 private _clock;
    uint256 private _clockTime;
    uint256 internal multiplier = BASIS_POINTS;
    bool public stopped;
    uint256 private _stoppedAt;
    bool internal appointed;
    /// @dev Of the claim manager that nobody has accepted yet; 0 when there is none.
    uint256 internal announcedAt;
    bool internal paused;
    /// @dev The first thing that should not have happened; a revert in a handler would go unseen.
    string public violation;

    function setUpGhosts() internal {
        setUpDeposit();
        (awkward, rebasing, weighted) = (new MockAwkwardToken(), new MockRebasingToken(), new MockDecimalsToken(6));
        tokens = [address(honest), address(awkward), address(rebasing), address(weighted)];
        deposits.addWhitelistedToken(address(awkward));
        deposits.addWhitelistedToken(address(rebasing));
        deposits.addWeightedToken(address(weighted), 25_000, type(uint96).max, type(uint96).max);
        for (uint256 i = 0; i < tokens.length; ++i) {
            listed[tokens[i]] = true;
            for (uint256 j = 0; j < users.length; ++j) {
                fund(users[j], tokens[i], 10 * MUCH);
            }
        }
        _clockTime = block.timestamp;
    }

    function theDeposits() external view returns (OmronDeposit) {
        return deposits;
    }

    function theRebasing() external view returns (address) {
        return address(rebasing);
    }

    /// @dev What the deployed contract would say now, and how many intervals it would have divided.
    function referencePoints(address user) external view returns (uint256 points, uint256 intervals) {
        return (flooredPoints[user] + _earnedSinceTouch(user), touches[user] + 1);
    }

    /// @dev Units that earn for the user: by the interface, each token's brought from its decimals to 18 and weighted.
    function earningUnits(address user) public view returns (uint256 units) {
        units = owed[user][tokens[0]] + owed[user][tokens[1]] + owed[user][tokens[2]];
        return units + owed[user][tokens[3]] * 10 ** 12 * 25_000 / BASIS_POINTS;
    }

    /// @dev By the interface: the accepted manager acts once users have had the delay to leave, and never while paused.
    function managerMayAct() public view returns (bool) {
        return appointed && stopped && block.timestamp >= _stoppedAt + DELAY && !paused;
    }

    function broken(string memory what) internal {
        if (bytes(violation).length == 0) violation = what;
    }

    function touchReference(address user) internal {
        flooredPoints[user] += _earnedSinceTouch(user);
        _touchedAt[user] = _clockNow();
        ++touches[user];
    }

    /// @dev Unit-seconds of all deposits of a token, whether they earn or not.
    function cumulativeOf(address token) public view returns (uint256) {
        return _unitSeconds[token] + owedInAll(token) * (block.timestamp - _summedAt[token]);
    }

    function owedInAll(address token) public view returns (uint256 sum) {
        for (uint256 i = 0; i < users.length; ++i) {
            sum += owed[users[i]][token];
        }
    }

    /// @dev To be called before what is owed of a token changes.
    function sumTotal(address token) internal {
        _unitSeconds[token] = cumulativeOf(token);
        _summedAt[token] = block.timestamp;
    }

    /// @dev To be called before the multiplier changes and before earning stops.
    function windClock() internal {
        _clock = _clockNow();
        _clockTime = block.timestamp;
    }

    function noteTheStop() internal {
        stopped = true;
        _stoppedAt = block.timestamp;
    }

    function forgetPoints(address user) internal {
        flooredPoints[user] = 0;
        touches[user] = 0;
        _touchedAt[user] = _clockNow();
    }

    function _earnedSinceTouch(address user) private view returns (uint256) {
        return earningUnits(user) * (_clockNow() - _touchedAt[user]) / BASIS_POINTS / 1 hours;
    }

    function _clockNow() private view returns (uint256) {
        return stopped ? _clock : _clock + multiplier * (block.timestamp - _clockTime);
    }

    function tokenOf(uint256 seed) internal view returns (address) {
        return tokens[seed % tokens.length];
    }

    function userOf(uint256 seed) internal view returns (address) {
        return users[seed % users.length];
    }

    function mockOf(address token) internal pure returns (MockLiquidRestakingToken) {
        return MockLiquidRestakingToken(token);
    }
}
