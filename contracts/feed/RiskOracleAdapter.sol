// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {IRiskOracle} from "../interfaces/external/IRiskOracle.sol";

/// @title A model's scores, read like Chaos Labs' RiskOracle
/// @notice Parameters are "exitRisk" (1e18 = certain) and "stakingDuration" (seconds), markets are assets, update ids epochs.
/// @custom:kill It only forwards: it reverts Frozen, Stale or NoRound whenever the feed behind it does.
contract RiskOracleAdapter is IRiskOracle {
    bytes32 private constant EXIT_RISK = keccak256("exitRisk");
    bytes32 private constant STAKING_DURATION = keccak256("stakingDuration");

    error UnknownUpdateType(string updateType);

    /// @notice Feed that is read.
    IRiskFeed public immutable FEED;
    /// @notice Model whose scores are read.
    bytes32 public immutable MODEL_ID;

    /// @param feed feed that is read
    /// @param modelId model whose scores are read
    constructor(IRiskFeed feed, bytes32 modelId) {
        if (address(feed) == address(0)) revert IRiskFeed.RiskFeedZeroAddress();
        FEED = feed;
        MODEL_ID = modelId;
    }

    /// @inheritdoc IRiskOracle
    function getLatestUpdateByParameterAndMarket(string calldata updateType, address market)
        external
        view
        returns (RiskParameterUpdate memory update)
    {
        if (!isValidUpdateType(updateType)) revert UnknownUpdateType(updateType);
        IRiskFeed.Score memory score = FEED.latestScore(MODEL_ID, market);
        bool isRisk = keccak256(bytes(updateType)) == EXIT_RISK;
        update.timestamp = score.observedAt;
        update.newValue = abi.encode(isRisk ? score.exitRisk : score.stakingDuration);
        update.referenceId = Strings.toHexString(uint256(FEED.statementIdOf(MODEL_ID, market, score.epoch)), 32);
        update.updateType = updateType;
        update.updateId = score.epoch;
        update.market = market;
        update.additionalData = abi.encode(score.provenAt);
    }

    /// @inheritdoc IRiskOracle
    function isValidUpdateType(string calldata updateType) public pure returns (bool) {
        bytes32 name = keccak256(bytes(updateType));
        return name == EXIT_RISK || name == STAKING_DURATION;
    }
}
