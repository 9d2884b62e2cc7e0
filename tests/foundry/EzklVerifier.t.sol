// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {AcceptingVerifier} from "../../contracts/mocks/AcceptingVerifier.sol";
import {MisbehavingVerifier} from "../../contracts/mocks/MisbehavingVerifier.sol";
import {EzklVerifier} from "../../contracts/verification/EzklVerifier.sol";

/// @dev Tries to write, which a staticcall forbids.
contract WritingVerifier {
    uint256 public calls;

    function verifyProof(bytes calldata, uint256[] calldata) external returns (bool) {
        ++calls;
        return true;
    }
}

contract EzklVerifierTest is CheatTest {
    bytes private constant PROOF = hex"c0ffee";

    function testFuzz_verify_acceptedProof_onlyThatOneIsValid(bytes memory proof, uint256[] memory instances) external {
        AcceptingVerifier verifier = new AcceptingVerifier();
        verifier.accept(keccak256(abi.encode(proof, instances)));
        bytes32 codeHash = address(verifier).codehash;
        check(EzklVerifier.verify(address(verifier), codeHash, proof, instances), "the proof is refused");
        bytes memory longer = abi.encodePacked(proof, uint8(0));
        check(!EzklVerifier.verify(address(verifier), codeHash, longer, instances), "another proof is accepted");
    }

    function test_verify_misbehavingVerifier_isInvalid() external {
        for (uint8 way = 0; way <= uint8(MisbehavingVerifier.Way.ReturnsFalse); ++way) {
            address verifier = address(new MisbehavingVerifier(MisbehavingVerifier.Way(way)));
            // its own gas, so that the one that burns all leaves something for the rest of the test
            bool valid = this.verifyWith{gas: 2_000_000}(verifier, verifier.codehash);
            check(!valid, "a misbehaving verifier is believed");
        }
    }

    function test_verify_noCode_isInvalid() external view {
        address nobody = address(0xdead);
        check(!EzklVerifier.verify(nobody, nobody.codehash, PROOF, _instances()), "no code is believed");
        check(!EzklVerifier.verify(nobody, keccak256(""), PROOF, _instances()), "no code is believed");
    }

    function test_verify_changedCode_isInvalid() external {
        address verifier = address(new AcceptingVerifier());
        bytes32 codeHash = verifier.codehash;
        check(EzklVerifier.verify(verifier, codeHash, PROOF, _instances()), "the proof is refused");
        CHEATS.etch(verifier, hex"600160005260206000f3");
        check(!EzklVerifier.verify(verifier, codeHash, PROOF, _instances()), "changed code is believed");
        check(EzklVerifier.verify(verifier, verifier.codehash, PROOF, _instances()), "the test's code returns one");
    }

    function test_verify_verifierThatWrites_isInvalid() external {
        address verifier = address(new WritingVerifier());
        check(!this.verifyWith{gas: 2_000_000}(verifier, verifier.codehash), "a verifier that writes is believed");
    }

    function verifyWith(address verifier, bytes32 codeHash) external view returns (bool) {
        return EzklVerifier.verify(verifier, codeHash, PROOF, _instances());
    }

    function _instances() private pure returns (uint256[] memory instances) {
        instances = new uint256[](2);
        instances[1] = 7;
    }
}
