// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {ICanaryStop} from "../../contracts/interfaces/ICanaryStop.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {SatisfiableCanaryVerifier} from "../../contracts/mocks/SatisfiableCanaryVerifier.sol";
import {VerifierRegistry} from "../../contracts/verification/VerifierRegistry.sol";
import {CanaryStop} from "../../contracts/verification/CanaryStop.sol";

contract CanaryStopTest is Stage {
    bytes32 private constant OTHER_MODEL = "another model";
    bytes32 private _system;
    CanaryStop private _canary;
    bytes private _proof;

    function setUp() external {
        setUpStage();
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        observeEpochs(10);
        _system = registry.proofSystemOf(MODEL_ID, 1);
        SatisfiableCanaryVerifier twin = new SatisfiableCanaryVerifier();
        _proof = abi.encode(twin.PROOF());
        _canary = new CanaryStop(registry, _system, address(twin), address(twin).codehash, new uint256[](1));
    }

    function test_prove_trustedCanary_freezesTheWholeSystemEvenWhenTheRegistryIsClosed() external {
        registry.propose(OTHER_MODEL, circuit(anotherVerifier()));
        IVerifierRegistry.Circuit memory spared = circuit(anotherVerifier());
        spared.srsHash = "another ceremony";
        registry.propose(OTHER_MODEL, spared);
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(1), 1], 7, "proof");
        registry.trustCanary(address(_canary));
        check(registry.canaryOf(address(_canary)) == _system, "not trusted");
        authority.setTargetClosed(address(registry), true);

        CHEATS.prank(address(0x57A));
        _canary.prove(_proof);
        check(registry.isProofSystemFrozen(_system), "the system is not frozen");
        check(registry.isFrozen(MODEL_ID, 1) && registry.isFrozen(OTHER_MODEL, 1), "a version is not frozen");
        check(!registry.isFrozen(OTHER_MODEL, 2), "another ceremony's version is frozen");
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.Frozen.selector, MODEL_ID, 1));
        feed.latestScore(MODEL_ID, address(token));

        authority.setTargetClosed(address(registry), false);
        IVerifierRegistry.Circuit memory again = circuit(anotherVerifier());
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.FrozenProofSystem.selector, _system));
        registry.propose(MODEL_ID, again);
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.FrozenProofSystem.selector, _system));
        _canary.prove(_proof);
    }

    function testFuzz_prove_anyOtherProof_changesNothing(bytes calldata proof) external {
        CHEATS.assume(keccak256(proof) != keccak256(_proof));
        registry.trustCanary(address(_canary));
        CHEATS.expectRevert(abi.encodeWithSelector(ICanaryStop.CanaryNotProven.selector));
        _canary.prove(proof);
        check(!registry.isProofSystemFrozen(_system), "frozen without a proof");
    }

    function test_prove_canaryThatNobodyTrusts_isRefused() external {
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NotGuardian.selector, address(_canary)));
        _canary.prove(_proof);
    }

    function test_freezeProofSystem_guardian_mayAndOthersMayNot() external {
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NotGuardian.selector, address(this)));
        registry.freezeProofSystem(_system);
        CHEATS.prank(GUARDIAN);
        registry.freezeProofSystem(_system);
        check(registry.isFrozen(MODEL_ID, 1), "not frozen");
    }

    function test_freezeProofSystem_noSystem_isForGuardiansOnly() external {
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NotGuardian.selector, address(this)));
        registry.freezeProofSystem(0);
    }

    function test_freezeProofSystem_fullSystem_fitsATransaction() external {
        uint32 first = _proposeMore(192);
        for (uint16 i = 0; i < 191; ++i) {
            registry.activate(OTHER_MODEL, i + 1, first + i);
        }
        equal(registry.membersOf(_system).length, registry.MAXIMUM_MEMBERS());
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.ProofSystemIsFull.selector, _system, 192));
        registry.activate(OTHER_MODEL, 192, first + 191);
        CHEATS.prank(GUARDIAN);
        uint256 before = gasleft();
        registry.freezeProofSystem(_system);
        check(before - gasleft() < 15_000_000, "freezing all does not fit a transaction");
        check(registry.isFrozen(OTHER_MODEL, 191), "the last is not frozen");
    }

    function test_activate_afterProposalsThatNobodyWants_findsRoom() external {
        uint32 first = _proposeMore(193);
        equal(registry.membersOf(_system).length, 1);
        registry.activate(OTHER_MODEL, 193, first);
        equal(registry.membersOf(_system).length, 2);
        check(registry.membersOf(_system)[1].modelId == OTHER_MODEL, "another model");
        equal(registry.membersOf(_system)[1].versionId, 193);
    }

    function test_freeze_memberOfAFullSystem_makesRoomForAnother() external {
        uint32 first = _proposeMore(192);
        for (uint16 i = 0; i < 191; ++i) {
            registry.activate(OTHER_MODEL, i + 1, first + i);
        }
        CHEATS.prank(GUARDIAN);
        registry.freeze(OTHER_MODEL, 190);
        equal(registry.membersOf(_system).length, 191);
        // another model's version of that number keeps its place
        CHEATS.prank(GUARDIAN);
        registry.freeze(OTHER_MODEL, 1);
        IVerifierRegistry.Member[] memory members = registry.membersOf(_system);
        equal(members.length, 190);
        check(members[0].modelId == MODEL_ID && members[0].versionId == 1, "another version left");
        registry.activate(OTHER_MODEL, 192, first + 191);
        CHEATS.prank(GUARDIAN);
        registry.freezeProofSystem(_system);
        check(registry.isFrozen(MODEL_ID, 1), "one of another model is not frozen");
        for (uint16 i = 1; i <= 192; ++i) {
            check(registry.isFrozen(OTHER_MODEL, i), "not frozen");
        }
    }

    function test_freezeProofSystem_proposedVersion_countsAsFrozenAndIsNeverActivated() external {
        uint32 first = _proposeMore(1);
        bytes32 codeHash = registry.version(OTHER_MODEL, 1).circuit.verifierCodeHash;
        CHEATS.prank(GUARDIAN);
        registry.freezeProofSystem(_system);
        check(registry.isFrozen(OTHER_MODEL, 1), "not frozen");
        check(registry.version(OTHER_MODEL, 1).status == IVerifierRegistry.Status.Frozen, "another status");
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.FrozenProofSystem.selector, _system));
        registry.activate(OTHER_MODEL, 1, first);
        check(registry.isVerifierCodeFrozen(address(verifier).codehash, 0), "a member's code is free");
        check(!registry.isVerifierCodeFrozen(codeHash, 0), "code of what was only proposed is frozen");
        // a guardian can still disown that code as well
        CHEATS.prank(GUARDIAN);
        registry.freeze(OTHER_MODEL, 1);
        check(registry.isVerifierCodeFrozen(codeHash, 0), "code is free");
    }

    function test_trustCanary_ofAnotherRegistry_isRefused() external {
        VerifierRegistry another = new VerifierRegistry(address(authority), ACTIVATION_DELAY, EPOCH_LENGTH);
        CHEATS.expectRevert(
            abi.encodeWithSelector(
                IVerifierRegistry.CanaryOfAnotherRegistry.selector, address(_canary), address(registry)
            )
        );
        another.trustCanary(address(_canary));
        check(another.canaryOf(address(_canary)) == 0, "trusted");
    }

    function test_trustCanary_strangerOrNoCanary_isRefused() external {
        CHEATS.expectRevert(
            abi.encodeWithSelector(bytes4(keccak256("AccessManagedUnauthorized(address)")), address(0x57A))
        );
        CHEATS.prank(address(0x57A));
        registry.trustCanary(address(_canary));
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NotACanary.selector, address(this)));
        registry.trustCanary(address(this));
    }

    function test_constructor_anythingMissing_reverts() external {
        address twin = _canary.VERIFIER();
        bytes32 hash = twin.codehash;
        uint256[] memory one = _canary.instances();
        CHEATS.expectRevert(abi.encodeWithSelector(ICanaryStop.CanaryIncomplete.selector, 0));
        new CanaryStop(IVerifierRegistry(address(0)), _system, twin, hash, one);
        CHEATS.expectRevert(abi.encodeWithSelector(ICanaryStop.CanaryIncomplete.selector, 1));
        new CanaryStop(registry, 0, twin, hash, one);
        CHEATS.expectRevert(abi.encodeWithSelector(ICanaryStop.CanaryIncomplete.selector, 4));
        new CanaryStop(registry, _system, twin, hash, new uint256[](0));
        CHEATS.expectRevert(
            abi.encodeWithSelector(
                IVerifierRegistry.VerifierCodeMismatch.selector, address(0xdead), hash, address(0xdead).codehash
            )
        );
        new CanaryStop(registry, _system, address(0xdead), hash, one);
    }

    /// @dev Versions of another model, ready to be activated from the returned epoch on.
    function _proposeMore(uint256 count) private returns (uint32 first) {
        for (uint256 i = 0; i < count; ++i) {
            registry.propose(OTHER_MODEL, circuit(anotherVerifier()));
        }
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        return currentEpoch();
    }

    /// @dev Stands for a contract that says it is a canary of nothing.
    function PROOF_SYSTEM() external pure returns (bytes32) {
        return 0;
    }
}
