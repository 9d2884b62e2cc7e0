// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {CircuitChecks} from "./CircuitChecks.sol";
import {ProofSystems} from "./ProofSystems.sol";
import {Schedule} from "./Schedule.sol";
import {StoredVersions} from "./StoredVersions.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title Append-only versions of models' circuits
/// @custom:kill A guardian freezes a version with `freeze` or a whole proof system with `freezeProofSystem`, at once and for
/// ever; feeds then refuse its proofs and its scores. Whoever brings a trusted canary a proof does the latter too. A new
/// version can follow after the delay. Nothing is held.
contract VerifierRegistry is ProofSystems {
    using Schedule for Schedule.Plan;
    using StoredVersions for StoredVersions.Stored;

    /// @notice Role that may propose, activate and deprecate, once the authority says so for this contract's functions.
    uint64 public constant PROPOSER_ROLE = 1;

    /// @inheritdoc IVerifierRegistry
    uint32 public constant MAXIMUM_LEAD_EPOCHS = 24 * 30;

    /// @inheritdoc IVerifierRegistry
    uint40 public immutable ACTIVATION_DELAY;
    /// @inheritdoc IVerifierRegistry
    uint32 public immutable EPOCH_LENGTH;

    mapping(bytes32 modelId => mapping(uint16 versionId => StoredVersions.Stored)) private _versions;
    mapping(bytes32 modelId => Schedule.Plan) private _plans;
    bytes32[] private _models;
    /// @dev Verifiers of frozen versions, with their artefact; the same circuit under another address is no better.
    mapping(bytes32 codeAndVka => bool) private _frozenCode;

    /// @param authority AccessManager that says who may propose, activate, freeze
    /// @param activationDelaySeconds time from proposal to the earliest activation
    /// @param epochLength seconds
    constructor(address authority, uint40 activationDelaySeconds, uint32 epochLength) AccessManaged(authority) {
        ACTIVATION_DELAY = activationDelaySeconds;
        EPOCH_LENGTH = epochLength;
    }

    /// @inheritdoc IVerifierRegistry
    function propose(bytes32 modelId, Circuit calldata circuit) external restricted returns (uint16 versionId) {
        CircuitChecks.check(circuit);
        _requireCodeNotFrozen(circuit.verifierCodeHash, circuit.vkaDigest);
        _requireSystemNotFrozen(_proofSystem(circuit.srsHash, circuit.generatorHash, circuit.additionPrecompile));

        versionId = ++_plans[modelId].versionCount;
        if (versionId == 1) _models.push(modelId);
        uint40 readyAt = uint40(block.timestamp) + ACTIVATION_DELAY;
        _versions[modelId][versionId].write(circuit, readyAt);
        emit VersionProposed(modelId, versionId, circuit, readyAt);
    }

    /// @inheritdoc IVerifierRegistry
    function activate(bytes32 modelId, uint16 versionId, uint32 fromEpoch) external restricted {
        StoredVersions.Stored storage activated = _known(modelId, versionId);
        if (activated.status != Status.Proposed) {
            revert WrongStatus(modelId, versionId, _status(modelId, versionId, activated));
        }
        if (block.timestamp < activated.readyAt) revert VersionNotReady(versionId, activated.readyAt);
        bytes32 system = _systemOf(activated);
        _requireSystemNotFrozen(system);
        _requireCodeNotFrozen(activated.verifierCodeHash, activated.vkaDigest);
        CircuitChecks.checkCode(activated.verifier, activated.verifierCodeHash);
        Schedule.Plan storage plan = _plans[modelId];
        _checkFromEpoch(plan, fromEpoch);

        activated.status = Status.Active;
        plan.append(versionId, fromEpoch);
        _join(system, modelId, versionId);
        emit VersionActivated(modelId, versionId, fromEpoch);
    }

    /// @inheritdoc IVerifierRegistry
    function deprecate(bytes32 modelId, uint16 versionId, uint32 untilEpoch) external restricted {
        Schedule.Plan storage plan = _plans[modelId];
        StoredVersions.Stored storage ended = _known(modelId, versionId);
        if (ended.status != Status.Active) {
            revert WrongStatus(modelId, versionId, _status(modelId, versionId, ended));
        }
        Schedule.Entry memory last = plan.last;
        bool allowed = last.versionId == versionId && last.endEpoch == 0 && untilEpoch > last.fromEpoch
            && untilEpoch > _currentEpoch();
        if (!allowed) revert CannotDeprecate(modelId, versionId);
        plan.end(untilEpoch);
        emit VersionDeprecated(modelId, versionId, untilEpoch);
    }

    /// @inheritdoc IVerifierRegistry
    function freeze(bytes32 modelId, uint16 versionId) external {
        _requireGuardian();
        StoredVersions.Stored storage frozen = _known(modelId, versionId);
        if (frozen.status == Status.Frozen) revert WrongStatus(modelId, versionId, Status.Frozen);
        _leave(_systemOf(frozen), modelId, versionId);
        _freezeMember(modelId, versionId);
    }

    /// @inheritdoc IVerifierRegistry
    function servingAt(bytes32 modelId, uint32 epoch) external view returns (Serving memory) {
        uint16 versionId = _servingId(modelId, epoch);
        return _versions[modelId][versionId].servingOf(versionId);
    }

    /// @inheritdoc IVerifierRegistry
    function versionAt(bytes32 modelId, uint32 epoch) external view returns (uint16 versionId, Version memory) {
        versionId = _servingId(modelId, epoch);
        return (versionId, version(modelId, versionId));
    }

    /// @inheritdoc IVerifierRegistry
    function isFrozen(bytes32 modelId, uint16 versionId) external view returns (bool) {
        StoredVersions.Stored storage stored = _versions[modelId][versionId];
        Status status = stored.status;
        if (status == Status.None) revert UnknownVersion(modelId, versionId);
        return status == Status.Frozen || (status == Status.Proposed && isProofSystemFrozen(_systemOf(stored)));
    }

    /// @inheritdoc IVerifierRegistry
    function proofSystemOf(bytes32 modelId, uint16 versionId) external view returns (bytes32) {
        return _systemOf(_known(modelId, versionId));
    }

    /// @inheritdoc IVerifierRegistry
    function isVerifierCodeFrozen(bytes32 verifierCodeHash, bytes32 vkaDigest) public view returns (bool) {
        return _frozenCode[_codeAndVka(verifierCodeHash, vkaDigest)];
    }

    /// @inheritdoc IVerifierRegistry
    function models() external view returns (bytes32[] memory) {
        return _models;
    }

    /// @inheritdoc IVerifierRegistry
    function versionCount(bytes32 modelId) external view returns (uint16) {
        return _plans[modelId].versionCount;
    }

    /// @inheritdoc IVerifierRegistry
    function version(bytes32 modelId, uint16 versionId) public view returns (Version memory) {
        StoredVersions.Stored storage stored = _known(modelId, versionId);
        (uint32 fromEpoch, uint32 untilEpoch) = _plans[modelId].spanOf(versionId);
        return Version({
            circuit: stored.circuitOf(),
            status: _status(modelId, versionId, stored),
            readyAt: stored.readyAt,
            fromEpoch: fromEpoch,
            untilEpoch: untilEpoch
        });
    }

    /// @inheritdoc ProofSystems
    function _freezeMember(bytes32 modelId, uint16 versionId) internal override {
        StoredVersions.Stored storage frozen = _versions[modelId][versionId];
        Status before = frozen.status;
        if (before == Status.Frozen) return;
        frozen.status = Status.Frozen;
        _frozenCode[_codeAndVka(frozen.verifierCodeHash, frozen.vkaDigest)] = true;
        emit VersionFrozen(modelId, versionId, msg.sender);
        if (before != Status.Active) return;
        // an epoch that has begun may have scores of this version: then it stays where it is
        if (_plans[modelId].firstOf(versionId) > _currentEpoch()) _plans[modelId].remove(versionId);
    }

    function _servingId(bytes32 modelId, uint32 epoch) private view returns (uint16 versionId) {
        versionId = _plans[modelId].versionAt(epoch);
        if (versionId == 0) revert NoVersion(modelId, epoch);
    }

    /// @dev What is stored, or Deprecated once an end is known, or Frozen when it was proposed before its system was frozen.
    function _status(bytes32 modelId, uint16 versionId, StoredVersions.Stored storage stored)
        private
        view
        returns (Status)
    {
        if (stored.status == Status.Proposed && isProofSystemFrozen(_systemOf(stored))) return Status.Frozen;
        if (stored.status != Status.Active) return stored.status;
        // only the end matters here
        // slither-disable-next-line unused-return
        (, uint32 untilEpoch) = _plans[modelId].spanOf(versionId);
        return untilEpoch == 0 ? Status.Active : Status.Deprecated;
    }

    function _checkFromEpoch(Schedule.Plan storage plan, uint32 fromEpoch) private view {
        uint32 currentEpoch = _currentEpoch();
        uint32 latest = currentEpoch + MAXIMUM_LEAD_EPOCHS;
        if (fromEpoch > latest) revert EpochTooFarAhead(fromEpoch, latest);
        // with a version before it, the current epoch may already have scores of that one
        bool isFirst = plan.last.versionId == 0;
        uint32 earliest = isFirst ? currentEpoch : currentEpoch + 1;
        if (fromEpoch < earliest) revert EpochAlreadyPast(fromEpoch, currentEpoch);
        uint32 lastFromEpoch = plan.last.fromEpoch;
        if (!isFirst && fromEpoch <= lastFromEpoch) revert EpochNotAhead(fromEpoch, lastFromEpoch);
    }

    function _requireCodeNotFrozen(bytes32 verifierCodeHash, bytes32 vkaDigest) private view {
        if (isVerifierCodeFrozen(verifierCodeHash, vkaDigest)) revert FrozenVerifierCode(verifierCodeHash);
    }

    function _currentEpoch() private view returns (uint32) {
        return uint32(block.timestamp / EPOCH_LENGTH);
    }

    function _known(bytes32 modelId, uint16 versionId) private view returns (StoredVersions.Stored storage stored) {
        stored = _versions[modelId][versionId];
        if (stored.status == Status.None) revert UnknownVersion(modelId, versionId);
    }

    function _systemOf(StoredVersions.Stored storage stored) private view returns (bytes32) {
        return _proofSystem(stored.srsHash, stored.generatorHash, stored.additionPrecompile);
    }

    /// @dev A reusable verifier's code serves other circuits as well: only together with its artefact it is one circuit.
    function _codeAndVka(bytes32 verifierCodeHash, bytes32 vkaDigest) private pure returns (bytes32) {
        return keccak256(abi.encode(verifierCodeHash, vkaDigest));
    }
}
