// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInputSource} from "../interfaces/IInputSource.sol";
import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title MOCK: a risk feed that answers as a test says
/// @notice For integrators' own tests: give a score or a round, let it grow old, freeze it. It refuses exactly as the real feed
/// does. Only `submit` cannot be had: there is nothing that a proof could be checked against.
/// @custom:kill For tests only: holds nothing, and everybody may set everything.
contract MockRiskFeed is IRiskFeed {
    struct Answer {
        Score score;
        Round round;
        uint256 maximumAge;
        bool frozen;
    }

    error MockTakesNoProof();

    /// @notice Length of an epoch, seconds.
    uint32 public constant EPOCH_LENGTH = 1 hours;
    /// @dev A score of one that `setScore` gives stands for this output in its round.
    uint256 private constant OUTPUT_SCALE = 1 << 13;
    uint256 private constant MAXIMUM_DURATION = 30 days;

    /// @inheritdoc IRiskFeed
    uint32 public immutable MAXIMUM_AGE;
    /// @notice None: a mock's circuits speak for nobody.
    IVerifierRegistry public constant REGISTRY = IVerifierRegistry(address(0));
    /// @notice None until `setSource`.
    // solhint-disable-next-line var-name-mixedcase
    IInputSource public SOURCE;

    IInputSource.Kind private _kind;
    mapping(bytes32 modelId => mapping(address asset => uint32 epoch)) private _latest;
    mapping(bytes32 modelId => mapping(address asset => mapping(uint32 epoch => Answer))) private _answers;
    mapping(address asset => Limits) private _limits;

    /// @param maximumAge seconds
    constructor(uint32 maximumAge) {
        MAXIMUM_AGE = maximumAge;
    }

    /// @notice Give the score of an epoch, as if version 1 had proved it under config 1; the last one given is the latest.
    function setScore(bytes32 modelId, address asset, Score calldata score) external {
        Round memory round;
        round.epoch = score.epoch;
        (round.versionId, round.configVersion) = (1, 1);
        (round.observedAt, round.provenAt) = (score.observedAt, score.provenAt);
        round.durationOutput = uint32(score.stakingDuration * OUTPUT_SCALE / MAXIMUM_DURATION);
        round.riskOutput = uint32(score.exitRisk * OUTPUT_SCALE / 1e18);
        _record(modelId, asset, score, round);
    }

    /// @notice Give score and raw round of an epoch, which should be about the same one; the last one given is the latest.
    function setRound(bytes32 modelId, address asset, Score calldata score, Round calldata round) external {
        _record(modelId, asset, score, round);
    }

    /// @notice Freeze the score of an epoch, as if the version that it came from were frozen.
    function freeze(bytes32 modelId, address asset, uint32 epoch) external {
        _answers[modelId][asset][epoch].frozen = true;
    }

    /// @notice Name where inputs come from, and whom that asks to trust.
    function setSource(IInputSource source, IInputSource.Kind kind) external {
        (SOURCE, _kind) = (source, kind);
    }

    /// @inheritdoc IRiskFeed
    /// @dev Everybody may.
    function setLimits(address asset, Limits calldata limits) external {
        bool inRange = limits.heartbeat > 0 && limits.heartbeat <= limits.maximumAge
            && limits.maximumAge >= EPOCH_LENGTH && limits.maximumAge <= MAXIMUM_AGE;
        if (!inRange) revert LimitsOutOfRange(limits.heartbeat, limits.maximumAge);
        _limits[asset] = limits;
        emit LimitsSet(asset, limits);
    }

    /// @inheritdoc IRiskFeed
    function submit(bytes32, address, uint32, uint256[2] calldata, uint256, bytes calldata) external pure {
        revert MockTakesNoProof();
    }

    /// @inheritdoc IRiskFeed
    function latestScore(bytes32 modelId, address asset) external view returns (Score memory) {
        uint256 maximumAge = _answers[modelId][asset][_latest[modelId][asset]].maximumAge;
        return getScoreNoOlderThan(modelId, asset, maximumAge);
    }

    /// @inheritdoc IRiskFeed
    function scoreAt(bytes32 modelId, address asset, uint32 epoch) external view returns (Score memory) {
        return _readable(modelId, asset, epoch).score;
    }

    /// @inheritdoc IRiskFeed
    function roundAt(bytes32 modelId, address asset, uint32 epoch) external view returns (Round memory) {
        return _readable(modelId, asset, epoch).round;
    }

    /// @inheritdoc IRiskFeed
    function sourceOf(bytes32 modelId, address asset, uint32 epoch)
        external
        view
        returns (IInputSource source, IInputSource.Kind kind)
    {
        _given(modelId, asset, epoch);
        return (SOURCE, _kind);
    }

    /// @inheritdoc IRiskFeed
    function maximumAgeAt(bytes32 modelId, address asset, uint32 epoch) external view returns (uint256) {
        return _given(modelId, asset, epoch).maximumAge;
    }

    /// @inheritdoc IRiskFeed
    function latestEpoch(bytes32 modelId, address asset) external view returns (uint32) {
        return _latest[modelId][asset];
    }

    /// @inheritdoc IRiskFeed
    /// @dev Without a source, home is this chain and this contract, and only epochs with a score have inputs.
    function statementIdOf(bytes32 modelId, address asset, uint32 epoch) external view returns (bytes32) {
        Answer storage answer = _answers[modelId][asset][epoch];
        if (answer.score.observedAt != 0) return _statementId(modelId, asset, answer.round);
        if (address(SOURCE) == address(0)) revert IInputSource.InputsUnavailable(asset, epoch);
        // the inputs themselves are not part of the subject
        // slither-disable-next-line unused-return
        (, IInputSource.Origin memory origin) = SOURCE.inputsOf(asset, epoch);
        return keccak256(abi.encode(origin.homeChainId, origin.observer, origin.configVersion, modelId, asset, epoch));
    }

    /// @inheritdoc IRiskFeed
    function getScoreNoOlderThan(bytes32 modelId, address asset, uint256 age) public view returns (Score memory score) {
        score = _readable(modelId, asset, _latest[modelId][asset]).score;
        if (block.timestamp - score.observedAt > age) revert Stale(score.observedAt, age);
    }

    /// @inheritdoc IRiskFeed
    function limitsOf(address asset) public view returns (Limits memory limits) {
        limits = _limits[asset];
        if (limits.maximumAge == 0) return Limits({heartbeat: EPOCH_LENGTH, maximumAge: MAXIMUM_AGE});
    }

    function _record(bytes32 modelId, address asset, Score calldata score, Round memory round) private {
        // as the real feed keeps it, in whole minutes
        uint256 maximumAge = limitsOf(asset).maximumAge / 1 minutes * 1 minutes;
        _answers[modelId][asset][score.epoch] = Answer(score, round, maximumAge, false);
        _latest[modelId][asset] = score.epoch;
        emit ScoreRecorded(modelId, asset, score.epoch, _statementId(modelId, asset, round), round);
    }

    function _readable(bytes32 modelId, address asset, uint32 epoch) private view returns (Answer storage answer) {
        answer = _given(modelId, asset, epoch);
        if (answer.frozen) revert Frozen(modelId, answer.round.versionId);
    }

    function _given(bytes32 modelId, address asset, uint32 epoch) private view returns (Answer storage answer) {
        answer = _answers[modelId][asset][epoch];
        if (answer.score.observedAt == 0) revert NoRound(modelId, asset);
    }

    function _statementId(bytes32 modelId, address asset, Round memory round) private view returns (bytes32) {
        (uint64 chainId, address observer) =
            address(SOURCE) == address(0) ? (uint64(block.chainid), address(this)) : SOURCE.home();
        return keccak256(abi.encode(chainId, observer, round.configVersion, modelId, asset, round.epoch));
    }
}
