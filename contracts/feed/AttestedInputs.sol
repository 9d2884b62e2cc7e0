// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {PackedInputs} from "./PackedInputs.sol";
import {IAttestedInputs} from "../interfaces/IAttestedInputs.sol";
import {IInputSource} from "../interfaces/IInputSource.sol";

/// @title Inputs of another chain's observer, signed by M of N validators
/// @notice Trust is that fewer than `threshold` attesters collude; the first attestation of an epoch is final. Two quorums that
/// say different things about one epoch show that this is broken, and stop the source.
/// @custom:kill A guardian stops it at once with `stopAttesting`, and so does whoever brings two conflicting quorums; the
/// authority announces other attesters, who can be accepted after a delay. What was attested before a stop is void: feeds have
/// recorded it, or never will. Nothing is held. To abandon it, deploy another one and feeds that read it.
contract AttestedInputs is IAttestedInputs, AccessManaged, EIP712 {
    using EnumerableSet for EnumerableSet.AddressSet;
    using PackedInputs for mapping(uint256 index => uint256);

    /// @dev What was attested for an asset and epoch: two slots, and one for every 16 inputs.
    struct Record {
        uint16 configVersion;
        uint40 observedAt;
        uint32 era;
        bytes32 featuresHash;
        mapping(uint256 index => uint256) packed;
    }

    /// @notice Role that may stop attesting, whatever the authority says about functions.
    uint64 public constant GUARDIAN_ROLE = 2;
    /// @dev EIP-712 type of an attestation, as in statements/attestation.py.
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(uint64 homeChainId,address observer,bytes32 homeBlockHash,address asset,uint32 epoch,"
        "uint16 configVersion,uint40 observedAt,uint40 expiry,bytes32 featuresHash,int256[] inputs)"
    );

    /// @dev Missed epochs that an observer fills by repeating the observation before them.
    uint256 private constant MAXIMUM_CARRIED = 2;

    /// @inheritdoc IInputSource
    Kind public constant KIND = Kind.Attested;

    /// @inheritdoc IInputSource
    uint32 public immutable EPOCH_LENGTH;
    /// @inheritdoc IAttestedInputs
    uint16 public immutable INPUT_COUNT;
    /// @inheritdoc IAttestedInputs
    uint32 public immutable ATTESTER_DELAY;
    uint64 private immutable _HOME_CHAIN_ID;
    address private immutable _OBSERVER;

    /// @dev These five share a slot.
    uint64 private _threshold;
    uint64 private _announcedThreshold;
    uint64 private _announcedReadyAt;
    /// @inheritdoc IAttestedInputs
    bool public stopped;
    /// @inheritdoc IAttestedInputs
    uint32 public era = 1;
    EnumerableSet.AddressSet private _attesters;
    EnumerableSet.AddressSet private _announced;
    mapping(address asset => mapping(uint32 epoch => Record)) private _records;

    /// @param authority AccessManager that says who may change the attesters
    /// @param homeChainId chain whose state is observed
    /// @param observer AssetObserver there
    /// @param epochLength seconds, that of `observer`
    /// @param inputCount inputs of an attestation
    /// @param initialAttesters accounts that may sign
    /// @param initialThreshold signatures needed
    /// @param attesterDelay time from announcing attesters to their acceptance, seconds
    constructor(
        address authority,
        uint64 homeChainId,
        address observer,
        uint32 epochLength,
        uint16 inputCount,
        address[] memory initialAttesters,
        uint256 initialThreshold,
        uint32 attesterDelay
    ) AccessManaged(authority) EIP712("veristake AttestedInputs", "1") {
        if (authority == address(0) || observer == address(0)) {
            revert AttestedInputsZeroAddress();
        }
        if (epochLength == 0) revert EpochLengthIsZero();
        if (attesterDelay == 0) revert AttesterDelayIsZero();
        EPOCH_LENGTH = epochLength;
        ATTESTER_DELAY = attesterDelay;
        INPUT_COUNT = inputCount;
        _HOME_CHAIN_ID = homeChainId;
        _OBSERVER = observer;
        _threshold = _fill(_attesters, initialAttesters, initialThreshold);
        emit AttestersChanged(initialAttesters, initialThreshold);
    }

    /// @inheritdoc IAttestedInputs
    function attest(Attestation calldata attestation, bytes[] calldata signatures) external {
        if (stopped) revert AttestingIsStopped();
        Record storage record = _records[attestation.asset][attestation.epoch];
        bool held = record.era == era;
        if (held && _saysTheSame(record, attestation)) revert AlreadyAttested(attestation.asset, attestation.epoch);
        _checkAttestation(attestation);
        bytes32 digest = attestationDigest(attestation);
        _checkSignatures(digest, signatures);
        if (held) {
            _stop();
            emit ConflictingQuorums(attestation.asset, attestation.epoch, digest);
            return;
        }

        record.configVersion = attestation.configVersion;
        record.observedAt = attestation.observedAt;
        record.era = era;
        record.featuresHash = attestation.featuresHash;
        record.packed.store(attestation.inputs);
        emit InputsAttested(attestation.asset, attestation.epoch, attestation.homeBlockHash, digest);
    }

    /// @inheritdoc IAttestedInputs
    function announceAttesters(address[] calldata newAttesters, uint256 needed) external restricted {
        uint256 readyAt = block.timestamp + ATTESTER_DELAY;
        _announcedThreshold = _fill(_announced, newAttesters, needed);
        _announcedReadyAt = uint64(readyAt);
        emit AttestersAnnounced(newAttesters, needed, readyAt);
    }

    /// @inheritdoc IAttestedInputs
    function acceptAttesters() external {
        uint256 readyAt = _announcedReadyAt;
        // slither-disable-next-line incorrect-equality
        if (readyAt == 0) revert AttestersNotAnnounced();
        if (block.timestamp < readyAt) revert AttestersNotReady(readyAt);
        address[] memory accepted = _announced.values();
        uint256 needed = _announcedThreshold;
        _threshold = _fill(_attesters, accepted, needed);
        stopped = false;
        _dropAnnounced();
        emit AttestersChanged(accepted, needed);
    }

    /// @inheritdoc IAttestedInputs
    function stopAttesting() external {
        // as in VerifierRegistry: no function's role and no delay stands between a guardian and an emergency
        // slither-disable-next-line unused-return
        (bool isGuardian,) = IAccessManager(authority()).hasRole(GUARDIAN_ROLE, msg.sender);
        if (!isGuardian) revert NotGuardian(msg.sender);
        _stop();
        emit AttestingStopped(msg.sender);
    }

    /// @inheritdoc IInputSource
    function inputsOf(address asset, uint32 epoch)
        external
        view
        returns (int256[] memory inputs, Origin memory origin)
    {
        Record storage record = _records[asset][epoch];
        if (record.era != era) revert InputsUnavailable(asset, epoch);
        inputs = record.packed.load(INPUT_COUNT);
        origin = Origin({
            homeChainId: _HOME_CHAIN_ID,
            observer: _OBSERVER,
            configVersion: record.configVersion,
            observedAt: record.observedAt,
            featuresHash: record.featuresHash
        });
    }

    /// @inheritdoc IAttestedInputs
    function eraOf(address asset, uint32 epoch) external view returns (uint32) {
        return _records[asset][epoch].era;
    }

    /// @inheritdoc IAttestedInputs
    function isAttester(address account) external view returns (bool) {
        return _attesters.contains(account);
    }

    /// @inheritdoc IAttestedInputs
    function attesters() external view returns (address[] memory) {
        return _attesters.values();
    }

    /// @inheritdoc IAttestedInputs
    function threshold() external view returns (uint256) {
        return _threshold;
    }

    /// @inheritdoc IAttestedInputs
    function announcedAttesters()
        external
        view
        returns (address[] memory newAttesters, uint256 needed, uint256 readyAt)
    {
        return (_announced.values(), _announcedThreshold, _announcedReadyAt);
    }

    /// @inheritdoc IInputSource
    function home() external view returns (uint64 homeChainId, address observer) {
        return (_HOME_CHAIN_ID, _OBSERVER);
    }

    /// @inheritdoc IAttestedInputs
    function attestationDigest(Attestation calldata attestation) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ATTESTATION_TYPEHASH,
                    attestation.homeChainId,
                    attestation.observer,
                    attestation.homeBlockHash,
                    attestation.asset,
                    attestation.epoch,
                    attestation.configVersion,
                    attestation.observedAt,
                    attestation.expiry,
                    attestation.featuresHash,
                    // EIP-712: an array is the hash of its concatenated, padded elements
                    keccak256(abi.encodePacked(attestation.inputs))
                )
            )
        );
    }

    /// @dev Puts `newAttesters` in place of what `set` held, and gives `needed` back.
    function _fill(EnumerableSet.AddressSet storage set, address[] memory newAttesters, uint256 needed)
        private
        returns (uint64)
    {
        uint256 count = newAttesters.length;
        if (needed > count || needed * 2 <= count) revert InvalidThreshold(needed, count);
        set.clear();
        for (uint256 i = 0; i < count; ++i) {
            if (newAttesters[i] == address(0)) revert AttestedInputsZeroAddress();
            if (!set.add(newAttesters[i])) revert DuplicateAttester(newAttesters[i]);
        }
        return uint64(needed);
    }

    /// @dev Void what was attested, and what is announced: nobody knows any more who chose it.
    function _stop() private {
        if (!stopped) ++era;
        stopped = true;
        _dropAnnounced();
    }

    function _dropAnnounced() private {
        _announced.clear();
        _announcedThreshold = 0;
        _announcedReadyAt = 0;
    }

    /// @dev Another block hash or expiry is no contradiction.
    function _saysTheSame(Record storage record, Attestation calldata attestation) private view returns (bool) {
        return record.configVersion == attestation.configVersion && record.observedAt == attestation.observedAt
            && record.featuresHash == attestation.featuresHash
            && keccak256(abi.encodePacked(record.packed.load(INPUT_COUNT)))
                == keccak256(abi.encodePacked(attestation.inputs));
    }

    function _checkAttestation(Attestation calldata attestation) private view {
        if (attestation.homeChainId != _HOME_CHAIN_ID || attestation.observer != _OBSERVER) {
            revert WrongHome(attestation.homeChainId, attestation.observer);
        }
        if (block.timestamp > attestation.expiry) revert AttestationExpired(attestation.expiry);
        if (attestation.observedAt > block.timestamp) revert AttestationFromFuture(attestation.observedAt);
        _checkEpoch(attestation.epoch, attestation.observedAt);
        if (attestation.inputs.length != INPUT_COUNT) {
            revert WrongInputCount(attestation.inputs.length, INPUT_COUNT);
        }
    }

    /// @dev An epoch ahead of its observation could be attested before anybody can know its inputs, and be final.
    function _checkEpoch(uint32 epoch, uint40 observedAt) private view {
        uint256 observedEpoch = observedAt / EPOCH_LENGTH;
        uint256 currentEpoch = block.timestamp / EPOCH_LENGTH;
        if (epoch < observedEpoch || epoch > observedEpoch + MAXIMUM_CARRIED || epoch > currentEpoch) {
            revert EpochDoesNotFitObservation(epoch, observedAt);
        }
    }

    /// @dev Sorted signers cannot be counted twice, and every signature given has to be an attester's.
    function _checkSignatures(bytes32 digest, bytes[] calldata signatures) private view {
        uint256 needed = _threshold;
        if (signatures.length < needed) revert TooFewSignatures(signatures.length, needed);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = ECDSA.recoverCalldata(digest, signatures[i]);
            if (signer <= previous) revert SignersNotSorted(previous, signer);
            if (!_attesters.contains(signer)) revert NotAnAttester(signer);
            previous = signer;
        }
    }
}
