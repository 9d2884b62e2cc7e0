// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {CircuitChecks} from "./CircuitChecks.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title Append-only versions of models' circuits
/// @custom:kill A guardian freezes a version with `freeze`, at once and for ever; feeds then refuse its proofs and its
/// scores. A new version can follow after the delay. Nothing is held.
contract VerifierRegistry is IVerifierRegistry, AccessManaged {
    /// @notice Role that may propose and activate, once the authority says so for this contract's functions.
    uint64 public constant PROPOSER_ROLE = 1;
    /// @notice Role that may freeze, whatever the authority says about functions.
    uint64 public constant GUARDIAN_ROLE = 2;

    /// @inheritdoc IVerifierRegistry
    uint32 public constant MAXIMUM_LEAD_EPOCHS = 24 * 30;

    /// @inheritdoc IVerifierRegistry
    uint40 public immutable ACTIVATION_DELAY;
    /// @inheritdoc IVerifierRegistry
    uint32 public immutable EPOCH_LENGTH;

    mapping(bytes32 modelId => Version[]) private _versions;
    /// @dev Versions that serve or will, in order of their first epoch.
    mapping(bytes32 modelId => uint16[]) private _activated;
    /// @dev Code of verifiers of frozen versions; the same circuit under another address is no better.
    mapping(bytes32 verifierCodeHash => bool) private _frozenCode;

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
        _checkCodeNotFrozen(circuit.verifierCodeHash);
        uint40 readyAt = uint40(block.timestamp) + ACTIVATION_DELAY;
        _versions[modelId].push(Version({circuit: circuit, status: Status.Proposed, readyAt: readyAt, fromEpoch: 0}));
        versionId = versionCount(modelId);
        emit VersionProposed(modelId, versionId, circuit, readyAt);
    }

    /// @inheritdoc IVerifierRegistry
    function activate(bytes32 modelId, uint16 versionId, uint32 fromEpoch) external restricted {
        Version storage activated = _known(modelId, versionId);
        if (activated.status != Status.Proposed) revert WrongStatus(modelId, versionId, activated.status);
        if (block.timestamp < activated.readyAt) revert VersionNotReady(versionId, activated.readyAt);
        _checkCodeNotFrozen(activated.circuit.verifierCodeHash);
        CircuitChecks.checkCode(activated.circuit.verifier, activated.circuit.verifierCodeHash);
        _checkFromEpoch(modelId, fromEpoch);

        activated.status = Status.Active;
        activated.fromEpoch = fromEpoch;
        _activated[modelId].push(versionId);
        emit VersionActivated(modelId, versionId, fromEpoch);
    }

    /// @inheritdoc IVerifierRegistry
    function freeze(bytes32 modelId, uint16 versionId) external {
        // not `restricted`: neither a function's role nor its delay may stand between a guardian and an emergency
        // slither-disable-next-line unused-return
        (bool isGuardian,) = IAccessManager(authority()).hasRole(GUARDIAN_ROLE, msg.sender);
        if (!isGuardian) revert NotGuardian(msg.sender);
        Version storage frozen = _known(modelId, versionId);
        if (frozen.status == Status.Frozen) revert WrongStatus(modelId, versionId, Status.Frozen);

        // an epoch that has begun may have scores of this version: then it stays where it is
        if (frozen.status == Status.Active && frozen.fromEpoch > _currentEpoch()) _unschedule(modelId, versionId);
        frozen.status = Status.Frozen;
        _frozenCode[frozen.circuit.verifierCodeHash] = true;
        emit VersionFrozen(modelId, versionId, msg.sender);
    }

    /// @inheritdoc IVerifierRegistry
    function versionAt(bytes32 modelId, uint32 epoch) external view returns (uint16 versionId, Version memory) {
        uint16[] storage activated = _activated[modelId];
        for (uint256 i = activated.length; i > 0; --i) {
            versionId = activated[i - 1];
            Version storage candidate = _versions[modelId][versionId - 1];
            if (candidate.fromEpoch <= epoch) return (versionId, candidate);
        }
        revert NoVersion(modelId, epoch);
    }

    /// @inheritdoc IVerifierRegistry
    function version(bytes32 modelId, uint16 versionId) external view returns (Version memory) {
        return _known(modelId, versionId);
    }

    /// @inheritdoc IVerifierRegistry
    function isFrozen(bytes32 modelId, uint16 versionId) external view returns (bool) {
        return _known(modelId, versionId).status == Status.Frozen;
    }

    /// @inheritdoc IVerifierRegistry
    function versionCount(bytes32 modelId) public view returns (uint16) {
        return uint16(_versions[modelId].length);
    }

    function _unschedule(bytes32 modelId, uint16 versionId) private {
        uint16[] storage activated = _activated[modelId];
        uint256 place = activated.length;
        while (activated[place - 1] != versionId) --place;
        for (; place < activated.length; ++place) {
            activated[place - 1] = activated[place];
        }
        activated.pop();
    }

    function _checkFromEpoch(bytes32 modelId, uint32 fromEpoch) private view {
        uint32 currentEpoch = _currentEpoch();
        uint32 latest = currentEpoch + MAXIMUM_LEAD_EPOCHS;
        if (fromEpoch > latest) revert EpochTooFarAhead(fromEpoch, latest);
        uint16[] storage activated = _activated[modelId];
        // with a version before it, the current epoch may already have scores of that one
        uint32 earliest = activated.length == 0 ? currentEpoch : currentEpoch + 1;
        if (fromEpoch < earliest) revert EpochAlreadyPast(fromEpoch, currentEpoch);
        if (activated.length == 0) return;
        uint32 lastFromEpoch = _versions[modelId][activated[activated.length - 1] - 1].fromEpoch;
        if (fromEpoch <= lastFromEpoch) revert EpochNotAhead(fromEpoch, lastFromEpoch);
    }

    function _checkCodeNotFrozen(bytes32 verifierCodeHash) private view {
        if (_frozenCode[verifierCodeHash]) revert FrozenVerifierCode(verifierCodeHash);
    }

    function _currentEpoch() private view returns (uint32) {
        return uint32(block.timestamp / EPOCH_LENGTH);
    }

    function _known(bytes32 modelId, uint16 versionId) private view returns (Version storage) {
        if (versionId == 0 || versionId > versionCount(modelId)) revert UnknownVersion(modelId, versionId);
        return _versions[modelId][versionId - 1];
    }
}
