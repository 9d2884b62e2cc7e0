// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {MockReusableVerifier} from "../../contracts/mocks/MockReusableVerifier.sol";
import {EzklVerifier} from "../../contracts/verification/EzklVerifier.sol";
import {VkaStore} from "../../contracts/verification/VkaStore.sol";

contract ReusableVerifierTest is Stage {
    bytes32[] private _vka;
    address private _store;
    bytes32 private _digest;
    MockReusableVerifier private _verifier;

    function setUp() external {
        setUpStage();
        for (uint256 i = 0; i < 90; ++i) {
            _vka.push(keccak256(abi.encode(i)));
        }
        _store = VkaStore.write(_vka);
        _digest = keccak256(abi.encodePacked(_vka));
        _verifier = new MockReusableVerifier(MockReusableVerifier.Way.Honest);
        _verifier.registerVka(_vka);
    }

    function testFuzz_write_anyArtefact_readGivesItBack(bytes32[] memory vka) external {
        CHEATS.assume(vka.length < 700);
        address store = VkaStore.write(vka);
        check(keccak256(abi.encode(VkaStore.read(store))) == keccak256(abi.encode(vka)), "another artefact");
        check(VkaStore.digest(store) == (vka.length == 0 ? bytes32(0) : keccak256(abi.encodePacked(vka))), "digest");
    }

    function test_write_artefactBeyondTheCodeLimit_reverts() external {
        CHEATS.expectRevert(abi.encodeWithSelector(VkaStore.VkaStoreFailed.selector));
        this.write(768);
        check(this.write(767).code.length == 24_545, "an artefact within the limit is refused");
    }

    function write(uint256 words) external returns (address) {
        return VkaStore.write(new bytes32[](words));
    }

    function test_digest_notAnArtefact_isZero() external view {
        check(VkaStore.digest(address(this)) == 0 || address(this).code.length % 32 == 1, "a digest of other code");
        check(VkaStore.digest(address(0xdead)) == 0, "a digest of nothing");
    }

    function test_submit_circuitOfAReusableVerifier_isVerifiedWithItsArtefact() external {
        _serve(_reusable());
        uint32 epoch = currentEpoch();
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.ProofInvalid.selector, MODEL_ID, 1));
        feed.submit(MODEL_ID, address(token), epoch, [uint256(1), 1], 7, "forged");
        feed.submit(MODEL_ID, address(token), epoch, [uint256(1), 1], 7, "valid");
        equal(feed.latestEpoch(MODEL_ID, address(token)), epoch);
    }

    function test_verifyReusable_misbehavingVerifier_isInvalid() external {
        for (uint8 way = 1; way <= uint8(MockReusableVerifier.Way.Two); ++way) {
            MockReusableVerifier wrong = new MockReusableVerifier(MockReusableVerifier.Way(way));
            wrong.registerVka(_vka);
            check(!_verify(wrong, _store, _digest), "a misbehaving verifier is believed");
        }
    }

    function test_verifyReusable_artefactNotRegisteredOrNotThePinnedOne_isInvalid() external {
        check(_verify(_verifier, _store, _digest), "the proof is refused");
        check(!_verify(_verifier, _store, ~_digest), "another digest is believed");
        check(!_verify(new MockReusableVerifier(MockReusableVerifier.Way.Honest), _store, _digest), "not registered");
        check(!_verify(_verifier, address(0xdead), _digest), "no artefact is believed");
        check(!_verify(MockReusableVerifier(address(0xdead)), _store, _digest), "no verifier is believed");
    }

    function test_propose_artefactOfAnotherDigest_reverts() external {
        IVerifierRegistry.Circuit memory wrong = _reusable();
        wrong.vkaDigest = ~_digest;
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.VkaMismatch.selector, _store, ~_digest, _digest));
        registry.propose(MODEL_ID, wrong);
        wrong.vkaStore = address(0);
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.InvalidCircuit.selector, 17));
        registry.propose(MODEL_ID, wrong);
    }

    function test_propose_frozenArtefact_revertsAndAnotherOfTheSameVerifierDoesNot() external {
        registry.propose(MODEL_ID, _reusable());
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        IVerifierRegistry.Circuit memory again = _reusable();
        CHEATS.expectRevert(
            abi.encodeWithSelector(IVerifierRegistry.FrozenVerifierCode.selector, again.verifierCodeHash)
        );
        registry.propose(MODEL_ID, again);
        _vka.push("one word more");
        again.vkaStore = VkaStore.write(_vka);
        again.vkaDigest = keccak256(abi.encodePacked(_vka));
        equal(registry.propose(MODEL_ID, again), 2);
    }

    function _reusable() private view returns (IVerifierRegistry.Circuit memory given) {
        given = circuit(address(_verifier));
        given.vkaStore = _store;
        given.vkaDigest = _digest;
    }

    function _serve(IVerifierRegistry.Circuit memory given) private {
        registry.propose(MODEL_ID, given);
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        observeEpochs(10);
    }

    function _verify(MockReusableVerifier target, address store, bytes32 digest) private view returns (bool) {
        return EzklVerifier.verifyReusable(
            address(target), address(target).codehash, store, digest, "valid", new uint256[](3)
        );
    }
}
