// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {FeatureMath} from "../../contracts/feed/FeatureMath.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";

contract FeatureMathTest is CheatTest {
    /// @dev The fuzzer's own choice of every field, extremes included.
    struct Raw {
        uint96 rate;
        uint96 price;
        uint8 elapsed;
        uint104 meanTotal;
        uint104 supply;
    }

    function testFuzz_features_anyWindow_staysWithinTheScale(
        Raw[9] memory raw,
        uint32[4] memory factors,
        uint8 scaleBits
    ) external pure {
        IAssetObserver.FeatureParameters memory parameters = _parameters(factors, scaleBits);
        int256[] memory inputs = FeatureMath.features(_window(raw), parameters);
        equal(inputs.length, 32);
        int256 one = int256(1 << parameters.inputScaleBits);
        for (uint256 i = 0; i < inputs.length; ++i) {
            check(inputs[i] >= -one && inputs[i] <= one, "a feature exceeds its scale");
        }
    }

    function testFuzz_features_equalObservations_leaveOnlyThePremium(Raw memory raw, uint32[4] memory factors)
        external
        pure
    {
        Raw[9] memory all;
        for (uint256 i = 0; i < 9; ++i) {
            all[i] = raw;
        }
        int256[] memory inputs = FeatureMath.features(_window(all), _parameters(factors, 13));
        for (uint256 i = 0; i < inputs.length; ++i) {
            if (i % 4 != 0) equal(inputs[i], 0);
            else equal(inputs[i], inputs[0]);
        }
    }

    function test_features_extremesOfEveryType_doNotOverflow() external pure {
        Raw memory least = Raw({rate: 1, price: 1, elapsed: 1, meanTotal: 0, supply: 1});
        Raw memory most = Raw({
            rate: type(uint96).max,
            price: type(uint96).max,
            elapsed: type(uint8).max,
            meanTotal: type(uint104).max,
            supply: type(uint104).max
        });
        Raw memory depegged =
            Raw({rate: type(uint96).max, price: 1, elapsed: 1, meanTotal: type(uint104).max, supply: 1});
        Raw memory soaring = Raw({rate: 1, price: type(uint96).max, elapsed: 1, meanTotal: 0, supply: 1});
        Raw[9] memory raw = [least, most, depegged, soaring, depegged, least, soaring, most, least];
        uint32[4] memory factors = [type(uint32).max, type(uint32).max, type(uint32).max, type(uint32).max];
        int256[] memory inputs = FeatureMath.features(_window(raw), _parameters(factors, 14));
        for (uint256 i = 0; i < inputs.length; ++i) {
            check(inputs[i] >= -16384 && inputs[i] <= 16384, "a feature exceeds its scale");
        }
    }

    function test_features_negativeQuotients_truncateTowardZero() external pure {
        Raw memory before = Raw({rate: 3, price: 3, elapsed: 1, meanTotal: 100, supply: 3});
        // premium -1/3, flow -1/3 of the supply, rate unchanged: each times 2^13 is -2730.67 and truncates to -2730
        Raw memory lower = Raw({rate: 3, price: 2, elapsed: 1, meanTotal: 99, supply: 3});
        Raw[9] memory raw = [before, lower, lower, lower, lower, lower, lower, lower, lower];
        int256[] memory inputs = FeatureMath.features(_window(raw), _parameters([uint32(1), 1, 1, 1], 13));
        equal(inputs[0], -2730);
        equal(inputs[1], -2730);
        equal(inputs[2], -2730);
        equal(inputs[3], 0);
        equal(inputs[4], -2730);
        equal(inputs[5], 0);
    }

    function testFuzz_clip_anyValue_keepsItsSignAndBound(int256 value, uint8 bits) external pure {
        int256 limit = int256(1 << bound(bits, 1, 14));
        int256 clipped = FeatureMath.clip(value, limit);
        check(clipped >= -limit && clipped <= limit, "outside the bound");
        if (value >= -limit && value <= limit) equal(clipped, value);
        check((value > 0) == (clipped > 0) && (value < 0) == (clipped < 0), "the sign changed");
    }

    /// @dev A higher price, total or rate never lowers the feature that it enters; a higher supply only brings flow to zero.
    function testFuzz_epochFeatures_higherFigures_neverLowerFeatures(
        Raw[2] memory raw,
        uint96[2] memory more,
        uint32[4] memory factors,
        uint8 scaleBits
    ) external pure {
        IAssetObserver.FeatureParameters memory parameters = _parameters(factors, scaleBits);
        IAssetObserver.Observation memory before = _observation(raw[0]);
        IAssetObserver.Observation memory current = _observation(raw[1]);
        int256[4] memory lower = FeatureMath.epochFeatures(before, current, parameters);
        current.price = uint96(bound(more[0], current.price, type(uint96).max));
        current.meanTotal = uint104(bound(more[1], current.meanTotal, type(uint104).max));
        int256[4] memory higher = FeatureMath.epochFeatures(before, current, parameters);
        for (uint256 i = 0; i < 3; ++i) {
            check(higher[i] >= lower[i], "a higher figure lowered a feature");
        }
        current.supply = uint104(bound(more[0], current.supply, type(uint104).max));
        current.rate = uint96(bound(more[1], current.rate, type(uint96).max));
        int256[4] memory diluted = FeatureMath.epochFeatures(before, current, parameters);
        check(higher[2] >= 0 ? diluted[2] >= 0 && diluted[2] <= higher[2] : diluted[2] >= higher[2], "flow grew");
        check(higher[2] >= 0 || diluted[2] <= 0, "flow changed its sign");
        check(diluted[3] >= higher[3] && diluted[0] <= higher[0], "a higher rate lowered growth or raised the premium");
    }

    function _parameters(uint32[4] memory factors, uint8 scaleBits)
        private
        pure
        returns (IAssetObserver.FeatureParameters memory)
    {
        return IAssetObserver.FeatureParameters({
            premiumFactor: factors[0],
            premiumChangeFactor: factors[1],
            flowFactor: factors[2],
            rateGrowthFactor: factors[3],
            inputScaleBits: uint8(bound(scaleBits, 1, 14))
        });
    }

    /// @dev What an observer never stores is lifted to one: a zero rate, price, supply or elapsed.
    function _window(Raw[9] memory raw) private pure returns (IAssetObserver.Observation[] memory window) {
        window = new IAssetObserver.Observation[](9);
        for (uint256 i = 0; i < 9; ++i) {
            window[i] = _observation(raw[i]);
        }
    }

    function _observation(Raw memory raw) private pure returns (IAssetObserver.Observation memory observation) {
        observation.rate = raw.rate == 0 ? 1 : raw.rate;
        observation.price = raw.price == 0 ? 1 : raw.price;
        observation.elapsed = raw.elapsed == 0 ? 1 : raw.elapsed;
        observation.meanTotal = raw.meanTotal;
        observation.supply = raw.supply == 0 ? 1 : raw.supply;
    }
}
