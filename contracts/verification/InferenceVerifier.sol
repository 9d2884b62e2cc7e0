// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EzklVerifier} from "./EzklVerifier.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";
import {IInferenceVerifier} from "../interfaces/external/IInferenceVerifier.sol";
import {IProofVerifier} from "../interfaces/external/IProofVerifier.sol";

/// @title One model's circuits in the shapes of the drafts ERC-7992 and ERC-8274
/// @notice It says that a proof shows outputs for inputs that the caller names, and no more: whether the inputs are true is
/// what RiskFeed is for. The version is the one that serves the present epoch, never a caller's choice.
/// Inputs are the instances before the outputs, tag limbs included; a commitment binds them to this chain and contract.
/// @custom:kill A frozen version, or none, makes every proof invalid. Holds nothing.
contract InferenceVerifier is IInferenceVerifier, IProofVerifier {
    /// @notice Registry whose versions verify.
    IVerifierRegistry public immutable REGISTRY;
    /// @notice Model that is verified.
    bytes32 public immutable MODEL_ID;

    /// @param registry whose versions verify
    /// @param modelId model that is verified
    constructor(IVerifierRegistry registry, bytes32 modelId) {
        REGISTRY = registry;
        MODEL_ID = modelId;
    }

    /// @inheritdoc IInferenceVerifier
    /// @param output abi-encoded uint256[] of output instances
    /// @param proof abi-encoded uint256[] of input instances, and Halo2 proof bytes
    function verifyInference(bytes32 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external
    {
        (uint256[] memory inputs, bytes memory halo2) = abi.decode(proof, (uint256[], bytes));
        bool valid = modelId == MODEL_ID && inputCommitment == commitmentOf(inputs)
            && _verify(inputs, abi.decode(output, (uint256[])), halo2);
        if (!valid) revert InferenceInvalid(modelId);
        emit InferenceVerified(modelId, inputCommitment, output, msg.sender);
    }

    /// @inheritdoc IProofVerifier
    /// @param inputHash commitment of the input instances
    /// @param outputHash keccak256 of the abi-encoded output instances
    /// @param metadata abi-encoded input and output instances, two uint256[]
    /// @param proof Halo2 proof bytes
    function verify(bytes32 inputHash, bytes32 outputHash, bytes calldata metadata, bytes calldata proof)
        external
        view
        returns (bool)
    {
        (uint256[] memory inputs, uint256[] memory outputs) = abi.decode(metadata, (uint256[], uint256[]));
        return inputHash == commitmentOf(inputs) && outputHash == keccak256(abi.encode(outputs))
            && _verify(inputs, outputs, proof);
    }

    /// @inheritdoc IProofVerifier
    function proofSystem() external pure returns (string memory) {
        return "zk/ezkl";
    }

    /// @inheritdoc IProofVerifier
    function proofProfile() external view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, REGISTRY, MODEL_ID));
    }

    /// @notice Commitment of input instances, for this chain and contract.
    function commitmentOf(uint256[] memory inputs) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), MODEL_ID, inputs));
    }

    function _verify(uint256[] memory inputs, uint256[] memory outputs, bytes memory halo2)
        private
        view
        returns (bool)
    {
        uint32 epoch = uint32(block.timestamp / REGISTRY.EPOCH_LENGTH());
        IVerifierRegistry.Serving memory serving = REGISTRY.servingAt(MODEL_ID, epoch);
        if (serving.frozen || inputs.length != uint256(serving.inputCount) + serving.tagLimbs) return false;
        uint256[] memory instances = new uint256[](inputs.length + outputs.length);
        for (uint256 i = 0; i < instances.length; ++i) {
            instances[i] = i < inputs.length ? inputs[i] : outputs[i - inputs.length];
        }
        // zero stands for a monolithic verifier
        // slither-disable-next-line incorrect-equality
        return serving.vkaDigest == 0
            ? EzklVerifier.verify(serving.verifier, serving.verifierCodeHash, halo2, instances)
            : EzklVerifier.verifyReusable(
                serving.verifier, serving.verifierCodeHash, serving.vkaStore, serving.vkaDigest, halo2, instances
            );
    }
}
