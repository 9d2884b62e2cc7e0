// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EzklPoseidon} from "../../contracts/verification/EzklPoseidon.sol";
import {CheatTest} from "./Cheats.sol";

/// @dev Known hashes are ezkl.poseidon_hash's of EZKL 23.0.5, those of tests/unit/verifier_gen/test_poseidon.py.
contract EzklPoseidonTest is CheatTest {
    function hash(uint256[] calldata elements) external pure returns (uint256) {
        return EzklPoseidon.hash(elements);
    }

    function test_hash_knownValues_isEzkls() public view {
        uint256[] memory elements = new uint256[](1);
        elements[0] = 1;
        equal(this.hash(elements), 0x85669613228CAA1A618FD5C9EEF3A196612F180ED346CCCB1F0EAADC2B9BB90);
        elements = new uint256[](3);
        (elements[0], elements[1], elements[2]) = (1, 2, 3);
        equal(this.hash(elements), 0x2C3294B916F404517529C048D4EC3FB21CD0F370184A5729B71D4E499F8B5259);
        elements = new uint256[](32);
        for (uint256 i = 0; i < 32; ++i) {
            elements[i] = 5;
        }
        equal(this.hash(elements), 0x2C7AAE9F6392D09C25481DCA6D13F298440353857A3F41A9330C38836DE0583F);
    }

    function test_hash_largestElement_isNotItsNeighbours() public view {
        uint256[] memory elements = new uint256[](1);
        elements[0] = EzklPoseidon.MODULUS - 1;
        uint256 largest = this.hash(elements);
        elements[0] = 0;
        check(largest != this.hash(elements), "two elements hash alike");
        check(largest < EzklPoseidon.MODULUS, "a hash is no field element");
    }

    function test_hash_ofNothing_reverts() public {
        CHEATS.expectRevert(abi.encodeWithSelector(EzklPoseidon.NothingToHash.selector));
        this.hash(new uint256[](0));
    }

    function test_hash_elementAtModulus_reverts() public {
        uint256[] memory elements = new uint256[](2);
        elements[1] = EzklPoseidon.MODULUS;
        CHEATS.expectRevert(abi.encodeWithSelector(EzklPoseidon.NotAFieldElement.selector, EzklPoseidon.MODULUS));
        this.hash(elements);
    }
}
