// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FeatureMath} from "./FeatureMath.sol";

/// @title An asset's newest features, four epochs to a slot
/// @notice Features are computed once, when an epoch is observed; a window of eight is then read from two or three slots.
/// @dev A feature at 14 scale bits at most fits int16, an epoch's four fit 64 bits.
library FeatureRing {
    /// @dev Epochs held, as many as an observer holds observations; a multiple of PER_SLOT.
    uint256 internal constant EPOCHS = 32;
    uint256 private constant PER_SLOT = 4;
    uint256 private constant FEATURE_BITS = 16;
    uint256 private constant EPOCH_BITS = FEATURE_BITS * FeatureMath.FEATURES;
    uint256 private constant EPOCH_MASK = (1 << EPOCH_BITS) - 1;

    /// @dev Features by slot; a slot's lowest bits hold the epoch that PER_SLOT divides.
    struct Ring {
        uint256[8] words;
    }

    /// @dev Takes the place of the epoch EPOCHS before.
    function store(Ring storage ring, uint32 epoch, int256[4] memory features) internal {
        uint256 packed = 0;
        for (uint256 i = 0; i < FeatureMath.FEATURES; ++i) {
            // within int16: clipped to 2^14 at most
            // forge-lint: disable-next-line(unsafe-typecast)
            packed |= uint256(uint16(int16(features[i]))) << (FEATURE_BITS * i);
        }
        uint256 place = (epoch / PER_SLOT) % (EPOCHS / PER_SLOT);
        uint256 shift = (epoch % PER_SLOT) * EPOCH_BITS;
        ring.words[place] = (ring.words[place] & ~(EPOCH_MASK << shift)) | (packed << shift);
    }

    /// @dev Features of `count` epochs that end with `last`, from the oldest.
    function load(Ring storage ring, uint32 last, uint256 count) internal view returns (int256[] memory features) {
        features = new int256[](count * FeatureMath.FEATURES);
        uint256 epoch = uint256(last) + 1 - count;
        uint256 place = 0;
        while (epoch <= last) {
            uint256 word = ring.words[(epoch / PER_SLOT) % (EPOCHS / PER_SLOT)] >> ((epoch % PER_SLOT) * EPOCH_BITS);
            do {
                unchecked {
                    // four features of 16 bits; at most `count` times four places are written
                    for (uint256 end = place + FeatureMath.FEATURES; place < end; ++place) {
                        // forge-lint: disable-next-line(unsafe-typecast)
                        features[place] = int16(uint16(word));
                        word >>= FEATURE_BITS;
                    }
                    ++epoch;
                }
            } while (epoch <= last && epoch % PER_SLOT != 0);
        }
    }
}
