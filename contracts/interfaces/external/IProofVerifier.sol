// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The inner layer of draft ERC-8274
/// @notice Written from the draft of 2026-05 (ethereum/ERCs, pull request 1771). Whether a proof is valid for hashes of input
/// and output; nothing about who may rely on it.
interface IProofVerifier {
    function verify(bytes32 inputHash, bytes32 outputHash, bytes calldata metadata, bytes calldata proof)
        external
        returns (bool);

    /// @notice Paradigm and implementation, such as "zk/sp1".
    function proofSystem() external view returns (string memory);

    /// @notice Fingerprint of this deployment.
    function proofProfile() external view returns (bytes32);
}
