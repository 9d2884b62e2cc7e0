// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {FeatureMath} from "./FeatureMath.sol";
import {IAssetObserver} from "../interfaces/IAssetObserver.sol";
import {IInputSource} from "../interfaces/IInputSource.sol";
import {AggregatorV3Interface} from "../interfaces/external/AggregatorV3Interface.sol";

/// @title What an observer reads for each asset, version by version
/// @notice Append-only: a decision never changes what was already read, and a later version takes effect after a delay in
/// which anybody can look at it.
abstract contract ObserverConfigs is IAssetObserver, AccessManaged {
    struct ConfigVersion {
        AssetConfig config;
        uint32 fromEpoch;
        bytes32 featuresHash;
    }

    /// @dev A price feed with more decimals than this is a mistake.
    uint8 private constant MAXIMUM_DECIMALS = 36;
    /// @dev A price feed that promises less than one update in this time says nothing about an hour.
    uint32 private constant MAXIMUM_HEARTBEAT = 7 days;

    /// @inheritdoc IInputSource
    uint32 public immutable EPOCH_LENGTH;
    /// @inheritdoc IAssetObserver
    uint32 public immutable CONFIG_DELAY_EPOCHS;

    mapping(address asset => ConfigVersion[]) private _versions;

    constructor(uint32 epochLength, uint32 configDelayEpochs) {
        if (configDelayEpochs == 0) revert ConfigDelayIsZero();
        EPOCH_LENGTH = epochLength;
        CONFIG_DELAY_EPOCHS = configDelayEpochs;
    }

    /// @inheritdoc IAssetObserver
    function addAssetConfig(address asset, AssetConfig calldata config)
        external
        restricted
        returns (uint16 configVersion)
    {
        if (asset == address(0)) revert ObserverZeroAddress();
        _validate(asset, config);
        ConfigVersion[] storage versions = _versions[asset];
        uint256 count = versions.length;
        uint32 fromEpoch = _currentEpoch();
        if (count > 0) {
            if (versions[count - 1].fromEpoch > fromEpoch) revert ConfigPending(asset, uint16(count));
            fromEpoch += CONFIG_DELAY_EPOCHS;
        }
        configVersion = uint16(count + 1);
        bytes32 featuresHash = keccak256(abi.encode(config.features));
        versions.push(ConfigVersion({config: config, fromEpoch: fromEpoch, featuresHash: featuresHash}));
        emit AssetConfigAdded(asset, configVersion, fromEpoch, config);
    }

    /// @inheritdoc IAssetObserver
    function configVersionAt(address asset, uint32 epoch) public view returns (uint16 configVersion) {
        ConfigVersion[] storage versions = _versions[asset];
        for (uint256 count = versions.length; count > 0; --count) {
            if (versions[count - 1].fromEpoch <= epoch) return uint16(count);
        }
        return 0;
    }

    /// @inheritdoc IAssetObserver
    function assetConfig(address asset, uint16 configVersion) external view returns (AssetConfig memory) {
        return _known(asset, configVersion).config;
    }

    /// @inheritdoc IAssetObserver
    function configFromEpoch(address asset, uint16 configVersion) external view returns (uint32) {
        return _known(asset, configVersion).fromEpoch;
    }

    /// @inheritdoc IAssetObserver
    function featuresHashOf(address asset, uint16 configVersion) external view returns (bytes32) {
        return _known(asset, configVersion).featuresHash;
    }

    /// @inheritdoc IAssetObserver
    function configVersionCount(address asset) external view returns (uint16) {
        return uint16(_versions[asset].length);
    }

    function _config(address asset, uint16 configVersion) internal view returns (AssetConfig memory) {
        return _versions[asset][configVersion - 1].config;
    }

    function _featuresHash(address asset, uint16 configVersion) internal view returns (bytes32) {
        return _versions[asset][configVersion - 1].featuresHash;
    }

    function _currentEpoch() internal view returns (uint32) {
        return uint32(block.timestamp / EPOCH_LENGTH);
    }

    function _known(address asset, uint16 configVersion) private view returns (ConfigVersion storage) {
        if (configVersion == 0 || configVersion > _versions[asset].length) {
            revert UnknownConfigVersion(asset, configVersion);
        }
        return _versions[asset][configVersion - 1];
    }

    /// @dev Fields are numbered in the order of the struct, those of `features` from 3.
    function _validate(address asset, AssetConfig calldata config) private view {
        FeatureParameters calldata features = config.features;
        _require(asset, 0, config.rateProvider.code.length > 0);
        _require(asset, 1, config.priceFeed.code.length > 0);
        _require(asset, 1, AggregatorV3Interface(config.priceFeed).decimals() <= MAXIMUM_DECIMALS);
        _require(asset, 2, config.heartbeat > 0 && config.heartbeat <= MAXIMUM_HEARTBEAT);
        _require(asset, 3, features.premiumFactor > 0);
        _require(asset, 4, features.premiumChangeFactor > 0);
        _require(asset, 5, features.flowFactor > 0);
        _require(asset, 6, features.rateGrowthFactor > 0);
        _require(asset, 7, features.inputScaleBits > 0 && features.inputScaleBits <= FeatureMath.MAXIMUM_SCALE_BITS);
    }

    function _require(address asset, uint256 field, bool valid) private pure {
        if (!valid) revert InvalidConfig(asset, field);
    }
}
