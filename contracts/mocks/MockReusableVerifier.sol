// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEzklReusableVerifier} from "../interfaces/external/IEzklReusableVerifier.sol";

/// @title A verifier for many circuits that accepts one proof of each, or answers as no verifier should
/// @notice For tests. Everybody may register an artefact, as with the real one.
/// @custom:kill For tests only: holds nothing.
contract MockReusableVerifier is IEzklReusableVerifier {
    /// @notice Ways to answer.
    enum Way {
        Honest,
        AnotherDigest,
        OneWordOnly,
        Two
    }

    error VkaNotRegistered();

    /// @notice How it answers.
    Way public immutable WAY;
    /// @notice keccak256 of the one proof that is valid, whatever the artefact.
    bytes32 public constant VALID = keccak256("valid");

    mapping(bytes32 digest => bool) private _registered;

    constructor(Way way) {
        WAY = way;
    }

    /// @inheritdoc IEzklReusableVerifier
    function registerVka(bytes32[] calldata vka) external returns (bytes32 vkaDigest) {
        vkaDigest = keccak256(abi.encodePacked(vka));
        _registered[vkaDigest] = true;
    }

    /// @inheritdoc IEzklReusableVerifier
    function verifyProof(bytes calldata proof, uint256[] calldata, bytes32[] calldata vka)
        external
        view
        returns (bool valid, bytes32 vkaDigest, int256[] memory rescaled)
    {
        vkaDigest = keccak256(abi.encodePacked(vka));
        if (!_registered[vkaDigest]) revert VkaNotRegistered();
        valid = keccak256(proof) == VALID;
        if (WAY == Way.AnotherDigest) vkaDigest = ~vkaDigest;
        // neither can be said by a typed return
        // solhint-disable no-inline-assembly
        if (WAY == Way.OneWordOnly) {
            assembly ("memory-safe") {
                mstore(0, 1)
                return(0, 32)
            }
        }
        if (WAY == Way.Two) {
            assembly ("memory-safe") {
                mstore(0, 2)
                mstore(32, vkaDigest)
                return(0, 64)
            }
        }
        // solhint-enable no-inline-assembly
        rescaled = new int256[](0);
    }
}
