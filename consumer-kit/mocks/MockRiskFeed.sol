// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRiskFeed} from "../interfaces/IRiskFeed.sol";

/// @title MOCK: the reads of a risk feed, answered as a test says
/// @notice For integrators' own tests: give a score, let it grow old, freeze it. It refuses exactly as the real feed does.
/// @custom:kill For tests only: holds nothing, and everybody may set everything.
contract MockRiskFeed {
    struct Answer {
        IRiskFeed.Score score;
        bool frozen;
    }

    /// @notice Age of an observation beyond which `latestScore` reverts, seconds.
    uint32 public immutable MAXIMUM_AGE;

    mapping(bytes32 modelId => mapping(address asset => Answer)) private _latest;
    mapping(bytes32 modelId => mapping(address asset => mapping(uint32 epoch => Answer))) private _answers;

    /// @param maximumAge seconds
    constructor(uint32 maximumAge) {
        MAXIMUM_AGE = maximumAge;
    }

    /// @notice Give the score of an epoch; the last one given is the latest.
    function setScore(bytes32 modelId, address asset, IRiskFeed.Score calldata score) external {
        _latest[modelId][asset] = Answer(score, false);
        _answers[modelId][asset][score.epoch] = Answer(score, false);
    }

    /// @notice Freeze the score of an epoch, as if the version that it came from were frozen.
    function freeze(bytes32 modelId, address asset, uint32 epoch) external {
        _answers[modelId][asset][epoch].frozen = true;
        if (_latest[modelId][asset].score.epoch == epoch) _latest[modelId][asset].frozen = true;
    }

    /// @notice As IRiskFeed.latestScore.
    function latestScore(bytes32 modelId, address asset) external view returns (IRiskFeed.Score memory) {
        return getScoreNoOlderThan(modelId, asset, MAXIMUM_AGE);
    }

    /// @notice As IRiskFeed.scoreAt.
    function scoreAt(bytes32 modelId, address asset, uint32 epoch) external view returns (IRiskFeed.Score memory) {
        return _readable(modelId, asset, _answers[modelId][asset][epoch]);
    }

    /// @notice As IRiskFeed.latestEpoch.
    function latestEpoch(bytes32 modelId, address asset) external view returns (uint32) {
        return _latest[modelId][asset].score.epoch;
    }

    /// @notice As IRiskFeed.getScoreNoOlderThan.
    function getScoreNoOlderThan(bytes32 modelId, address asset, uint256 age)
        public
        view
        returns (IRiskFeed.Score memory score)
    {
        score = _readable(modelId, asset, _latest[modelId][asset]);
        if (block.timestamp - score.observedAt > age) revert IRiskFeed.Stale(score.observedAt, age);
    }

    function _readable(bytes32 modelId, address asset, Answer memory answer)
        private
        pure
        returns (IRiskFeed.Score memory)
    {
        if (answer.score.observedAt == 0) revert IRiskFeed.NoRound(modelId, asset);
        if (answer.frozen) revert IRiskFeed.Frozen(modelId, 1);
        return answer.score;
    }
}
