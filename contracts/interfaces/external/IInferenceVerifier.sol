// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A verifier in the shape of draft ERC-7992
/// @notice The draft's own text does not compile (an event and an error share a name), so this is its shape: one function that
/// reverts on anything but a valid inference.
interface IInferenceVerifier {
    event InferenceVerified(bytes32 indexed modelId, bytes32 inputCommitment, bytes output, address indexed caller);

    error InferenceInvalid(bytes32 modelId);

    function verifyInference(bytes32 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external;
}
