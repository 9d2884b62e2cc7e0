// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInputSource} from "./IInputSource.sol";
import {IVerifierRegistry} from "./IVerifierRegistry.sol";

/// @title Verified scores of staked assets
/// @notice `submit` is open to all: what is stored depends only on the proof and on what the input source says.
interface IRiskFeed {
    /// @notice A recorded result.
    /// @param epoch epoch it is about
    /// @param versionId registry version that verified it
    /// @param configVersion observation config
    /// @param observedAt Unix time of the newest observation, seconds
    /// @param provenAt Unix time of recording, seconds
    /// @param durationOutput raw circuit output at 2^outputScaleBits
    /// @param riskOutput raw circuit output at 2^outputScaleBits
    /// @param tag request tag; proves nothing about the prover here
    struct Round {
        uint32 epoch;
        uint16 versionId;
        uint16 configVersion;
        uint40 observedAt;
        uint40 provenAt;
        uint32 durationOutput;
        uint32 riskOutput;
        uint256 tag;
    }

    /// @notice A decoded result.
    /// @param epoch epoch it is about
    /// @param observedAt Unix time of the newest observation, seconds
    /// @param provenAt Unix time of recording, seconds
    /// @param stakingDuration expected remaining staking duration, seconds
    /// @param exitRisk probability of an exit wave, 1e18 = certain
    struct Score {
        uint32 epoch;
        uint40 observedAt;
        uint40 provenAt;
        uint256 stakingDuration;
        uint256 exitRisk;
    }

    /// @notice How often an asset is meant to be scored, and for how long a score may be read.
    /// @param heartbeat longest time between two observations of recorded scores that is meant, seconds; for whoever relays and
    /// watches
    /// @param maximumAge age of an observation beyond which `latestScore` reverts, seconds, in whole minutes
    struct Limits {
        uint32 heartbeat;
        uint32 maximumAge;
    }

    /// @notice Limits of an asset changed; rounds recorded before keep their maximum age.
    event LimitsSet(address indexed asset, Limits limits);
    /// @notice A proof was verified and its result stored.
    /// @param statementId keccak256 of the abi-encoded subject
    event ScoreRecorded(
        bytes32 indexed modelId, address indexed asset, uint32 indexed epoch, bytes32 statementId, Round round
    );

    error AlreadyRecorded(bytes32 modelId, address asset, uint32 epoch);
    error EpochNotNewer(uint32 epoch, uint32 latestEpoch);
    error EpochInFuture(uint32 epoch, uint32 currentEpoch);
    error InstanceNotInField(uint256 index, uint256 value);
    error OutputOutOfRange(uint256 index, uint256 value, uint256 maximum);
    error TagOutOfRange(uint256 tag);
    error InputsDoNotFitCircuit(uint256 given, uint256 expected);
    error InputOutOfRange(uint256 index, int256 value, uint256 bound);
    error ProofInvalid(bytes32 modelId, uint16 versionId);
    error NoRound(bytes32 modelId, address asset);
    error Stale(uint256 observedAt, uint256 maximumAge);
    error Frozen(bytes32 modelId, uint16 versionId);
    /// @notice The inputs are features at other factors or another scale than the model was trained on.
    error FeaturesDiffer(bytes32 given, bytes32 expected);
    /// @notice A maximum age lies between an epoch and MAXIMUM_AGE, a heartbeat is positive and not above it.
    error LimitsOutOfRange(uint32 heartbeat, uint32 maximumAge);
    error RiskFeedZeroAddress();
    error EpochLengthsDiffer(uint32 source, uint32 registry);

    /// @notice Record a result. The feed rebuilds the input instances from its source.
    /// @param modelId keccak256 of the model's name
    /// @param asset token address on the home chain
    /// @param epoch epoch the result is about; newer than the latest recorded, not in the future
    /// @param outputs duration and risk as the circuit's field elements
    /// @param tag request tag, tagLimbs * tagLimbBits bits
    /// @param proof Halo2 proof bytes
    function submit(
        bytes32 modelId,
        address asset,
        uint32 epoch,
        uint256[2] calldata outputs,
        uint256 tag,
        bytes calldata proof
    ) external;

    /// @notice Set an asset's limits, for rounds recorded from now on. For the registry's authority; it can only ask for less
    /// age than MAXIMUM_AGE.
    function setLimits(address asset, Limits calldata limits) external;

    /// @notice Latest score; reverts NoRound, Frozen, or Stale when older than its asset's maximum age.
    function latestScore(bytes32 modelId, address asset) external view returns (Score memory);

    /// @notice Latest score; reverts NoRound, Frozen, or Stale when its observation is older than `age` seconds, whatever
    /// the asset's own maximum age.
    function getScoreNoOlderThan(bytes32 modelId, address asset, uint256 age) external view returns (Score memory);

    /// @notice Score of one epoch; reverts NoRound or Frozen, never Stale.
    function scoreAt(bytes32 modelId, address asset, uint32 epoch) external view returns (Score memory);

    /// @notice Raw round of one epoch; reverts NoRound or Frozen.
    function roundAt(bytes32 modelId, address asset, uint32 epoch) external view returns (Round memory);

    /// @notice Where the inputs of a round came from, and whom that asks to trust; reverts NoRound.
    function sourceOf(bytes32 modelId, address asset, uint32 epoch)
        external
        view
        returns (IInputSource source, IInputSource.Kind kind);

    /// @notice Limits of an asset: those set, or an epoch and MAXIMUM_AGE.
    function limitsOf(address asset) external view returns (Limits memory);

    /// @notice Age of its observation up to which a round was to be read when it was recorded, seconds; reverts NoRound.
    function maximumAgeAt(bytes32 modelId, address asset, uint32 epoch) external view returns (uint256);

    /// @notice Newest epoch recorded; 0 before the first.
    function latestEpoch(bytes32 modelId, address asset) external view returns (uint32);

    /// @notice keccak256(abi.encode(homeChainId, observer, configVersion, modelId, asset, epoch)).
    /// @dev For an epoch that is not recorded the config version is the source's; reverts InputsUnavailable without one.
    function statementIdOf(bytes32 modelId, address asset, uint32 epoch) external view returns (bytes32);

    /// @notice Where inputs come from.
    function SOURCE() external view returns (IInputSource);

    /// @notice Which circuits speak.
    function REGISTRY() external view returns (IVerifierRegistry);

    /// @notice Largest maximum age of an asset, seconds, and that of one without limits of its own.
    function MAXIMUM_AGE() external view returns (uint32);
}
