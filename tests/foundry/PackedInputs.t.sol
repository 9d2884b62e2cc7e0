// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {PackedInputs} from "../../contracts/feed/PackedInputs.sol";
import {IAttestedInputs} from "../../contracts/interfaces/IAttestedInputs.sol";

contract PackedInputsTest is CheatTest {
    using PackedInputs for mapping(uint256 index => uint256);

    mapping(uint256 index => uint256) private _packed;

    function testFuzz_store_anyInputs_loadGivesThemBack(int16[] memory values) external {
        int256[] memory inputs = new int256[](values.length);
        for (uint256 i = 0; i < values.length; ++i) {
            inputs[i] = values[i];
        }
        this.store(inputs);
        int256[] memory loaded = _packed.load(inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) {
            equal(loaded[i], inputs[i]);
        }
    }

    function testFuzz_store_valueOutsideInt16_reverts(int256 value, uint8 at) external {
        CHEATS.assume(value > type(int16).max || value < type(int16).min);
        int256[] memory inputs = new int256[](32);
        uint256 index = at % 32;
        inputs[index] = value;
        CHEATS.expectRevert(abi.encodeWithSelector(IAttestedInputs.InputOutOfRange.selector, index, value));
        this.store(inputs);
    }

    function store(int256[] calldata inputs) external {
        _packed.store(inputs);
    }
}
