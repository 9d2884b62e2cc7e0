// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title How much of a token is staked, and for how long it has been
/// @notice A mean over time is (cumulative now - cumulative then) / (now - then): a flash loan moves an instant, not a mean.
interface IStakedTotals {
    /// @notice Token units staked now.
    function totalOf(address token) external view returns (uint256);

    /// @notice Sum over time of `totalOf`, up to the present block's timestamp; never decreases.
    /// @return unitSeconds token units times seconds
    function cumulativeOf(address token) external view returns (uint256 unitSeconds);
}
