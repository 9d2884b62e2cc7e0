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

    /// @notice Features of many windows in one call; `windows[i]` goes with `parameters[i]`.
    function featuresOfAll(
        IAssetObserver.Observation[][] calldata windows,
        IAssetObserver.FeatureParameters[] calldata parameters
    ) external pure returns (int256[][] memory all) {
        all = new int256[][](windows.length);
        for (uint256 i = 0; i < windows.length; ++i) {
            all[i] = FeatureMath.features(windows[i], parameters[i]);
        }
    }
}
