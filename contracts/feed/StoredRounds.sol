// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInputSource} from "../interfaces/IInputSource.sol";
import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title How a feed keeps a round in storage: one slot with everything that a read needs
library StoredRounds {
    /// @dev Certainty, in the fixed point of an exit risk.
    uint256 private constant WAD = 1e18;

    /// @dev Packed into 256 bits, the first field highest. Output scale and maximum duration are the version's and stand here
    /// so that a read needs the registry for one thing only, whether the version is frozen. `proofDelay` is the time from
    /// observation to recording, seconds, `maximumAge` is in minutes; no version is zero, so that an empty slot is no round.
    struct Stored {
        uint32 epoch;
        uint40 observedAt;
        uint32 proofDelay;
        uint16 versionId;
        uint16 configVersion;
        uint32 durationOutput;
        uint32 riskOutput;
        uint32 maximumDuration;
        uint8 outputScaleBits;
        uint16 maximumAge;
    }

    /// @dev A round of now. Outputs have been checked against the scale, at most 2^30.
    function make(
        uint32 epoch,
        IInputSource.Origin memory origin,
        IVerifierRegistry.Serving memory serving,
        uint256[2] calldata outputs,
        uint256 maximumAge
    ) internal view returns (Stored memory) {
        return Stored({
            epoch: epoch,
            observedAt: origin.observedAt,
            // a source gives no observation of the future, and 2^32 seconds are 136 years
            proofDelay: uint32(block.timestamp - origin.observedAt),
            versionId: serving.versionId,
            configVersion: origin.configVersion,
            durationOutput: uint32(outputs[0]),
            riskOutput: uint32(outputs[1]),
            maximumDuration: uint32(serving.maximumDuration),
            outputScaleBits: serving.outputScaleBits,
            maximumAge: uint16(maximumAge / 1 minutes)
        });
    }

    /// @dev One word. Solidity itself would write a struct's fields one by one, each with a read.
    function pack(Stored memory round) internal pure returns (uint256 word) {
        word = round.epoch;
        word = word << 40 | round.observedAt;
        word = word << 32 | round.proofDelay;
        word = word << 16 | round.versionId;
        word = word << 16 | round.configVersion;
        word = word << 32 | round.durationOutput;
        word = word << 32 | round.riskOutput;
        word = word << 32 | round.maximumDuration;
        word = word << 8 | round.outputScaleBits;
        word = word << 16 | round.maximumAge;
    }

    /// @dev Epoch of a packed round, 0 for none.
    function epochOf(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 224);
    }

    /// @dev Unix time of a packed round's observation, seconds.
    function observedAtOf(uint256 word) internal pure returns (uint256) {
        return uint40(word >> 184);
    }

    /// @dev Version of a packed round, 0 for none.
    function versionIdOf(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 136);
    }

    /// @dev Config version of a packed round.
    function configVersionOf(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 120);
    }

    /// @dev Maximum age of a packed round, seconds.
    function maximumAgeOf(uint256 word) internal pure returns (uint256) {
        return uint256(uint16(word)) * 1 minutes;
    }

    /// @dev The decoded result of a packed round. Every cast takes the lowest bits, which is what is meant.
    function scoreOf(uint256 word) internal pure returns (IRiskFeed.Score memory score) {
        // 32 bits times 32 bits, 32 bits times 1e18, and a time that was one when it was stored
        unchecked {
            uint256 scaleBits = uint8(word >> 16);
            score.epoch = epochOf(word);
            score.observedAt = uint40(word >> 184);
            score.provenAt = uint40(word >> 184) + uint32(word >> 152);
            score.stakingDuration = (uint256(uint32(word >> 88)) * uint32(word >> 24)) >> scaleBits;
            score.exitRisk = (uint256(uint32(word >> 56)) * WAD) >> scaleBits;
        }
    }

    /// @dev A packed round as the interface has it.
    function roundOf(uint256 word, uint256 tag) internal pure returns (IRiskFeed.Round memory round) {
        round.epoch = epochOf(word);
        round.versionId = versionIdOf(word);
        round.configVersion = configVersionOf(word);
        round.observedAt = uint40(word >> 184);
        round.provenAt = uint40(word >> 184) + uint32(word >> 152);
        round.durationOutput = uint32(word >> 88);
        round.riskOutput = uint32(word >> 56);
        round.tag = tag;
    }
}
