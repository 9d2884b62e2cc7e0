// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {PointsMath} from "./PointsMath.sol";

/// @title The clock by which deposits earn
/// @notice It runs at the season's multiplier and halts when deposits stop: what an account earns is its units times what the
/// clock has run since its last touch. A new season changes the pace from then on, and touches no account.
abstract contract EarningClock is IOmronDeposit, Pausable {
    struct Season {
        uint32 start;
        uint32 multiplier;
        uint64 clock;
    }

    /// @notice The highest multiplier of a season: ten times, in basis points.
    uint256 public constant MAXIMUM_MULTIPLIER = 100_000;

    // one slot, read by every deposit and exit, with Pausable's flag: that is why this contract comes before those that
    // have storage of their own
    uint32 private _stopTime;
    uint32 private _seasonStart;
    uint32 private _multiplier = uint32(PointsMath.BASIS_POINTS);
    uint64 private _clockAtStart;
    uint32 private _seasonNumber;

    mapping(uint256 number => Season season) private _pastSeasons;

    /// @inheritdoc IOmronDeposit
    function depositStopTime() public view returns (uint256) {
        return _stopTime;
    }

    /// @inheritdoc IOmronDeposit
    function season() public view returns (uint256 number, uint256 multiplier, uint256 start) {
        return (_seasonNumber, _multiplier, _seasonStart);
    }

    function _stop() internal {
        if (_stopTime != 0) revert DepositsAlreadyStopped();
        _stopTime = _now();
        emit DepositStopTimeSet(_stopTime);
    }

    function _startSeason(uint256 multiplier) internal {
        if (multiplier > MAXIMUM_MULTIPLIER) revert MultiplierTooHigh(multiplier, MAXIMUM_MULTIPLIER);
        if (_stopTime != 0) revert DepositsStopped();
        uint32 start = _now();
        // below 2^32 seconds times 2^17 basis points
        uint64 clock = uint64(_clockAtStart + uint256(_multiplier) * (start - _seasonStart));
        _pastSeasons[_seasonNumber] = Season(_seasonStart, _multiplier, _clockAtStart);
        ++_seasonNumber;
        (_seasonStart, _multiplier, _clockAtStart) = (start, uint32(multiplier), clock);
        emit SeasonStarted(_seasonNumber, multiplier);
    }

    /// @dev Unit-seconds that `units` have earned since `lastUpdated`, until now or until deposits stopped.
    function _earnedSince(uint256 units, uint256 lastUpdated) internal view returns (uint256 unitSeconds) {
        uint256 until = _stopTime;
        if (until == 0) until = _now();
        // a first deposit has never been touched: it need not look for the season of the year 1970
        if (units == 0 || lastUpdated >= until) return 0;
        // read together: one slot
        (uint256 start, uint256 multiplier, uint256 clock) = (_seasonStart, _multiplier, _clockAtStart);
        uint256 from = lastUpdated < start ? _pastClockAt(lastUpdated) : clock + multiplier * (lastUpdated - start);
        return PointsMath.earned(units, from, clock + multiplier * (until - start));
    }

    /// @dev Seconds since 1970, as far as 32 bits count: from then on time stands still here, and nothing overflows.
    function _now() internal view returns (uint32) {
        return block.timestamp < type(uint32).max ? uint32(block.timestamp) : type(uint32).max;
    }

    /// @dev Basis-point-seconds since 1970 at a `time` before the present season.
    function _pastClockAt(uint256 time) private view returns (uint256 clock) {
        Season memory past = _pastSeasonAt(time);
        return past.clock + uint256(past.multiplier) * (time - past.start);
    }

    /// @dev The last of the past seasons that had begun at `time`; the first began at 0. Looked for in steps back that double,
    /// then by halves: who was here a season ago pays for one look, and no number of seasons keeps anybody from leaving.
    function _pastSeasonAt(uint256 time) private view returns (Season memory past) {
        uint256 beyond = _seasonNumber;
        uint256 number = beyond - 1;
        for (uint256 step = 2; (past = _pastSeasons[number]).start > time; step *= 2) {
            beyond = number;
            number = number > step ? number - step : 0;
        }
        // season `number` had begun, season `beyond` had not
        while (beyond - number > 1) {
            uint256 middle = (number + beyond) / 2;
            Season memory candidate = _pastSeasons[middle];
            if (candidate.start <= time) (number, past) = (middle, candidate);
            else beyond = middle;
        }
    }
}
