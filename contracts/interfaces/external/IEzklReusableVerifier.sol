// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title EZKL 23's verifier for many circuits
/// @notice Everybody may register an artefact (VKA). `verifyProof` answers whether the proof is valid for the artefact handed
/// over, the artefact's digest, and instances rescaled to decimals; of that only the first two words can be relied on.
interface IEzklReusableVerifier {
    function registerVka(bytes32[] calldata vka) external returns (bytes32 vkaDigest);

    function verifyProof(bytes calldata proof, uint256[] calldata instances, bytes32[] calldata vka)
        external
        returns (bool valid, bytes32 vkaDigest, int256[] memory rescaled);
}
