// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Which circuit speaks for a model at an epoch
/// @notice Versions are append-only. Which version serves an epoch is a function of the registry alone, never a caller's
/// choice, so that nobody can shop for the better score.
interface IVerifierRegistry {
    /// @notice Life of a version. A deprecated one serves the epochs before its end. Frozen is final.
    enum Status {
        None,
        Proposed,
        Active,
        Deprecated,
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
    /// @param featuresHash keccak256(abi.encode(FeatureParameters)) of the features that the model was trained on
    /// @param generatorHash keccak256 of name and version of what generated circuit and verifier, such as "ezkl 23.0.5"
    /// @param vkaDigest what a reusable verifier knows the circuit's verifying key artefact (VKA) by; zero for a verifier of
    /// its own
    /// @param vkaStore contract whose code is a zero byte and the VKA; zero for a verifier of its own
    /// @param roundingBand how far two valid proofs of one input may lie apart, in units of 2^-outputScaleBits; zero: not
    /// bounded, which only a development circuit may be
    /// @param additionPrecompile address at which the verifier expects bn254 addition: 6, or 9 on Subtensor
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
        bytes32 featuresHash;
        bytes32 generatorHash;
        bytes32 vkaDigest;
        address vkaStore;
        uint32 roundingBand;
        uint8 additionPrecompile;
    }

    /// @notice A version of a model.
    /// @param circuit its circuit
    /// @param status where it is in its life
    /// @param readyAt Unix time from which it may be activated, seconds
    /// @param fromEpoch first epoch it serves, once active
    /// @param untilEpoch first epoch it does not serve any more, 0 while it has no end; its successor's first, or earlier
    struct Version {
        Circuit circuit;
        Status status;
        uint40 readyAt;
        uint32 fromEpoch;
        uint32 untilEpoch;
    }

    /// @notice A version of a proof system.
    struct Member {
        bytes32 modelId;
        uint16 versionId;
    }

    /// @notice What a feed needs of a version to verify a proof and to read its outputs; fields as in Circuit.
    struct Serving {
        uint16 versionId;
        bool frozen;
        address verifier;
        bytes32 verifierCodeHash;
        bytes32 vkaDigest;
        address vkaStore;
        bytes32 featuresHash;
        uint16 inputCount;
        uint8 tagLimbs;
        uint8 tagLimbBits;
        uint8 inputScaleBits;
        uint8 outputScaleBits;
        uint40 maximumDuration;
    }

    /// @notice A version was proposed.
    event VersionProposed(bytes32 indexed modelId, uint16 indexed versionId, Circuit circuit, uint40 readyAt);
    /// @notice A version serves from `fromEpoch` on.
    event VersionActivated(bytes32 indexed modelId, uint16 indexed versionId, uint32 fromEpoch);
    /// @notice A version serves no epoch from `untilEpoch` on.
    event VersionDeprecated(bytes32 indexed modelId, uint16 indexed versionId, uint32 untilEpoch);
    /// @notice A version will never be used again; `by` is a guardian or a canary.
    event VersionFrozen(bytes32 indexed modelId, uint16 indexed versionId, address indexed by);
    /// @notice `canary` can freeze a proof system.
    event CanaryTrusted(bytes32 indexed proofSystem, address indexed canary);
    /// @notice All versions of a proof system are frozen, and none can follow.
    event ProofSystemFrozen(bytes32 indexed proofSystem, address indexed by);

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
    /// @notice A guardian or a canary froze everything made with this SRS, generator and layout.
    error FrozenProofSystem(bytes32 proofSystem);
    /// @notice Freezing it all at once has to fit a transaction. Freezing one version makes room for one.
    error ProofSystemIsFull(bytes32 proofSystem, uint256 maximum);
    error NotACanary(address canary);
    /// @notice `canary` would ring at `registry`, not here.
    error CanaryOfAnotherRegistry(address canary, address registry);
    /// @notice Only the last version of the schedule can end without a successor, after the current epoch.
    error CannotDeprecate(bytes32 modelId, uint16 versionId);
    error DevSrsOnPublicChain(uint256 chainId);
    error VkaMismatch(address vkaStore, bytes32 expected, bytes32 actual);
    /// @notice A precompile of bn254 does not give the known answer at this address.
    error PrecompileUnusable(uint8 precompile);
    error VerifierCodeMismatch(address verifier, bytes32 expected, bytes32 actual);
    /// @notice A circuit's field is outside its bounds; fields are numbered from 0 in the order of the struct.
    error InvalidCircuit(uint256 field);

    /// @notice Propose a version; it can be activated once the registry's delay has passed. It takes no place in its proof
    /// system before that, so that proposals alone keep nobody out.
    function propose(bytes32 modelId, Circuit calldata circuit) external returns (uint16 versionId);

    /// @notice Make a proposed version serve from `fromEpoch` on; it succeeds all earlier ones.
    /// @dev A model's first version may start with the current epoch. A later one starts after it, so that the version of
    /// an epoch that can already have scores never changes, and none starts more than MAXIMUM_LEAD_EPOCHS ahead.
    function activate(bytes32 modelId, uint16 versionId, uint32 fromEpoch) external;

    /// @notice End a version without a successor: it serves no epoch from `untilEpoch` on. It must be the last of the schedule,
    /// and `untilEpoch` after the current epoch and after its first.
    function deprecate(bytes32 modelId, uint16 versionId, uint32 untilEpoch) external;

    /// @notice Freeze a version at once and for ever, and keep its verifier's code from coming back. Guardians only.
    /// @dev One that has not started yet leaves the schedule: the version before it goes on, and others can follow.
    function freeze(bytes32 modelId, uint16 versionId) external;

    /// @notice Freeze every version of a proof system, at once and for ever. For guardians, and for a canary of that system.
    /// @dev One that was only proposed counts as frozen and can never be activated; the list of frozen code does not have it.
    function freezeProofSystem(bytes32 proofSystem) external;

    /// @notice Let a canary of this registry freeze the proof system that it is made for. Append-only.
    function trustCanary(address canary) external;

    /// @notice keccak256(abi.encode(srsHash, generatorHash, additionPrecompile)).
    function proofSystemOf(bytes32 modelId, uint16 versionId) external view returns (bytes32);

    /// @notice Whether a proof system is frozen.
    function isProofSystemFrozen(bytes32 proofSystem) external view returns (bool);

    /// @notice Versions of a proof system that have been activated and not been frozen one by one: what freezing it freezes, or
    /// has frozen. In no particular order.
    function membersOf(bytes32 proofSystem) external view returns (Member[] memory);

    /// @notice Whether no version may have a verifier with this code: one with it was frozen.
    /// @param vkaDigest of a reusable verifier's circuit, zero for a verifier of its own
    function isVerifierCodeFrozen(bytes32 verifierCodeHash, bytes32 vkaDigest) external view returns (bool);

    /// @notice Proof system that a canary can freeze, zero for none.
    function canaryOf(address canary) external view returns (bytes32 proofSystem);

    /// @notice What a feed needs of the version that serves `epoch`; reverts NoVersion.
    function servingAt(bytes32 modelId, uint32 epoch) external view returns (Serving memory);

    /// @notice The version that serves `epoch`; reverts NoVersion. A frozen version is returned as such.
    function versionAt(bytes32 modelId, uint32 epoch) external view returns (uint16 versionId, Version memory);

    /// @notice One version.
    function version(bytes32 modelId, uint16 versionId) external view returns (Version memory);

    /// @notice Models that have versions, in order of their first.
    function models() external view returns (bytes32[] memory);

    /// @notice Number of versions of a model; ids run from 1.
    function versionCount(bytes32 modelId) external view returns (uint16);

    /// @notice Whether a version is frozen.
    function isFrozen(bytes32 modelId, uint16 versionId) external view returns (bool);

    /// @notice Time from proposal to the earliest activation, seconds.
    function ACTIVATION_DELAY() external view returns (uint40);

    /// @notice Epochs that a version's start may lie ahead.
    function MAXIMUM_LEAD_EPOCHS() external view returns (uint32);

    /// @notice Versions that a proof system can have at a time.
    function MAXIMUM_MEMBERS() external view returns (uint256);

    /// @notice Length of an epoch, seconds.
    function EPOCH_LENGTH() external view returns (uint32);
}
