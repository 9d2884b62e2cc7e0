// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInputSource} from "../interfaces/IInputSource.sol";
import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title How a feed keeps a round in storage: one slot with everything that a read needs
library StoredRounds {
    /// @dev Certainty, in the fixed point of an exit risk.
    uint256 private constant WAD = 1e18;

    /// @dev 256 bits. Output scale and maximum duration are the version's and stand here so that a read needs the registry for
    /// one thing only, whether the version is frozen. `proofDelay` is the time from observation to recording, seconds,
    /// `maximumAge` is in minutes; an empty slot has epoch zero and version zero.
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

    /// @dev The decoded result.
    function scoreOf(Stored memory round) internal pure returns (IRiskFeed.Score memory score) {
        score.epoch = round.epoch;
        score.observedAt = round.observedAt;
        score.provenAt = provenAt(round);
        // 32 bits times 32 bits, and 32 bits times 1e18
        unchecked {
            score.stakingDuration = (uint256(round.durationOutput) * round.maximumDuration) >> round.outputScaleBits;
            score.exitRisk = (uint256(round.riskOutput) * WAD) >> round.outputScaleBits;
        }
    }

    /// @dev As the interface has it.
    function roundOf(Stored memory round, uint256 tag) internal pure returns (IRiskFeed.Round memory) {
        return IRiskFeed.Round({
            epoch: round.epoch,
            versionId: round.versionId,
            configVersion: round.configVersion,
            observedAt: round.observedAt,
            provenAt: provenAt(round),
            durationOutput: round.durationOutput,
            riskOutput: round.riskOutput,
            tag: tag
        });
    }

    /// @dev Unix time of recording, seconds.
    function provenAt(Stored memory round) internal pure returns (uint40) {
        return round.observedAt + round.proofDelay;
    }
}
