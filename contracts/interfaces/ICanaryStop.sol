// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVerifierRegistry} from "./IVerifierRegistry.sol";

/// @title An alarm that only a broken proof system can ring
interface ICanaryStop {
    /// @notice Somebody proved what cannot be.
    event CanaryProven(bytes32 indexed proofSystem, address indexed by);

    error CanaryNotProven();
    error CanaryIncomplete(uint256 parameter);

    /// @notice Freeze the proof system, if `proof` verifies against the pinned instances. Open to all.
    function prove(bytes calldata proof) external;

    /// @notice Instances that no witness can reach.
    function instances() external view returns (uint256[] memory);

    /// @notice keccak256(abi.encode(srsHash, generatorHash, additionPrecompile)), as the registry has it.
    function PROOF_SYSTEM() external view returns (bytes32);

    /// @notice Registry whose versions are frozen.
    function REGISTRY() external view returns (IVerifierRegistry);

    /// @notice Verifier of the canary's circuit.
    function VERIFIER() external view returns (address);

    /// @notice EXTCODEHASH of that verifier.
    function VERIFIER_CODE_HASH() external view returns (bytes32);
}
