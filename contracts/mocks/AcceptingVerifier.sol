// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEzklVerifier} from "../interfaces/external/IEzklVerifier.sol";

/// @title A verifier that accepts one instance vector and one proof
/// @notice For tests of everything around a proof. It compares hashes, so that a changed instance, a wrong order or a
/// changed proof is refused as a real verifier would. Never deploy it where a score matters.
/// @custom:kill For tests only: holds nothing.
contract AcceptingVerifier is IEzklVerifier {
    /// @notice keccak256(abi.encode(proof, instances)) that is accepted; zero accepts everything.
    bytes32 public accepted;

    /// @notice Choose what is accepted.
    function accept(bytes32 hash) external {
        accepted = hash;
    }

    /// @inheritdoc IEzklVerifier
    function verifyProof(bytes calldata proof, uint256[] calldata instances) external view returns (bool) {
        return accepted == 0 || keccak256(abi.encode(proof, instances)) == accepted;
    }
}
