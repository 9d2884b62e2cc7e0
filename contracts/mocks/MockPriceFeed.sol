// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {AggregatorV3Interface} from "../interfaces/external/AggregatorV3Interface.sol";

/// @title MOCK: a price feed whose owner gives the answers; for local chains and tests only
/// @custom:kill Nothing to stop: holds nothing.
contract MockPriceFeed is AggregatorV3Interface, Ownable {
    struct Answer {
        int256 value;
        uint256 updatedAt;
    }

    error NoAnswer(uint80 roundId);

    string public description;

    uint8 private immutable _DECIMALS;
    Answer[] private _answers;

    constructor(uint8 decimals_, string memory description_) Ownable(msg.sender) {
        _DECIMALS = decimals_;
        description = description_;
    }

    /// @notice Give an answer; nothing about it is checked, so that tests can give wrong ones.
    function setAnswer(int256 answer, uint256 updatedAt) external onlyOwner {
        _answers.push(Answer(answer, updatedAt));
    }

    /// @inheritdoc AggregatorV3Interface
    function decimals() external view returns (uint8) {
        return _DECIMALS;
    }

    /// @inheritdoc AggregatorV3Interface
    function version() external pure returns (uint256) {
        return 1;
    }

    /// @inheritdoc AggregatorV3Interface
    function getRoundData(uint80 roundId)
        public
        view
        returns (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        if (roundId == 0 || roundId > _answers.length) revert NoAnswer(roundId);
        Answer storage given = _answers[roundId - 1];
        return (roundId, given.value, given.updatedAt, given.updatedAt, roundId);
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(uint80(_answers.length));
    }
}
