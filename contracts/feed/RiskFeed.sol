// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {InstanceBuilder} from "./InstanceBuilder.sol";
import {StoredRounds} from "./StoredRounds.sol";
import {IInputSource} from "../interfaces/IInputSource.sol";
import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";
import {EzklVerifier} from "../verification/EzklVerifier.sol";

/// @title Verified scores of staked assets
/// @notice Everybody may submit; what counts is the proof, checked against inputs that this contract reads itself.
/// @custom:kill A guardian freezes a version in the registry: its proofs are refused and its scores are no longer read. When
/// the source or the provers stop, scores turn stale by themselves. Nothing is held. The registry's authority can shorten for
/// how long an asset's scores are read, and nothing else.
contract RiskFeed is IRiskFeed, AccessManaged {
    using StoredRounds for StoredRounds.Stored;
    using StoredRounds for uint256;

    /// @dev A maximum age is stored in minutes of 16 bits.
    uint32 private constant LONGEST_AGE = 45 days;

    /// @inheritdoc IRiskFeed
    IInputSource public immutable SOURCE;
    /// @inheritdoc IRiskFeed
    IVerifierRegistry public immutable REGISTRY;
    /// @inheritdoc IRiskFeed
    uint32 public immutable MAXIMUM_AGE;
    uint32 private immutable _EPOCH_LENGTH;
    IInputSource.Kind private immutable _KIND;

    mapping(bytes32 modelId => mapping(address asset => uint256 packedRound)) private _latest;
    mapping(bytes32 modelId => mapping(address asset => mapping(uint32 epoch => uint256 packedRound))) private _rounds;
    mapping(bytes32 modelId => mapping(address asset => mapping(uint32 epoch => uint256))) private _tags;
    mapping(address asset => Limits) private _limits;

    /// @param source where inputs come from
    /// @param registry which circuits speak, and whose authority may set limits
    /// @param maximumAge largest age of an observation for which `latestScore` answers, seconds
    constructor(IInputSource source, IVerifierRegistry registry, uint32 maximumAge)
        AccessManaged(_authorityOf(source, registry))
    {
        uint32 sourceEpoch = source.EPOCH_LENGTH();
        uint32 registryEpoch = registry.EPOCH_LENGTH();
        if (sourceEpoch != registryEpoch) revert EpochLengthsDiffer(sourceEpoch, registryEpoch);
        if (maximumAge < sourceEpoch || maximumAge > LONGEST_AGE) revert LimitsOutOfRange(sourceEpoch, maximumAge);
        SOURCE = source;
        REGISTRY = registry;
        MAXIMUM_AGE = maximumAge;
        _EPOCH_LENGTH = sourceEpoch;
        _KIND = source.KIND();
    }

    /// @inheritdoc IRiskFeed
    function submit(
        bytes32 modelId,
        address asset,
        uint32 epoch,
        uint256[2] calldata outputs,
        uint256 tag,
        bytes calldata proof
    ) external {
        IVerifierRegistry.Serving memory serving = REGISTRY.servingAt(modelId, epoch);
        if (serving.frozen) revert Frozen(modelId, serving.versionId);
        _checkEpoch(modelId, asset, epoch);
        InstanceBuilder.checkGiven(serving, outputs, tag);
        (bool valid, IInputSource.Origin memory origin) = _verify(serving, asset, epoch, outputs, tag, proof);
        if (!valid) revert ProofInvalid(modelId, serving.versionId);

        StoredRounds.Stored memory round =
            StoredRounds.make(epoch, origin, serving, outputs, limitsOf(asset).maximumAge);
        _record(modelId, asset, tag, origin, round);
    }

    /// @inheritdoc IRiskFeed
    function setLimits(address asset, Limits calldata limits) external restricted {
        bool inRange = limits.heartbeat > 0 && limits.heartbeat <= limits.maximumAge
            && limits.maximumAge >= _EPOCH_LENGTH && limits.maximumAge <= MAXIMUM_AGE;
        if (!inRange) revert LimitsOutOfRange(limits.heartbeat, limits.maximumAge);
        _limits[asset] = limits;
        emit LimitsSet(asset, limits);
    }

    /// @inheritdoc IRiskFeed
    function latestScore(bytes32 modelId, address asset) external view returns (Score memory) {
        uint256 packed = _latest[modelId][asset];
        return _freshScore(modelId, asset, packed, packed.maximumAgeOf());
    }

    /// @inheritdoc IRiskFeed
    function getScoreNoOlderThan(bytes32 modelId, address asset, uint256 age) external view returns (Score memory) {
        return _freshScore(modelId, asset, _latest[modelId][asset], age);
    }

    /// @inheritdoc IRiskFeed
    function latestEpoch(bytes32 modelId, address asset) external view returns (uint32) {
        return _latest[modelId][asset].epochOf();
    }

    /// @inheritdoc IRiskFeed
    function statementIdOf(bytes32 modelId, address asset, uint32 epoch) external view returns (bytes32) {
        uint256 packed = _rounds[modelId][asset][epoch];
        // filled below, but for the time of observation, which is no part of a statement
        // slither-disable-next-line uninitialized-local
        IInputSource.Origin memory origin;
        if (packed == 0) {
            // the inputs themselves are not part of the subject
            // slither-disable-next-line unused-return
            (, origin) = SOURCE.inputsOf(asset, epoch);
        } else {
            (origin.homeChainId, origin.observer) = SOURCE.home();
            origin.configVersion = packed.configVersionOf();
        }
        return _statementId(origin, modelId, asset, epoch);
    }

    /// @inheritdoc IRiskFeed
    function scoreAt(bytes32 modelId, address asset, uint32 epoch) external view returns (Score memory) {
        uint256 packed = _rounds[modelId][asset][epoch];
        _requireReadable(modelId, asset, packed.versionIdOf());
        return packed.scoreOf();
    }

    /// @inheritdoc IRiskFeed
    function roundAt(bytes32 modelId, address asset, uint32 epoch) external view returns (Round memory) {
        uint256 packed = _rounds[modelId][asset][epoch];
        _requireReadable(modelId, asset, packed.versionIdOf());
        return packed.roundOf(_tags[modelId][asset][epoch]);
    }

    /// @inheritdoc IRiskFeed
    function sourceOf(bytes32 modelId, address asset, uint32 epoch)
        external
        view
        returns (IInputSource source, IInputSource.Kind kind)
    {
        if (_rounds[modelId][asset][epoch] == 0) revert NoRound(modelId, asset);
        return (SOURCE, _KIND);
    }

    /// @inheritdoc IRiskFeed
    function maximumAgeAt(bytes32 modelId, address asset, uint32 epoch) external view returns (uint256) {
        uint256 packed = _rounds[modelId][asset][epoch];
        if (packed == 0) revert NoRound(modelId, asset);
        return packed.maximumAgeOf();
    }

    /// @inheritdoc IRiskFeed
    function limitsOf(address asset) public view returns (Limits memory limits) {
        limits = _limits[asset];
        if (limits.maximumAge == 0) return Limits({heartbeat: _EPOCH_LENGTH, maximumAge: MAXIMUM_AGE});
    }

    /// @dev Whether `proof` shows `outputs` for the inputs that the source holds, and where those came from.
    function _verify(
        IVerifierRegistry.Serving memory serving,
        address asset,
        uint32 epoch,
        uint256[2] calldata outputs,
        uint256 tag,
        bytes calldata proof
    ) private view returns (bool valid, IInputSource.Origin memory origin) {
        int256[] memory inputs;
        (inputs, origin) = SOURCE.inputsOf(asset, epoch);
        if (origin.featuresHash != serving.featuresHash) {
            revert FeaturesDiffer(origin.featuresHash, serving.featuresHash);
        }
        uint256[] memory instances = InstanceBuilder.build(serving, inputs, tag, outputs);
        if (serving.vkaDigest == 0) {
            valid = EzklVerifier.verify(serving.verifier, serving.verifierCodeHash, proof, instances);
        } else {
            valid = EzklVerifier.verifyReusable(
                serving.verifier, serving.verifierCodeHash, serving.vkaStore, serving.vkaDigest, proof, instances
            );
        }
    }

    function _record(
        bytes32 modelId,
        address asset,
        uint256 tag,
        IInputSource.Origin memory origin,
        StoredRounds.Stored memory round
    ) private {
        uint32 epoch = round.epoch;
        uint256 packed = round.pack();
        _latest[modelId][asset] = packed;
        _rounds[modelId][asset][epoch] = packed;
        _tags[modelId][asset][epoch] = tag;
        emit ScoreRecorded(modelId, asset, epoch, _statementId(origin, modelId, asset, epoch), packed.roundOf(tag));
    }

    function _freshScore(bytes32 modelId, address asset, uint256 packed, uint256 maximumAge)
        private
        view
        returns (Score memory)
    {
        _requireReadable(modelId, asset, packed.versionIdOf());
        uint256 observedAt = packed.observedAtOf();
        // a source gives no observation of the future
        if (block.timestamp - observedAt > maximumAge) revert Stale(observedAt, maximumAge);
        return packed.scoreOf();
    }

    function _requireReadable(bytes32 modelId, address asset, uint16 versionId) private view {
        if (versionId == 0) revert NoRound(modelId, asset);
        if (REGISTRY.isFrozen(modelId, versionId)) revert Frozen(modelId, versionId);
    }

    /// @dev A score is recorded once, epochs only move forward, and none is about the future.
    function _checkEpoch(bytes32 modelId, address asset, uint32 epoch) private view {
        uint32 latest = _latest[modelId][asset].epochOf();
        if (epoch <= latest) {
            if (_rounds[modelId][asset][epoch] != 0) revert AlreadyRecorded(modelId, asset, epoch);
            revert EpochNotNewer(epoch, latest);
        }
        uint32 currentEpoch = uint32(block.timestamp / _EPOCH_LENGTH);
        if (epoch > currentEpoch) revert EpochInFuture(epoch, currentEpoch);
    }

    function _authorityOf(IInputSource source, IVerifierRegistry registry) private view returns (address) {
        if (address(source) == address(0) || address(registry) == address(0)) revert RiskFeedZeroAddress();
        return IAccessManaged(address(registry)).authority();
    }

    function _statementId(IInputSource.Origin memory origin, bytes32 modelId, address asset, uint32 epoch)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(origin.homeChainId, origin.observer, origin.configVersion, modelId, asset, epoch));
    }
}
