// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bn254Probe} from "./Bn254Probe.sol";
import {VkaStore} from "./VkaStore.sol";
import {FeatureMath} from "../feed/FeatureMath.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title What a circuit has to look like before a registry takes it
library CircuitChecks {
    /// @dev A wider limb exceeds EZKL's decomposition range.
    uint8 private constant MAXIMUM_LIMB_BITS = 24;
    /// @dev A feed stores outputs in 32 bits.
    uint8 private constant MAXIMUM_OUTPUT_BITS = 30;
    /// @dev Staking duration and exit risk.
    uint8 private constant OUTPUTS = 2;
    /// @dev A rounding band is at most one part in 200, 0.5 %, of an output's range.
    uint256 private constant BANDS_IN_RANGE = 200;

    /// @dev Reverts unless `circuit` is complete, within bounds, its verifier has the code that it says, and this chain has
    /// the precompiles where the verifier expects them.
    function check(IVerifierRegistry.Circuit calldata circuit) internal view {
        if (circuit.devSrs && !_isLocalChain()) revert IVerifierRegistry.DevSrsOnPublicChain(block.chainid);
        _require(2, circuit.onnxHash != 0);
        _require(3, circuit.settingsHash != 0);
        _require(4, circuit.verifyingKeyHash != 0);
        _require(5, circuit.srsHash != 0);
        _require(6, circuit.inputCount > 0);
        _require(7, uint256(circuit.tagLimbs) * circuit.tagLimbBits <= 256);
        _require(8, circuit.tagLimbBits > 0 && circuit.tagLimbBits <= MAXIMUM_LIMB_BITS);
        _require(9, circuit.outputCount == OUTPUTS);
        _require(10, circuit.inputScaleBits > 0 && circuit.inputScaleBits <= FeatureMath.MAXIMUM_SCALE_BITS);
        _require(11, circuit.outputScaleBits > 0 && circuit.outputScaleBits <= MAXIMUM_OUTPUT_BITS);
        _require(12, circuit.maximumDuration > 0 && circuit.maximumDuration <= type(uint32).max);
        _require(14, circuit.featuresHash != 0);
        _require(15, circuit.generatorHash != 0);
        _require(17, (circuit.vkaStore != address(0)) == (circuit.vkaDigest != 0));
        _require(18, circuit.devSrs || _isNarrow(circuit.roundingBand, circuit.outputScaleBits));
        _require(19, circuit.additionPrecompile == 6 || circuit.additionPrecompile == 9);
        checkCode(circuit.verifier, circuit.verifierCodeHash);
        if (circuit.vkaDigest != 0) _checkVka(circuit.vkaStore, circuit.vkaDigest);
        uint8 unusable = Bn254Probe.firstUnusable(circuit.additionPrecompile);
        if (unusable != 0) revert IVerifierRegistry.PrecompileUnusable(unusable);
    }

    /// @dev Reverts unless `verifier` has code that hashes to `expected`.
    function checkCode(address verifier, bytes32 expected) internal view {
        bytes32 actual = verifier.codehash;
        if (verifier.code.length == 0 || actual != expected) {
            revert IVerifierRegistry.VerifierCodeMismatch(verifier, expected, actual);
        }
    }

    function _checkVka(address store, bytes32 expected) private view {
        bytes32 actual = VkaStore.digest(store);
        if (actual != expected) revert IVerifierRegistry.VkaMismatch(store, expected, actual);
    }

    function _isNarrow(uint32 roundingBand, uint8 outputScaleBits) private pure returns (bool) {
        return roundingBand > 0 && roundingBand * BANDS_IN_RANGE <= 1 << outputScaleBits;
    }

    /// @dev Chain ids of development nodes: Anvil and Hardhat (31337 and, for a second chain, 31338), Ganache (1337).
    function _isLocalChain() private view returns (bool) {
        return block.chainid == 31337 || block.chainid == 31338 || block.chainid == 1337;
    }

    function _require(uint256 field, bool valid) private pure {
        if (!valid) revert IVerifierRegistry.InvalidCircuit(field);
    }
}
