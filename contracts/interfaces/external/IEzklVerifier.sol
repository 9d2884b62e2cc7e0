// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What EZKL 23 generates
/// @notice Reverts with empty data on a bad proof and is not marked `view`, though it changes nothing.
interface IEzklVerifier {
    function verifyProof(bytes calldata proof, uint256[] calldata instances) external returns (bool);
}
