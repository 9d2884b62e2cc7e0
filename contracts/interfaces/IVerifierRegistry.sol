// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Which circuit speaks for a model at an epoch
/// @notice Versions are append-only. Which version serves an epoch is a function of the registry alone, never a caller's
/// choice, so that nobody can shop for the better score.
interface IVerifierRegistry {
    /// @notice Life of a version. Frozen is final.
    enum Status {
        None,
        Proposed,
        Active,
        Frozen
    }

    /// @notice Everything that identifies a circuit and how its instances are laid out: inputs, tag limbs, outputs.
    /// @param verifier EZKL-generated verifier
    /// @param verifierCodeHash EXTCODEHASH of `verifier`
    /// @param onnxHash sha256 of the ONNX file
    /// @param settingsHash sha256 of EZKL's settings
    /// @param verifyingKeyHash sha256 of the verifying key; identifies the circuit
    /// @param srsHash sha256 of the SRS file
    /// @param inputCount instances that the input source fills
    /// @param tagLimbs instances of the request tag
    /// @param tagLimbBits bits per limb, lowest limb first
    /// @param outputCount instances of the result
    /// @param inputScaleBits inputs are at 2^inputScaleBits
    /// @param outputScaleBits outputs are at 2^outputScaleBits, within [0, 2^outputScaleBits]
    /// @param maximumDuration staking duration that an output of one stands for, seconds
    /// @param devSrs true when the SRS has a known trapdoor; refused off local chains
    struct Circuit {
        address verifier;
        bytes32 verifierCodeHash;
        bytes32 onnxHash;
        bytes32 settingsHash;
        bytes32 verifyingKeyHash;
        bytes32 srsHash;
        uint16 inputCount;
        uint8 tagLimbs;
        uint8 tagLimbBits;
        uint8 outputCount;
        uint8 inputScaleBits;
        uint8 outputScaleBits;
        uint40 maximumDuration;
        bool devSrs;
    }

    /// @notice A version of a model.
    /// @param circuit its circuit
    /// @param status where it is in its life
    /// @param readyAt Unix time from which it may be activated, seconds
    /// @param fromEpoch first epoch it serves, once active
    struct Version {
        Circuit circuit;
        Status status;
        uint40 readyAt;
        uint32 fromEpoch;
    }

    /// @notice A version was proposed.
    event VersionProposed(bytes32 indexed modelId, uint16 indexed versionId, Circuit circuit, uint40 readyAt);
    /// @notice A version serves from `fromEpoch` on.
    event VersionActivated(bytes32 indexed modelId, uint16 indexed versionId, uint32 fromEpoch);
    /// @notice A version will never be used again.
    event VersionFrozen(bytes32 indexed modelId, uint16 indexed versionId, address indexed guardian);

    error NoVersion(bytes32 modelId, uint32 epoch);
    error UnknownVersion(bytes32 modelId, uint16 versionId);
    error WrongStatus(bytes32 modelId, uint16 versionId, Status status);
    error VersionNotReady(uint16 versionId, uint40 readyAt);
    error EpochNotAhead(uint32 fromEpoch, uint32 lastFromEpoch);
    /// @notice Nobody can know so early that a version should serve; it would keep others from being activated.
    error EpochTooFarAhead(uint32 fromEpoch, uint32 latest);
    error EpochAlreadyPast(uint32 fromEpoch, uint32 currentEpoch);
    /// @notice A version with this verifier's code was frozen, of this or another model.
    error FrozenVerifierCode(bytes32 verifierCodeHash);
    error NotGuardian(address account);
    error DevSrsOnPublicChain(uint256 chainId);
    error VerifierCodeMismatch(address verifier, bytes32 expected, bytes32 actual);
    /// @notice A circuit's field is outside its bounds; fields are numbered from 0 in the order of the struct.
    error InvalidCircuit(uint256 field);

    /// @notice Propose a version; it can be activated once the registry's delay has passed.
    function propose(bytes32 modelId, Circuit calldata circuit) external returns (uint16 versionId);

    /// @notice Make a proposed version serve from `fromEpoch` on; it succeeds all earlier ones.
    /// @dev A model's first version may start with the current epoch. A later one starts after it, so that the version of
    /// an epoch that can already have scores never changes, and none starts more than MAXIMUM_LEAD_EPOCHS ahead.
    function activate(bytes32 modelId, uint16 versionId, uint32 fromEpoch) external;

    /// @notice Freeze a version at once and for ever, and keep its verifier's code from coming back. Guardians only.
    /// @dev One that has not started yet leaves the schedule: the version before it goes on, and others can follow.
    function freeze(bytes32 modelId, uint16 versionId) external;

    /// @notice The version that serves `epoch`; reverts NoVersion. A frozen version is returned as such.
    function versionAt(bytes32 modelId, uint32 epoch) external view returns (uint16 versionId, Version memory);

    /// @notice One version.
    function version(bytes32 modelId, uint16 versionId) external view returns (Version memory);

    /// @notice Number of versions of a model; ids run from 1.
    function versionCount(bytes32 modelId) external view returns (uint16);

    /// @notice Whether a version is frozen.
    function isFrozen(bytes32 modelId, uint16 versionId) external view returns (bool);

    /// @notice Time from proposal to the earliest activation, seconds.
    function ACTIVATION_DELAY() external view returns (uint40);

    /// @notice Epochs that a version's start may lie ahead.
    function MAXIMUM_LEAD_EPOCHS() external view returns (uint32);

    /// @notice Length of an epoch, seconds.
    function EPOCH_LENGTH() external view returns (uint32);
}
