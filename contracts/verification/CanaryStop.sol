// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CircuitChecks} from "./CircuitChecks.sol";
import {EzklVerifier} from "./EzklVerifier.sol";
import {ICanaryStop} from "../interfaces/ICanaryStop.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title An alarm that only a broken proof system can ring
/// @notice It pins instances of a circuit that no witness can reach, such as relu(x) = -1. A proof that verifies against them
/// shows that anything can be proved with this SRS, generator and layout, so all its versions are frozen. The circuit has to
/// be one of that SRS and generator, which whoever trusts the canary checks: docs/security.md says how.
/// @custom:kill Nothing to stop: it holds nothing and can do one thing once. A registry that does not trust it refuses it.
contract CanaryStop is ICanaryStop {
    /// @inheritdoc ICanaryStop
    IVerifierRegistry public immutable REGISTRY;
    /// @inheritdoc ICanaryStop
    bytes32 public immutable PROOF_SYSTEM;
    /// @inheritdoc ICanaryStop
    address public immutable VERIFIER;
    /// @inheritdoc ICanaryStop
    bytes32 public immutable VERIFIER_CODE_HASH;

    uint256[] private _instances;

    /// @param registry whose versions are frozen
    /// @param proofSystem keccak256(abi.encode(srsHash, generatorHash, additionPrecompile))
    /// @param verifier of the canary's circuit
    /// @param verifierCodeHash EXTCODEHASH of `verifier`
    /// @param unreachable instances that no witness can reach
    constructor(
        IVerifierRegistry registry,
        bytes32 proofSystem,
        address verifier,
        bytes32 verifierCodeHash,
        uint256[] memory unreachable
    ) {
        if (address(registry) == address(0)) revert CanaryIncomplete(0);
        if (proofSystem == 0) revert CanaryIncomplete(1);
        CircuitChecks.checkCode(verifier, verifierCodeHash);
        if (unreachable.length == 0) revert CanaryIncomplete(4);
        REGISTRY = registry;
        PROOF_SYSTEM = proofSystem;
        // checkCode has refused an address without code, zero among them
        // slither-disable-next-line missing-zero-check
        VERIFIER = verifier;
        VERIFIER_CODE_HASH = verifierCodeHash;
        _instances = unreachable;
    }

    /// @inheritdoc ICanaryStop
    function prove(bytes calldata proof) external {
        if (!EzklVerifier.verify(VERIFIER, VERIFIER_CODE_HASH, proof, _instances)) revert CanaryNotProven();
        emit CanaryProven(PROOF_SYSTEM, msg.sender);
        REGISTRY.freezeProofSystem(PROOF_SYSTEM);
    }

    /// @inheritdoc ICanaryStop
    function instances() external view returns (uint256[] memory) {
        return _instances;
    }
}
