// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestedInputs} from "../interfaces/IAttestedInputs.sol";

/// @title Inputs in storage, sixteen to a slot
/// @dev A feature at 14 scale bits at most fits int16; 32 inputs take two slots instead of 32.
library PackedInputs {
    uint256 private constant BITS = 16;
    uint256 private constant PER_SLOT = 256 / BITS;

    /// @dev Writes `inputs`, the first in the lowest bits.
    function store(mapping(uint256 index => uint256) storage packed, int256[] calldata inputs) internal {
        uint256 word = 0;
        for (uint256 i = 0; i < inputs.length; ++i) {
            int256 value = inputs[i];
            if (value != int16(value)) revert IAttestedInputs.InputOutOfRange(i, value);
            word |= uint256(uint16(int16(value))) << (BITS * (i % PER_SLOT));
            if (i % PER_SLOT == PER_SLOT - 1 || i == inputs.length - 1) {
                packed[i / PER_SLOT] = word;
                word = 0;
            }
        }
    }

    /// @dev Reads `count` inputs.
    function load(mapping(uint256 index => uint256) storage packed, uint256 count)
        internal
        view
        returns (int256[] memory inputs)
    {
        inputs = new int256[](count);
        uint256 word = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (i % PER_SLOT == 0) word = packed[i / PER_SLOT];
            inputs[i] = int16(uint16(word >> (BITS * (i % PER_SLOT))));
        }
    }
}
