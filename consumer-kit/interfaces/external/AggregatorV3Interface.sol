// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

// the name is Chainlink's
// solhint-disable interface-starts-with-i

/// @title Chainlink's price feed interface
/// @notice Written from https://docs.chain.link/data-feeds/api-reference.
interface AggregatorV3Interface {
    /// @notice Decimals of an answer.
    function decimals() external view returns (uint8);
    /// @notice What is answered.
    function description() external view returns (string memory);
    /// @notice Version of the feed.
    function version() external view returns (uint256);
    /// @notice One round.
    function getRoundData(uint80 roundId)
        external
        view
        returns (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
    /// @notice The newest round.
    function latestRoundData()
        external
        view
        returns (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
