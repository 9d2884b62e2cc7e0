// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Fair rate of a liquid (re)staking token, as Balancer's rate providers give it
interface IRateProvider {
    /// @notice Wei of ETH per 1e18 token units.
    function getRate() external view returns (uint256);
}
