// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AggregatorV3Interface} from "./external/AggregatorV3Interface.sol";
import {IInputSource} from "./IInputSource.sol";
import {IStakedTotals} from "./IStakedTotals.sol";

/// @title Epoch by epoch record of what an asset is worth, traded at, and how much of it is staked
/// @notice Anyone may call `observe` in the first minutes of an epoch; the first call wins and is final.
interface IAssetObserver is IInputSource {
    /// @notice Factors of the four features; see docs/features.md for the formulas.
    /// @param premiumFactor multiplies premium before clipping to [-1, 1]
    /// @param premiumChangeFactor multiplies the change of premium per epoch
    /// @param flowFactor multiplies net flow over supply per epoch
    /// @param rateGrowthFactor multiplies growth of the fair rate per epoch
    /// @param inputScaleBits features are integers at 2^inputScaleBits
    struct FeatureParameters {
        uint32 premiumFactor;
        uint32 premiumChangeFactor;
        uint32 flowFactor;
        uint32 rateGrowthFactor;
        uint8 inputScaleBits;
    }

    /// @notice What to read for an asset. Append-only: a version is never changed, only followed.
    /// @param rateProvider contract whose `getRate()` is the fair rate, wei of ETH per 1e18 token units
    /// @param priceFeed AggregatorV3 feed of the market price in ETH
    /// @param heartbeat longest time between two price updates that the feed promises, seconds
    /// @param features factors of the four features
    struct AssetConfig {
        address rateProvider;
        address priceFeed;
        uint32 heartbeat;
        FeatureParameters features;
    }

    /// @notice One observation; two storage slots.
    /// @param rate fair rate, wei of ETH per 1e18 token units
    /// @param price market price, wei of ETH per 1e18 token units
    /// @param observedAt Unix time, seconds
    /// @param elapsed epochs since the previous real observation (1 when none was missed)
    /// @param configVersion version of the asset's config that was read
    /// @param meanTotal time-weighted mean of the deposit contract's total since the previous observation, token units
    /// @param supply total supply of the token, clamped to +-2 %, compounding, for each epoch since the previous observation, 48
    /// at most, token units; as it was until two observations in a row have agreed on it
    /// @param priceAge age of the market price when it was read, seconds
    /// @param carried true when the epoch was missed and repeats the previous observation
    struct Observation {
        uint96 rate;
        uint96 price;
        uint40 observedAt;
        uint8 elapsed;
        uint16 configVersion;
        uint104 meanTotal;
        uint104 supply;
        uint32 priceAge;
        bool carried;
    }

    /// @notice Where an asset's series stands. It begins with a baseline, whose epoch is the one before `firstEpoch`: there is
    /// nothing that its mean could be taken over, so no window contains it.
    /// @param cumulative of the deposit contract at the newest observation, token units times seconds; 2^104 token units over
    /// 2^40 seconds need 144 bits
    /// @param observedAt Unix time of the newest observation, seconds
    /// @param firstEpoch first epoch that a window can contain
    /// @param latestEpoch newest epoch observed; 0 before the first
    /// @param supplyConfirmed whether two observations in a row have ever agreed on the supply; from then on every supply is held
    /// against the one before, that of a later baseline as well
    struct Series {
        uint144 cumulative;
        uint40 observedAt;
        uint32 firstEpoch;
        uint32 latestEpoch;
        bool supplyConfirmed;
    }

    /// @notice An observation was recorded.
    event Observed(address indexed asset, uint32 indexed epoch, Observation observation);
    /// @notice A missed epoch was filled with the previous observation.
    event Carried(address indexed asset, uint32 indexed epoch);
    /// @notice A config version will be read from `fromEpoch` on.
    event AssetConfigAdded(address indexed asset, uint16 indexed configVersion, uint32 fromEpoch, AssetConfig config);

    error UnknownAsset(address asset);
    error ObserverZeroAddress();
    error AlreadyObserved(address asset, uint32 epoch);
    error ObservationWindowClosed(uint32 epoch, uint256 secondsIntoEpoch, uint256 windowSeconds);
    error PriceNotPositive(address asset, int256 answer);
    error PriceStale(address asset, uint256 updatedAt, uint256 maximumAge);
    error PriceInFuture(address asset, uint256 updatedAt);
    error SequencerDown(uint256 upSince);
    error RateIsZero(address asset);
    error SupplyIsZero(address asset);
    error ValueTooLarge(address asset, uint256 value, uint256 maximum);
    /// @notice The window that ends with `epoch` reaches back before `firstEpoch`, the one after a baseline.
    error WindowIncomplete(address asset, uint32 epoch, uint32 firstEpoch);
    /// @notice The window that ends with `epoch` was read under two versions of the config.
    error WindowMixesConfigs(address asset, uint32 epoch, uint16 oldestVersion, uint16 newestVersion);
    /// @notice A config's field is outside its bounds; fields are numbered from 0 in the order of the struct.
    error InvalidConfig(address asset, uint256 field);
    /// @notice An earlier version is not in effect yet: wait until it is.
    error ConfigPending(address asset, uint16 configVersion);
    /// @notice Nobody could look at a config before it is read.
    error ConfigDelayIsZero();
    error UnknownConfigVersion(address asset, uint16 configVersion);
    error InvalidEpochLength(uint32 epochLength, uint256 minimum);

    /// @notice Record this epoch's observation of `asset`. At most two epochs missed before are filled as carried; after
    /// more, the series starts again and inputs are unavailable until the window is full. A series starts with a baseline,
    /// which no window contains; the observation right after it is a baseline again unless the epoch is the next one, and, for
    /// an asset's first series, the supply within 2 %.
    function observe(address asset) external returns (Observation memory);

    /// @notice Append a config version; the first is effective at once, later ones after CONFIG_DELAY_EPOCHS.
    function addAssetConfig(address asset, AssetConfig calldata config) external returns (uint16 configVersion);

    /// @notice The observation of `asset` at `epoch`; reverts InputsUnavailable when the ring does not hold it.
    function observationOf(address asset, uint32 epoch) external view returns (Observation memory);

    /// @notice The config version that an observation in `epoch` reads; 0 when the asset is unknown.
    function configVersionAt(address asset, uint32 epoch) external view returns (uint16 configVersion);

    /// @notice One config version.
    function assetConfig(address asset, uint16 configVersion) external view returns (AssetConfig memory);

    /// @notice First epoch that is read under one config version, were there no later one.
    function configFromEpoch(address asset, uint16 configVersion) external view returns (uint32);

    /// @notice keccak256(abi.encode(FeatureParameters)) of one config version, as it stands in an origin.
    function featuresHashOf(address asset, uint16 configVersion) external view returns (bytes32);

    /// @notice Newest epoch observed; 0 before the first.
    function latestEpoch(address asset) external view returns (uint32);

    /// @notice First epoch that a window can contain: the one after the baseline of the unbroken series; 0 before the first
    /// observation.
    function firstEpoch(address asset) external view returns (uint32);

    /// @notice Where the series stands; zeros before the first observation.
    function seriesOf(address asset) external view returns (Series memory);

    /// @notice Number of config versions of `asset`; versions run from 1.
    function configVersionCount(address asset) external view returns (uint16);

    /// @notice Epochs in a model's window; one more observation before it is needed for changes.
    function WINDOW() external view returns (uint32);

    /// @notice Epochs from the decision for a later config version to its effect.
    function CONFIG_DELAY_EPOCHS() external view returns (uint32);

    /// @notice Contract that knows how much of an asset is staked.
    function DEPOSIT() external view returns (IStakedTotals);

    /// @notice Sequencer uptime feed of a rollup; zero on chains that have none.
    function SEQUENCER_FEED() external view returns (AggregatorV3Interface);
}
