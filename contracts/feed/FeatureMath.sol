// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetObserver} from "../interfaces/IAssetObserver.sol";

/// @title The model's features, in integers
/// @notice The same definition as staking_model/features.py, bit for bit; docs/features.md explains it.
/// @dev Every division truncates toward zero. The types of an observation bound its values (rate and price below 2^96,
/// totals below 2^104, factors below 2^32, scale bits at most 14), so that no product exceeds 2^205 and 256 bits are exact.
/// A window has no zero rate, supply or elapsed: the observer refuses them when it records.
library FeatureMath {
    /// @dev Features of one epoch.
    uint256 internal constant FEATURES = 4;
    /// @dev Largest inputScaleBits for which the bounds above hold and a feature fits int16.
    uint8 internal constant MAXIMUM_SCALE_BITS = 14;
    /// @dev One, in the fixed point of a premium.
    int256 private constant WAD = 1e18;

    /// @dev Features of a window, epoch by epoch from the oldest: premium, premium change, flow, rate growth.
    /// @param window one observation more than there are epochs; the first only serves as predecessor
    /// @return inputs integers in [-2^inputScaleBits, 2^inputScaleBits]
    function features(IAssetObserver.Observation[] memory window, IAssetObserver.FeatureParameters memory parameters)
        internal
        pure
        returns (int256[] memory inputs)
    {
        uint256 epochs = window.length - 1;
        inputs = new int256[](epochs * FEATURES);
        for (uint256 t = 1; t <= epochs; ++t) {
            int256[4] memory ofEpoch = epochFeatures(window[t - 1], window[t], parameters);
            for (uint256 i = 0; i < FEATURES; ++i) {
                inputs[(t - 1) * FEATURES + i] = ofEpoch[i];
            }
        }
    }

    /// @dev The four features of one epoch.
    /// @param previous observation of the epoch before
    function epochFeatures(
        IAssetObserver.Observation memory previous,
        IAssetObserver.Observation memory current,
        IAssetObserver.FeatureParameters memory parameters
    ) internal pure returns (int256[4] memory inputs) {
        int256 scale = int256(1 << parameters.inputScaleBits);
        int256 premium = premiumWad(current);
        inputs[0] = premiumFeature(premium, parameters.premiumFactor, scale);
        inputs[1] = premiumChangeFeature(
            premium - premiumWad(previous), current.elapsed, parameters.premiumChangeFactor, scale
        );
        inputs[2] = flowFeature(previous, current, parameters.flowFactor, scale);
        inputs[3] = rateGrowthFeature(previous, current, parameters.rateGrowthFactor, scale);
    }

    /// @dev Market price over fair rate, minus one; 1e18 = 100 %.
    function premiumWad(IAssetObserver.Observation memory observation) internal pure returns (int256) {
        int256 rate = _signed(observation.rate);
        return ((_signed(observation.price) - rate) * WAD) / rate;
    }

    /// @dev Premium at 2^inputScaleBits after its factor.
    function premiumFeature(int256 premium, uint32 factor, int256 scale) internal pure returns (int256) {
        return clip((premium * _signed(factor) * scale) / WAD, scale);
    }

    /// @dev Change of premium per epoch.
    function premiumChangeFeature(int256 change, uint8 elapsed, uint32 factor, int256 scale)
        internal
        pure
        returns (int256)
    {
        return clip((change * _signed(factor) * scale) / (WAD * _signed(elapsed)), scale);
    }

    /// @dev Net flow into the deposit contract over supply, per epoch.
    function flowFeature(
        IAssetObserver.Observation memory previous,
        IAssetObserver.Observation memory current,
        uint32 factor,
        int256 scale
    ) internal pure returns (int256) {
        int256 flow = _signed(current.meanTotal) - _signed(previous.meanTotal);
        return clip((flow * _signed(factor) * scale) / (_signed(current.supply) * _signed(current.elapsed)), scale);
    }

    /// @dev Growth of the fair rate per epoch.
    function rateGrowthFeature(
        IAssetObserver.Observation memory previous,
        IAssetObserver.Observation memory current,
        uint32 factor,
        int256 scale
    ) internal pure returns (int256) {
        int256 before = _signed(previous.rate);
        int256 growth = _signed(current.rate) - before;
        return clip((growth * _signed(factor) * scale) / (before * _signed(current.elapsed)), scale);
    }

    /// @dev `value` limited to [-bound, bound].
    function clip(int256 value, int256 bound) internal pure returns (int256) {
        if (value > bound) return bound;
        if (value < -bound) return -bound;
        return value;
    }

    /// @dev Values of observations and parameters have at most 104 bits, so that the sign bit stays free.
    function _signed(uint104 value) private pure returns (int256) {
        return int256(uint256(value));
    }
}
