// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A verifier that answers in a way no verifier should
/// @notice For tests. Its way is set in the constructor and lives in the code, so that its code hash can be pinned.
/// @custom:kill For tests only: holds nothing and has no state.
contract MisbehavingVerifier {
    /// @notice Ways to misbehave.
    enum Way {
        Reverts,
        ReturnsNothing,
        ReturnsTwo,
        ReturnsThirtyOneBytes,
        BurnsGas,
        ReturnsFalse
    }

    Way private immutable _WAY;

    /// @param way how to answer
    constructor(Way way) {
        _WAY = way;
    }

    /// @notice Takes any call, `verifyProof` included.
    // it has to return bytes that no typed function could
    // solhint-disable-next-line no-complex-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        if (_WAY == Way.ReturnsNothing) return "";
        if (_WAY == Way.ReturnsTwo) return abi.encode(uint256(2));
        if (_WAY == Way.ReturnsThirtyOneBytes) return abi.encodePacked(uint248(1));
        if (_WAY == Way.ReturnsFalse) return abi.encode(false);
        if (_WAY == Way.BurnsGas) {
            // one instruction that takes all gas; Solidity has no other word for it
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                invalid()
            }
        }
        // a generated verifier reverts without data too
        // solhint-disable-next-line reason-string, gas-custom-errors
        revert();
    }
}
