// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInputSource} from "./IInputSource.sol";

/// @title Inputs of another chain's observer, signed by validators
/// @notice Trust here is that fewer than `threshold` of the attesters collude. Two sources' observers never hold the same
/// figures, so a score always belongs to one home chain.
interface IAttestedInputs is IInputSource {
    /// @notice What an attester signs (EIP-712, domain of this contract on this chain).
    /// @param homeChainId chain whose state was observed
    /// @param observer AssetObserver on the home chain
    /// @param homeBlockHash block of the home chain at which the inputs were read
    /// @param asset token address on the home chain
    /// @param epoch epoch of the newest observation
    /// @param configVersion version of the asset's config
    /// @param observedAt Unix time of the newest observation, seconds: within `epoch`, or up to two epochs before (carried)
    /// @param expiry Unix time after which the signature is void, seconds
    /// @param featuresHash keccak256 of the feature parameters of that config
    /// @param inputs signed fixed point in circuit order, each within int16
    struct Attestation {
        uint64 homeChainId;
        address observer;
        bytes32 homeBlockHash;
        address asset;
        uint32 epoch;
        uint16 configVersion;
        uint40 observedAt;
        uint40 expiry;
        bytes32 featuresHash;
        int256[] inputs;
    }

    /// @notice Inputs were accepted with enough signatures.
    event InputsAttested(address indexed asset, uint32 indexed epoch, bytes32 homeBlockHash, bytes32 digest);
    /// @notice From `readyAt` on (Unix time, seconds) anyone may make these the attesters.
    event AttestersAnnounced(address[] attesters, uint256 threshold, uint256 readyAt);
    /// @notice A guardian stopped attesting and dropped what was announced.
    event AttestingStopped(address indexed guardian);
    /// @notice Two quorums signed different things about one epoch: attesting is stopped, and what was attested is void.
    event ConflictingQuorums(address indexed asset, uint32 indexed epoch, bytes32 digest);
    /// @notice The set of attesters changed.
    event AttestersChanged(address[] attesters, uint256 threshold);

    error NotAnAttester(address signer);
    error TooFewSignatures(uint256 given, uint256 needed);
    error SignersNotSorted(address previous, address next);
    error AttestationExpired(uint40 expiry);
    error AttestationFromFuture(uint40 observedAt);
    /// @notice The newest observation of `epoch` cannot have been made at `observedAt`, or `epoch` has not begun.
    error EpochDoesNotFitObservation(uint32 epoch, uint40 observedAt);
    error EpochLengthIsZero();
    error WrongHome(uint64 homeChainId, address observer);
    error AlreadyAttested(address asset, uint32 epoch);
    error InputOutOfRange(uint256 index, int256 value);
    error WrongInputCount(uint256 given, uint256 expected);
    error InvalidThreshold(uint256 threshold, uint256 attesters);
    error DuplicateAttester(address attester);
    error AttestersNotAnnounced();
    error AttestersNotReady(uint256 readyAt);
    error AttesterDelayIsZero();
    error AttestingIsStopped();
    error NotGuardian(address account);
    error AttestedInputsZeroAddress();

    /// @notice Store `attestation` when at least `threshold` attesters signed it. One that contradicts what as many signed before
    /// about the same epoch stops the source instead.
    /// @param signatures 65-byte signatures, sorted by signer address, no signer twice
    function attest(Attestation calldata attestation, bytes[] calldata signatures) external;

    /// @notice Announce another set of attesters, in place of one announced before. What was attested before stays, but for a
    /// stop.
    /// @param newAttesters accounts that may sign, none twice
    /// @param needed signatures needed: more than half of the attesters, so that two disjoint groups never both suffice
    function announceAttesters(address[] calldata newAttesters, uint256 needed) external;

    /// @notice Make the announced set the attesters, once ATTESTER_DELAY has passed. Open to all; ends a stop.
    function acceptAttesters() external;

    /// @notice Refuse every attestation from now on, void what was attested and drop what is announced, until another set is
    /// announced and accepted. Guardians only, at once.
    function stopAttesting() external;

    /// @notice EIP-712 digest that attesters sign.
    function attestationDigest(Attestation calldata attestation) external view returns (bytes32);

    /// @notice Signatures needed.
    function threshold() external view returns (uint256);

    /// @notice Whether `account` may attest.
    function isAttester(address account) external view returns (bool);

    /// @notice All attesters, in no particular order.
    function attesters() external view returns (address[] memory);

    /// @notice Announced attesters, signatures needed, and the Unix time from which they can be accepted; zero when none are.
    function announcedAttesters() external view returns (address[] memory newAttesters, uint256 needed, uint256 readyAt);

    /// @notice Counts from 1 and rises with every stop: what was attested in an earlier era is void.
    function era() external view returns (uint32);

    /// @notice Era in which the inputs of `asset` and `epoch` were attested last; 0 when they never were.
    function eraOf(address asset, uint32 epoch) external view returns (uint32);

    /// @notice Whether a guardian stopped attesting.
    function stopped() external view returns (bool);

    /// @notice Time from announcing attesters to their acceptance, seconds.
    function ATTESTER_DELAY() external view returns (uint32);

    /// @notice Inputs that an attestation holds.
    function INPUT_COUNT() external view returns (uint16);
}
