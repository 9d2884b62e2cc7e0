// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEzklVerifier} from "../interfaces/external/IEzklVerifier.sol";

/// @title The twin of a canary's verifier, for whose instances there is a proof
/// @notice For tests: a real canary's instances cannot be reached, so no test could ring it. Never trust a canary with this one.
/// @custom:kill For tests only: holds nothing and has no state.
contract SatisfiableCanaryVerifier is IEzklVerifier {
    /// @notice The proof that it accepts.
    bytes32 public constant PROOF = keccak256("a witness that a satisfiable twin has");

    /// @inheritdoc IEzklVerifier
    function verifyProof(bytes calldata proof, uint256[] calldata) external pure returns (bool) {
        return keccak256(proof) == keccak256(abi.encode(PROOF));
    }
}
