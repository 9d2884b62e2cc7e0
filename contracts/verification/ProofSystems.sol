// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {ICanaryStop} from "../interfaces/ICanaryStop.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title What is frozen for ever, and who may freeze
/// @notice A proof system is an SRS, a generator and a layout of precompiles: what would be broken at once for every circuit.
/// Freezing is not `restricted`: neither a function's role, nor its delay, nor a closed target stands in the way.
abstract contract ProofSystems is IVerifierRegistry, AccessManaged {
    /// @notice Role that may freeze, whatever the authority says about functions.
    uint64 public constant GUARDIAN_ROLE = 2;
    /// @inheritdoc IVerifierRegistry
    /// @dev Freezing all of them fits a transaction (EIP-7825: 2^24 gas), whatever a proposer has put into schedules.
    /// tests/foundry/FreezeAll.t.sol measures it.
    uint256 public constant MAXIMUM_MEMBERS = 192;

    mapping(bytes32 proofSystem => Member[]) private _members;
    mapping(bytes32 proofSystem => bool) private _frozenSystems;
    mapping(address canary => bytes32 proofSystem) private _canaries;

    /// @inheritdoc IVerifierRegistry
    function trustCanary(address canary) external restricted {
        bytes32 proofSystem = ICanaryStop(canary).PROOF_SYSTEM();
        if (proofSystem == 0) revert NotACanary(canary);
        address registry = address(ICanaryStop(canary).REGISTRY());
        if (registry != address(this)) revert CanaryOfAnotherRegistry(canary, registry);
        _canaries[canary] = proofSystem;
        emit CanaryTrusted(proofSystem, canary);
    }

    /// @inheritdoc IVerifierRegistry
    function freezeProofSystem(bytes32 proofSystem) external {
        if (_canaries[msg.sender] != proofSystem || proofSystem == 0) _requireGuardian();
        if (_frozenSystems[proofSystem]) revert FrozenProofSystem(proofSystem);
        _frozenSystems[proofSystem] = true;
        emit ProofSystemFrozen(proofSystem, msg.sender);
        Member[] storage members = _members[proofSystem];
        uint256 count = members.length;
        for (uint256 i = 0; i < count; ++i) {
            _freezeMember(members[i].modelId, members[i].versionId);
        }
    }

    /// @inheritdoc IVerifierRegistry
    function membersOf(bytes32 proofSystem) external view returns (Member[] memory) {
        return _members[proofSystem];
    }

    /// @inheritdoc IVerifierRegistry
    function isProofSystemFrozen(bytes32 proofSystem) public view returns (bool) {
        return _frozenSystems[proofSystem];
    }

    /// @inheritdoc IVerifierRegistry
    function canaryOf(address canary) external view returns (bytes32 proofSystem) {
        return _canaries[canary];
    }

    /// @dev Freezes a version that is not frozen yet; does nothing to one that is.
    function _freezeMember(bytes32 modelId, uint16 versionId) internal virtual;

    function _join(bytes32 proofSystem, bytes32 modelId, uint16 versionId) internal {
        if (_members[proofSystem].length == MAXIMUM_MEMBERS) revert ProofSystemIsFull(proofSystem, MAXIMUM_MEMBERS);
        _members[proofSystem].push(Member(modelId, versionId));
    }

    /// @dev Gives a member's place back, if it has one.
    function _leave(bytes32 proofSystem, bytes32 modelId, uint16 versionId) internal {
        Member[] storage members = _members[proofSystem];
        uint256 count = members.length;
        for (uint256 i = 0; i < count; ++i) {
            if (members[i].versionId != versionId || members[i].modelId != modelId) continue;
            members[i] = members[count - 1];
            members.pop();
            return;
        }
    }

    function _requireSystemNotFrozen(bytes32 proofSystem) internal view {
        if (_frozenSystems[proofSystem]) revert FrozenProofSystem(proofSystem);
    }

    function _requireGuardian() internal view {
        // the delay of an execution is not asked for
        // slither-disable-next-line unused-return
        (bool isGuardian,) = IAccessManager(authority()).hasRole(GUARDIAN_ROLE, msg.sender);
        if (!isGuardian) revert NotGuardian(msg.sender);
    }

    function _proofSystem(bytes32 srsHash, bytes32 generatorHash, uint8 additionPrecompile)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(srsHash, generatorHash, additionPrecompile));
    }
}
