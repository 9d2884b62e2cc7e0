// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {InstanceBuilder} from "./InstanceBuilder.sol";
import {IInputSource} from "../interfaces/IInputSource.sol";
import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";
import {EzklVerifier} from "../verification/EzklVerifier.sol";

/// @title Verified scores of staked assets
/// @notice Everybody may submit; what counts is the proof, checked against inputs that this contract reads itself.
/// @custom:kill A guardian freezes a version in the registry: its proofs are refused and its scores are no longer read. When
/// the source or the provers stop, scores turn stale by themselves. Nothing is held and nobody owns this contract.
contract RiskFeed is IRiskFeed {
    /// @dev Certainty, in the fixed point of an exit risk.
    uint256 private constant WAD = 1e18;

    /// @inheritdoc IRiskFeed
    IInputSource public immutable SOURCE;
    /// @inheritdoc IRiskFeed
    IVerifierRegistry public immutable REGISTRY;
    /// @inheritdoc IRiskFeed
    uint32 public immutable MAXIMUM_AGE;
    uint32 private immutable _EPOCH_LENGTH;

    mapping(bytes32 modelId => mapping(address asset => mapping(uint32 epoch => Round))) private _rounds;
    mapping(bytes32 modelId => mapping(address asset => uint32)) private _latestEpoch;

    /// @param source where inputs come from
    /// @param registry which circuits speak
    /// @param maximumAge age of an observation beyond which `latestScore` reverts, seconds
    constructor(IInputSource source, IVerifierRegistry registry, uint32 maximumAge) {
        if (address(source) == address(0) || address(registry) == address(0)) revert RiskFeedZeroAddress();
        uint32 sourceEpoch = source.EPOCH_LENGTH();
        uint32 registryEpoch = registry.EPOCH_LENGTH();
        if (sourceEpoch != registryEpoch) revert EpochLengthsDiffer(sourceEpoch, registryEpoch);
        SOURCE = source;
        REGISTRY = registry;
        MAXIMUM_AGE = maximumAge;
        _EPOCH_LENGTH = sourceEpoch;
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
        (uint16 versionId, IVerifierRegistry.Version memory serving) = REGISTRY.versionAt(modelId, epoch);
        if (serving.status == IVerifierRegistry.Status.Frozen) revert Frozen(modelId, versionId);
        _checkEpoch(modelId, asset, epoch);
        InstanceBuilder.checkGiven(serving.circuit, outputs, tag);
        (bool valid, IInputSource.Origin memory origin) = _verify(serving.circuit, asset, epoch, outputs, tag, proof);
        if (!valid) revert ProofInvalid(modelId, versionId);

        Round memory round = Round({
            epoch: epoch,
            versionId: versionId,
            configVersion: origin.configVersion,
            observedAt: origin.observedAt,
            provenAt: uint40(block.timestamp),
            durationOutput: uint32(outputs[0]),
            riskOutput: uint32(outputs[1]),
            tag: tag
        });
        _record(modelId, asset, origin, round);
    }

    /// @inheritdoc IRiskFeed
    function latestScore(bytes32 modelId, address asset) external view returns (Score memory score) {
        score = scoreAt(modelId, asset, _latestEpoch[modelId][asset]);
        if (block.timestamp > uint256(score.observedAt) + MAXIMUM_AGE) revert Stale(score.observedAt, MAXIMUM_AGE);
    }

    /// @inheritdoc IRiskFeed
    function latestEpoch(bytes32 modelId, address asset) external view returns (uint32) {
        return _latestEpoch[modelId][asset];
    }

    /// @inheritdoc IRiskFeed
    function statementIdOf(bytes32 modelId, address asset, uint32 epoch) external view returns (bytes32) {
        Round storage round = _rounds[modelId][asset][epoch];
        if (round.provenAt == 0) {
            // the inputs themselves are not part of the subject
            // slither-disable-next-line unused-return
            (, IInputSource.Origin memory origin) = SOURCE.inputsOf(asset, epoch);
            return _statementId(origin, modelId, asset, epoch);
        }
        (uint64 homeChainId, address observer) = SOURCE.home();
        IInputSource.Origin memory recorded = IInputSource.Origin({
            homeChainId: homeChainId,
            observer: observer,
            configVersion: round.configVersion,
            observedAt: round.observedAt
        });
        return _statementId(recorded, modelId, asset, epoch);
    }

    /// @inheritdoc IRiskFeed
    function scoreAt(bytes32 modelId, address asset, uint32 epoch) public view returns (Score memory) {
        Round memory round = roundAt(modelId, asset, epoch);
        IVerifierRegistry.Version memory served = REGISTRY.version(modelId, round.versionId);
        if (served.status == IVerifierRegistry.Status.Frozen) revert Frozen(modelId, round.versionId);
        uint8 scaleBits = served.circuit.outputScaleBits;
        return Score({
            epoch: round.epoch,
            observedAt: round.observedAt,
            provenAt: round.provenAt,
            stakingDuration: (uint256(round.durationOutput) * served.circuit.maximumDuration) >> scaleBits,
            exitRisk: (uint256(round.riskOutput) * WAD) >> scaleBits
        });
    }

    /// @inheritdoc IRiskFeed
    function roundAt(bytes32 modelId, address asset, uint32 epoch) public view returns (Round memory round) {
        round = _rounds[modelId][asset][epoch];
        if (round.provenAt == 0) revert NoRound(modelId, asset);
    }

    /// @dev Whether `proof` shows `outputs` for the inputs that the source holds, and where those came from.
    function _verify(
        IVerifierRegistry.Circuit memory circuit,
        address asset,
        uint32 epoch,
        uint256[2] calldata outputs,
        uint256 tag,
        bytes calldata proof
    ) private view returns (bool valid, IInputSource.Origin memory origin) {
        int256[] memory inputs;
        (inputs, origin) = SOURCE.inputsOf(asset, epoch);
        uint256[] memory instances = InstanceBuilder.build(circuit, inputs, tag, outputs);
        valid = EzklVerifier.verify(circuit.verifier, circuit.verifierCodeHash, proof, instances);
    }

    function _record(bytes32 modelId, address asset, IInputSource.Origin memory origin, Round memory round) private {
        _rounds[modelId][asset][round.epoch] = round;
        _latestEpoch[modelId][asset] = round.epoch;
        emit ScoreRecorded(modelId, asset, round.epoch, _statementId(origin, modelId, asset, round.epoch), round);
    }

    /// @dev A score is recorded once, epochs only move forward, and none is about the future.
    function _checkEpoch(bytes32 modelId, address asset, uint32 epoch) private view {
        if (_rounds[modelId][asset][epoch].provenAt != 0) revert AlreadyRecorded(modelId, asset, epoch);
        uint32 latest = _latestEpoch[modelId][asset];
        if (epoch <= latest) revert EpochNotNewer(epoch, latest);
        uint32 currentEpoch = uint32(block.timestamp / _EPOCH_LENGTH);
        if (epoch > currentEpoch) revert EpochInFuture(epoch, currentEpoch);
    }

    function _statementId(IInputSource.Origin memory origin, bytes32 modelId, address asset, uint32 epoch)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(origin.homeChainId, origin.observer, origin.configVersion, modelId, asset, epoch));
    }
}
