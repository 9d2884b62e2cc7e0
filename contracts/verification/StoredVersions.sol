// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title How a registry keeps a version in storage
/// @notice What every proof and every read of a score needs comes first: one slot, and one for each hash.
library StoredVersions {
    /// @dev Fields as in IVerifierRegistry.Circuit and Version. The first slot is full: 256 bits. `status` is never Deprecated:
    /// that follows from the schedule.
    struct Stored {
        address verifier;
        uint32 maximumDuration;
        IVerifierRegistry.Status status;
        uint16 inputCount;
        uint8 tagLimbs;
        uint8 tagLimbBits;
        uint8 inputScaleBits;
        uint8 outputScaleBits;
        bool reusable;
        bytes32 verifierCodeHash;
        bytes32 featuresHash;
        bytes32 vkaDigest;
        address vkaStore;
        uint40 readyAt;
        uint32 roundingBand;
        uint8 outputCount;
        uint8 additionPrecompile;
        bool devSrs;
        bytes32 onnxHash;
        bytes32 settingsHash;
        bytes32 verifyingKeyHash;
        bytes32 srsHash;
        bytes32 generatorHash;
    }

    /// @dev Writes a circuit that has been checked.
    function write(Stored storage stored, IVerifierRegistry.Circuit calldata circuit, uint40 readyAt) internal {
        stored.verifier = circuit.verifier;
        // within 32 bits: checked
        // forge-lint: disable-next-line(unsafe-typecast)
        stored.maximumDuration = uint32(circuit.maximumDuration);
        stored.status = IVerifierRegistry.Status.Proposed;
        stored.inputCount = circuit.inputCount;
        stored.tagLimbs = circuit.tagLimbs;
        stored.tagLimbBits = circuit.tagLimbBits;
        stored.inputScaleBits = circuit.inputScaleBits;
        stored.outputScaleBits = circuit.outputScaleBits;
        stored.reusable = circuit.vkaDigest != 0;
        stored.verifierCodeHash = circuit.verifierCodeHash;
        stored.featuresHash = circuit.featuresHash;
        stored.vkaDigest = circuit.vkaDigest;
        stored.vkaStore = circuit.vkaStore;
        stored.readyAt = readyAt;
        stored.roundingBand = circuit.roundingBand;
        stored.outputCount = circuit.outputCount;
        stored.additionPrecompile = circuit.additionPrecompile;
        stored.devSrs = circuit.devSrs;
        stored.onnxHash = circuit.onnxHash;
        stored.settingsHash = circuit.settingsHash;
        stored.verifyingKeyHash = circuit.verifyingKeyHash;
        stored.srsHash = circuit.srsHash;
        stored.generatorHash = circuit.generatorHash;
    }

    /// @dev The circuit as it was proposed.
    function circuitOf(Stored storage stored) internal view returns (IVerifierRegistry.Circuit memory circuit) {
        circuit.verifier = stored.verifier;
        circuit.maximumDuration = stored.maximumDuration;
        circuit.inputCount = stored.inputCount;
        circuit.tagLimbs = stored.tagLimbs;
        circuit.tagLimbBits = stored.tagLimbBits;
        circuit.inputScaleBits = stored.inputScaleBits;
        circuit.outputScaleBits = stored.outputScaleBits;
        circuit.verifierCodeHash = stored.verifierCodeHash;
        circuit.featuresHash = stored.featuresHash;
        circuit.vkaDigest = stored.vkaDigest;
        circuit.vkaStore = stored.vkaStore;
        circuit.roundingBand = stored.roundingBand;
        circuit.outputCount = stored.outputCount;
        circuit.additionPrecompile = stored.additionPrecompile;
        circuit.devSrs = stored.devSrs;
        circuit.onnxHash = stored.onnxHash;
        circuit.settingsHash = stored.settingsHash;
        circuit.verifyingKeyHash = stored.verifyingKeyHash;
        circuit.srsHash = stored.srsHash;
        circuit.generatorHash = stored.generatorHash;
    }

    /// @dev What a feed needs of it.
    function servingOf(Stored storage stored, uint16 versionId)
        internal
        view
        returns (IVerifierRegistry.Serving memory serving)
    {
        serving.versionId = versionId;
        serving.frozen = stored.status == IVerifierRegistry.Status.Frozen;
        serving.verifier = stored.verifier;
        serving.verifierCodeHash = stored.verifierCodeHash;
        serving.featuresHash = stored.featuresHash;
        serving.inputCount = stored.inputCount;
        serving.tagLimbs = stored.tagLimbs;
        serving.tagLimbBits = stored.tagLimbBits;
        serving.inputScaleBits = stored.inputScaleBits;
        serving.outputScaleBits = stored.outputScaleBits;
        serving.maximumDuration = stored.maximumDuration;
        // two slots that a verifier of its own does not have
        if (!stored.reusable) return serving;
        serving.vkaDigest = stored.vkaDigest;
        serving.vkaStore = stored.vkaStore;
    }
}
