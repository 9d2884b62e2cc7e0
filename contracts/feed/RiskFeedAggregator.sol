// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {AggregatorV3Interface} from "../interfaces/external/AggregatorV3Interface.sol";

/// @title One output of one asset, read like a Chainlink feed
/// @notice Exit risk has 8 decimals (1e8 = certain), staking duration none (seconds). A round's id is its epoch, and its
/// times are those of the observation, so that a consumer's staleness check measures the age of the data, not of the proof.
/// @custom:kill It only forwards: it reverts Frozen, Stale or NoRound whenever the feed behind it does.
contract RiskFeedAggregator is AggregatorV3Interface {
    /// @notice What an adapter answers with.
    enum Output {
        StakingDuration,
        ExitRisk
    }

    /// @inheritdoc AggregatorV3Interface
    // the name is that of the interface
    // solhint-disable-next-line const-name-snakecase
    uint256 public constant version = 1;
    /// @dev From 1e18 = certain to 8 decimals.
    uint256 private constant RISK_DIVISOR = 1e10;

    /// @notice Feed that is read.
    IRiskFeed public immutable FEED;
    /// @notice Model whose score is read.
    bytes32 public immutable MODEL_ID;
    /// @notice Token on the home chain whose score is read.
    address public immutable ASSET;
    /// @notice Which output is read.
    Output public immutable OUTPUT;

    /// @param feed feed that is read
    /// @param modelId model whose score is read
    /// @param asset token on the home chain whose score is read
    /// @param output which output is read
    constructor(IRiskFeed feed, bytes32 modelId, address asset, Output output) {
        if (address(feed) == address(0) || asset == address(0)) revert IRiskFeed.RiskFeedZeroAddress();
        FEED = feed;
        MODEL_ID = modelId;
        ASSET = asset;
        OUTPUT = output;
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return _roundData(FEED.latestScore(MODEL_ID, ASSET));
    }

    /// @inheritdoc AggregatorV3Interface
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        if (roundId > type(uint32).max) revert IRiskFeed.NoRound(MODEL_ID, ASSET);
        return _roundData(FEED.scoreAt(MODEL_ID, ASSET, uint32(roundId)));
    }

    /// @inheritdoc AggregatorV3Interface
    function decimals() external view returns (uint8) {
        return OUTPUT == Output.ExitRisk ? 8 : 0;
    }

    /// @inheritdoc AggregatorV3Interface
    function description() external view returns (string memory) {
        string memory subject =
            OUTPUT == Output.ExitRisk ? "veristake exit risk of " : "veristake staking duration in seconds of ";
        return string.concat(subject, Strings.toChecksumHexString(ASSET));
    }

    function _roundData(IRiskFeed.Score memory score)
        private
        view
        returns (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        uint256 value = OUTPUT == Output.ExitRisk ? score.exitRisk / RISK_DIVISOR : score.stakingDuration;
        return (score.epoch, int256(value), score.observedAt, score.observedAt, score.epoch);
    }
}
