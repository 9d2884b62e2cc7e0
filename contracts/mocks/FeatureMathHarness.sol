// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FeatureMath} from "../feed/FeatureMath.sol";
import {IAssetObserver} from "../interfaces/IAssetObserver.sol";

/// @title FeatureMath for tests
/// @custom:kill For tests only: holds nothing and has no state.
contract FeatureMathHarness {
    /// @notice Features of one window.
    function features(
        IAssetObserver.Observation[] calldata window,
        IAssetObserver.FeatureParameters calldata parameters
    ) external pure returns (int256[] memory) {
        return FeatureMath.features(window, parameters);
    }

    /// @notice Features of many windows in one call.
    /// @param observations the windows one after the other, all of the same length
    /// @param parameters one for each window
    function featuresOfAll(
        IAssetObserver.Observation[] calldata observations,
        IAssetObserver.FeatureParameters[] calldata parameters
    ) external pure returns (int256[][] memory all) {
        uint256 length = observations.length / parameters.length;
        all = new int256[][](parameters.length);
        for (uint256 i = 0; i < parameters.length; ++i) {
            all[i] = FeatureMath.features(observations[i * length:(i + 1) * length], parameters[i]);
        }
    }
}
