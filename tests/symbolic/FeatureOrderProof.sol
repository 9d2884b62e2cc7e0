// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FeatureMath} from "../../contracts/feed/FeatureMath.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";

/// @dev Proved by halmos for every argument of the types given (scripts/symbolic.sh), at every scale from 1 to 2^14: features
/// never revert, and follow their figures monotonically. Divisions are decided by scripts/integer_solver.py. What each feature
/// is stands in FeatureProof.
contract FeatureOrderProof {
    uint256 private constant LARGEST_SCALE = 1 << 14;

    // -------------------------------------------------------------- premium

    /// @dev Neither reverts nor reaches 156 bits: a premium and a difference of two are within what the proofs below take.
    /// @custom:halmos --panic-error-codes *
    function check_premiumWad_ofAnyPriceAndRate_isBelow156Bits(uint96 price, uint96 rate) external pure {
        if (rate == 0) return;
        int256 premium = _premiumWad(price, rate);
        assert(premium < 2 ** 156 && premium > -(2 ** 156));
    }

    function check_premiumWad_ofAHigherPrice_isNotLower(uint96 price, uint96 higher, uint96 rate) external pure {
        if (rate == 0 || higher < price) return;
        assert(_premiumWad(price, rate) <= _premiumWad(higher, rate));
    }

    function check_premiumWad_ofAHigherRate_isNotHigher(uint96 price, uint96 rate, uint96 higher) external pure {
        if (rate == 0 || higher < rate) return;
        assert(_premiumWad(price, higher) <= _premiumWad(price, rate));
    }

    /// @custom:halmos --panic-error-codes *
    function check_premium_ofAnyPremium_doesNotRevert(uint160 size, bool negative, uint32 factor, uint16 scale)
        external
        pure
    {
        if (_isNoScale(scale)) return;
        FeatureMath.premiumFeature(_signed(size, negative), factor, _one(scale));
    }

    function check_premium_ofMore_isNotLower(uint160 size, bool negative, uint160 more, uint32 factor, uint16 scale)
        external
        pure
    {
        if (_isNoScale(scale)) return;
        int256 premium = _signed(size, negative);
        int256 one = _one(scale);
        int256 higher = FeatureMath.premiumFeature(premium + _signed(more, false), factor, one);
        assert(FeatureMath.premiumFeature(premium, factor, one) <= higher);
    }

    /// @custom:halmos --panic-error-codes *
    function check_premiumChange_ofAnyChange_doesNotRevert(
        uint160 size,
        bool negative,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || _isNoScale(scale)) return;
        FeatureMath.premiumChangeFeature(_signed(size, negative), elapsed, factor, _one(scale));
    }

    function check_premiumChange_ofMore_isNotLower(
        uint160 size,
        bool negative,
        uint160 more,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || _isNoScale(scale)) return;
        int256 change = _signed(size, negative);
        int256 one = _one(scale);
        int256 higher = FeatureMath.premiumChangeFeature(change + _signed(more, false), elapsed, factor, one);
        assert(FeatureMath.premiumChangeFeature(change, elapsed, factor, one) <= higher);
    }

    // ----------------------------------------------------------------- flow

    /// @custom:halmos --panic-error-codes *
    function check_flow_ofAnyTotalsAndSupply_doesNotRevert(
        uint104 before,
        uint104 total,
        uint104 supply,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || supply == 0 || _isNoScale(scale)) return;
        _flow(before, total, supply, elapsed, factor, scale);
    }

    function check_flow_ofAHigherTotal_isNotLower(
        uint104 before,
        uint104 total,
        uint104 higher,
        uint104 supply,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || supply == 0 || higher < total || _isNoScale(scale)) return;
        int256 feature = _flow(before, total, supply, elapsed, factor, scale);
        assert(feature <= _flow(before, higher, supply, elapsed, factor, scale));
    }

    function check_flow_ofAHigherTotalBefore_isNotHigher(
        uint104 before,
        uint104 higher,
        uint104 total,
        uint104 supply,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || supply == 0 || higher < before || _isNoScale(scale)) return;
        int256 feature = _flow(before, total, supply, elapsed, factor, scale);
        assert(_flow(higher, total, supply, elapsed, factor, scale) <= feature);
    }

    /// @dev It only brings flow nearer to none, and never changes its sign: what docs/security.md says of a moved supply.
    function check_flow_ofAHigherSupply_isNearerToNone(
        uint104 before,
        uint104 total,
        uint104 supply,
        uint104 higher,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || supply == 0 || higher < supply || _isNoScale(scale)) return;
        int256 feature = _flow(before, total, supply, elapsed, factor, scale);
        int256 diluted = _flow(before, total, higher, elapsed, factor, scale);
        if (total >= before) assert(diluted >= 0 && diluted <= feature);
        else assert(diluted <= 0 && diluted >= feature);
    }

    // ---------------------------------------------------------- rate growth

    /// @custom:halmos --panic-error-codes *
    function check_rateGrowth_ofAnyRates_doesNotRevert(
        uint96 before,
        uint96 rate,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || before == 0 || _isNoScale(scale)) return;
        _rateGrowth(before, rate, elapsed, factor, scale);
    }

    function check_rateGrowth_ofAHigherRate_isNotLower(
        uint96 before,
        uint96 rate,
        uint96 higher,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || before == 0 || higher < rate || _isNoScale(scale)) return;
        int256 feature = _rateGrowth(before, rate, elapsed, factor, scale);
        assert(feature <= _rateGrowth(before, higher, elapsed, factor, scale));
    }

    function check_rateGrowth_fromAHigherRate_isNotHigher(
        uint96 before,
        uint96 higher,
        uint96 rate,
        uint8 elapsed,
        uint32 factor,
        uint16 scale
    ) external pure {
        if (elapsed == 0 || before == 0 || higher < before || _isNoScale(scale)) return;
        int256 feature = _rateGrowth(before, rate, elapsed, factor, scale);
        assert(_rateGrowth(higher, rate, elapsed, factor, scale) <= feature);
    }

    // ---------------------------------------------------------------- private

    function _premiumWad(uint96 price, uint96 rate) private pure returns (int256) {
        IAssetObserver.Observation memory observed;
        (observed.price, observed.rate) = (price, rate);
        return FeatureMath.premiumWad(observed);
    }

    function _flow(uint104 before, uint104 total, uint104 supply, uint8 elapsed, uint32 factor, uint16 scale)
        private
        pure
        returns (int256)
    {
        IAssetObserver.Observation memory previous;
        IAssetObserver.Observation memory current;
        previous.meanTotal = before;
        (current.meanTotal, current.supply, current.elapsed) = (total, supply, elapsed);
        return FeatureMath.flowFeature(previous, current, factor, _one(scale));
    }

    function _rateGrowth(uint96 before, uint96 rate, uint8 elapsed, uint32 factor, uint16 scale)
        private
        pure
        returns (int256)
    {
        IAssetObserver.Observation memory previous;
        IAssetObserver.Observation memory current;
        previous.rate = before;
        (current.rate, current.elapsed) = (rate, elapsed);
        return FeatureMath.rateGrowthFeature(previous, current, factor, _one(scale));
    }

    function _isNoScale(uint16 scale) private pure returns (bool) {
        return scale == 0 || scale > LARGEST_SCALE;
    }

    function _one(uint16 scale) private pure returns (int256) {
        return int256(uint256(scale));
    }

    function _signed(uint160 size, bool negative) private pure returns (int256) {
        return negative ? -int256(uint256(size)) : int256(uint256(size));
    }
}
