// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The part of Uniswap's Permit2 that moves tokens by one signature
/// @dev Written from https://docs.uniswap.org/contracts/permit2/reference/signature-transfer.
interface ISignatureTransfer {
    /// @notice What the owner of tokens lets be moved: at most `amount` units of `token`.
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    /// @notice What the owner signs, with the spender; a nonce is a bit of a bitmap and good once.
    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice What the spender asks for.
    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    /// @notice Move tokens of `owner`, who signed the permit for the caller, and the witness.
    function permitWitnessTransferFrom(
        PermitTransferFrom memory permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
