// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FeatureMath} from "../../contracts/feed/FeatureMath.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";

/// @dev Proved by halmos for every argument of the types given (scripts/symbolic.sh): whenever a feature does not revert, it is
/// what docs/features.md says, products and quotients being those of the EVM, and within the scale. That nothing reverts and
/// that features follow their figures monotonically is proved in FeatureOrderProof.
contract FeatureProof {
    int256 private constant WAD = 1e18;

    // -------------------------------------------------------------- clipping

    function check_clip_ofAnyValue_isTheNearestWithinTheBound(int256 value, uint248 limit) external pure {
        int256 bound = int256(uint256(limit));
        int256 clipped = FeatureMath.clip(value, bound);
        assert(clipped >= -bound && clipped <= bound);
        if (value >= -bound && value <= bound) assert(clipped == value);
        if (value > bound) assert(clipped == bound);
        if (value < -bound) assert(clipped == -bound);
    }

    function check_clip_ofALargerValue_isNotSmaller(int256 value, int256 larger, uint248 limit) external pure {
        if (larger < value) return;
        int256 bound = int256(uint256(limit));
        assert(FeatureMath.clip(value, bound) <= FeatureMath.clip(larger, bound));
    }

    function check_clip_ofTheNegation_isTheNegation(int160 value, uint160 limit) external pure {
        int256 bound = int256(uint256(limit));
        unchecked {
            assert(FeatureMath.clip(-int256(value), bound) == -FeatureMath.clip(value, bound));
        }
    }

    // -------------------------------------------------------------- features

    /// @dev The quotient of the distance from the fair rate, toward zero as SDIV is.
    function check_premiumWad_ofAnyPriceAndRate_isTheQuotient(uint96 price, uint96 rate) external pure {
        if (rate == 0) return;
        IAssetObserver.Observation memory observed;
        (observed.price, observed.rate) = (price, rate);
        int256 distance = _signed(price) - _signed(rate);
        int256 premium = FeatureMath.premiumWad(observed);
        assert(premium == _quotient(_product(distance, WAD), _signed(rate)));
    }

    function check_premium_ofAnyPremiumAndFactor_isDefinedSo(int160 premium, uint32 factor, uint8 bits) external pure {
        int256 one = _one(bits);
        int256 feature = FeatureMath.premiumFeature(premium, factor, one);
        _isScaled(feature, _quotient(_product(_product(premium, _signed(factor)), one), WAD), one);
    }

    function check_premiumChange_ofAnyChange_isDefinedSo(int160 change, uint8 elapsed, uint32 factor, uint8 bits)
        external
        pure
    {
        if (elapsed == 0) return;
        int256 one = _one(bits);
        int256 feature = FeatureMath.premiumChangeFeature(change, elapsed, factor, one);
        int256 numerator = _product(_product(change, _signed(factor)), one);
        _isScaled(feature, _quotient(numerator, _product(WAD, _signed(elapsed))), one);
    }

    function check_flow_ofAnyTotalsAndSupply_isDefinedSo(
        uint104 before,
        uint104 total,
        uint104 supply,
        uint8 elapsed,
        uint32 factor,
        uint8 bits
    ) external pure {
        if (elapsed == 0 || supply == 0) return;
        IAssetObserver.Observation memory previous;
        IAssetObserver.Observation memory current;
        previous.meanTotal = before;
        (current.meanTotal, current.supply, current.elapsed) = (total, supply, elapsed);
        int256 one = _one(bits);
        int256 feature = FeatureMath.flowFeature(previous, current, factor, one);
        int256 numerator = _product(_product(_signed(total) - _signed(before), _signed(factor)), one);
        _isScaled(feature, _quotient(numerator, _product(_signed(supply), _signed(elapsed))), one);
    }

    function check_rateGrowth_ofAnyRates_isDefinedSo(
        uint96 before,
        uint96 rate,
        uint8 elapsed,
        uint32 factor,
        uint8 bits
    ) external pure {
        if (elapsed == 0 || before == 0) return;
        IAssetObserver.Observation memory previous;
        IAssetObserver.Observation memory current;
        previous.rate = before;
        (current.rate, current.elapsed) = (rate, elapsed);
        int256 one = _one(bits);
        int256 feature = FeatureMath.rateGrowthFeature(previous, current, factor, one);
        int256 numerator = _product(_product(_signed(rate) - _signed(before), _signed(factor)), one);
        _isScaled(feature, _quotient(numerator, _product(_signed(before), _signed(elapsed))), one);
    }

    // --------------------------------------------------------------- the EVM

    /// @dev `feature` is `value`, or the end of the scale that is nearer to it.
    function _isScaled(int256 feature, int256 value, int256 one) private pure {
        assert(feature >= -one && feature <= one);
        assert(feature == value || (feature == one && value > one) || (feature == -one && value < -one));
    }

    function _product(int256 a, int256 b) private pure returns (int256 c) {
        assembly ("memory-safe") {
            c := mul(a, b)
        }
    }

    function _quotient(int256 a, int256 b) private pure returns (int256 c) {
        assembly ("memory-safe") {
            c := sdiv(a, b)
        }
    }

    /// @dev Any of the scales that a config may have.
    function _one(uint8 bits) private pure returns (int256) {
        return int256(1 << (1 + uint256(bits % 14)));
    }

    function _signed(uint256 value) private pure returns (int256 signed) {
        assembly ("memory-safe") {
            signed := value
        }
    }
}
