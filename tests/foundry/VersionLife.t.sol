// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {IInputSource} from "../../contracts/interfaces/IInputSource.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";

/// @dev Proposed, active, deprecated; what a circuit has to say of itself; limits of an asset.
contract VersionLifeTest is Stage {
    function setUp() external {
        setUpStage();
        for (uint256 i = 0; i < 3; ++i) {
            registry.propose(MODEL_ID, circuit(anotherVerifier()));
        }
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
    }

    function test_deprecate_lastVersion_servesUntilItsEnd() external {
        uint32 end = currentEpoch() + 3;
        registry.deprecate(MODEL_ID, 1, end);
        IVerifierRegistry.Version memory version = registry.version(MODEL_ID, 1);
        check(version.status == IVerifierRegistry.Status.Deprecated, "not deprecated");
        equal(version.untilEpoch, end);
        equal(registry.servingAt(MODEL_ID, end - 1).versionId, 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NoVersion.selector, MODEL_ID, end));
        registry.servingAt(MODEL_ID, end);
        registry.activate(MODEL_ID, 2, end + 5);
        equal(registry.servingAt(MODEL_ID, end + 5).versionId, 2);
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NoVersion.selector, MODEL_ID, end + 4));
        registry.servingAt(MODEL_ID, end + 4);
    }

    function test_activate_successor_deprecatesItsPredecessorUntilItIsFrozen() external {
        uint32 start = currentEpoch() + 4;
        registry.activate(MODEL_ID, 2, start);
        equal(registry.version(MODEL_ID, 1).untilEpoch, start);
        check(registry.version(MODEL_ID, 1).status == IVerifierRegistry.Status.Deprecated, "not deprecated");
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 2);
        equal(registry.version(MODEL_ID, 1).untilEpoch, 0);
        check(registry.version(MODEL_ID, 1).status == IVerifierRegistry.Status.Active, "not active again");
    }

    function test_deprecate_whatCannotEnd_reverts() external {
        uint32 now_ = currentEpoch();
        bytes memory cannot = abi.encodeWithSelector(IVerifierRegistry.CannotDeprecate.selector, MODEL_ID, 1);
        CHEATS.expectRevert(cannot);
        registry.deprecate(MODEL_ID, 1, now_);
        registry.activate(MODEL_ID, 2, now_ + 2);
        CHEATS.expectRevert(cannot);
        registry.deprecate(MODEL_ID, 1, now_ + 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.CannotDeprecate.selector, MODEL_ID, 2));
        registry.deprecate(MODEL_ID, 2, now_ + 2);
        CHEATS.expectRevert(
            abi.encodeWithSelector(
                IVerifierRegistry.WrongStatus.selector, MODEL_ID, 3, IVerifierRegistry.Status.Proposed
            )
        );
        registry.deprecate(MODEL_ID, 3, now_ + 9);
        registry.deprecate(MODEL_ID, 2, now_ + 3);
        CHEATS.expectRevert(abi.encodeWithSelector(IVerifierRegistry.CannotDeprecate.selector, MODEL_ID, 2));
        registry.deprecate(MODEL_ID, 2, now_ + 4);
    }

    function test_deprecate_proposalOfAFrozenSystem_isToldFrozen() external {
        bytes32 system = registry.proofSystemOf(MODEL_ID, 2);
        CHEATS.prank(GUARDIAN);
        registry.freezeProofSystem(system);
        CHEATS.expectRevert(
            abi.encodeWithSelector(IVerifierRegistry.WrongStatus.selector, MODEL_ID, 2, IVerifierRegistry.Status.Frozen)
        );
        registry.deprecate(MODEL_ID, 2, currentEpoch() + 9);
    }

    function test_activate_frozenCodeOfAnotherModel_reverts() external {
        IVerifierRegistry.Circuit memory shared = circuit(anotherVerifier());
        registry.propose("one", shared);
        registry.propose("two", shared);
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        CHEATS.prank(GUARDIAN);
        registry.freeze("one", 1);
        uint32 epoch = currentEpoch();
        CHEATS.expectRevert(
            abi.encodeWithSelector(IVerifierRegistry.FrozenVerifierCode.selector, shared.verifierCodeHash)
        );
        registry.activate("two", 1, epoch);
        CHEATS.expectRevert(
            abi.encodeWithSelector(IVerifierRegistry.EpochTooFarAhead.selector, epoch + 24 * 30 + 1, epoch + 24 * 30)
        );
        registry.activate(MODEL_ID, 2, epoch + 24 * 30 + 1);
    }

    function test_models_everyModelOnce_inOrder() external {
        registry.propose("another model", circuit(anotherVerifier()));
        bytes32[] memory models = registry.models();
        equal(models.length, 2);
        check(models[0] == MODEL_ID && models[1] == "another model", "other models");
    }

    function test_propose_fieldsOfTheProofSystem_areChecked() external {
        IVerifierRegistry.Circuit memory wrong = circuit(anotherVerifier());
        wrong.featuresHash = 0;
        _refused(wrong, abi.encodeWithSelector(IVerifierRegistry.InvalidCircuit.selector, 14));
        wrong = circuit(anotherVerifier());
        wrong.generatorHash = 0;
        _refused(wrong, abi.encodeWithSelector(IVerifierRegistry.InvalidCircuit.selector, 15));
        wrong = circuit(anotherVerifier());
        wrong.additionPrecompile = 7;
        _refused(wrong, abi.encodeWithSelector(IVerifierRegistry.InvalidCircuit.selector, 19));
        // Foundry's chain has Blake2f at 9, as Ethereum has: no addition
        wrong.additionPrecompile = 9;
        _refused(wrong, abi.encodeWithSelector(IVerifierRegistry.PrecompileUnusable.selector, 9));
    }

    function test_propose_roundingBandOfACeremonyCircuit_isHalfAPerCentAtMost() external {
        IVerifierRegistry.Circuit memory real = circuit(anotherVerifier());
        real.devSrs = false;
        bytes memory refusal = abi.encodeWithSelector(IVerifierRegistry.InvalidCircuit.selector, 18);
        _refused(real, refusal);
        // 8192 / 200 = 40.96
        real.roundingBand = 41;
        _refused(real, refusal);
        real.roundingBand = 40;
        equal(registry.propose(MODEL_ID, real), 4);
        equal(registry.version(MODEL_ID, 4).circuit.roundingBand, 40);
    }

    function test_submit_featuresAtOtherFactors_isRefused() external {
        IVerifierRegistry.Circuit memory other = circuit(anotherVerifier());
        bytes32 given = other.featuresHash;
        other.featuresHash = "trained on other features";
        registry.propose("another model", other);
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate("another model", 1, currentEpoch());
        observeEpochs(10);
        uint32 epoch = currentEpoch();
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.FeaturesDiffer.selector, given, other.featuresHash));
        feed.submit("another model", address(token), epoch, [uint256(1), 1], 7, "proof");
    }

    function test_setLimits_asset_staleSoonerFromTheNextRoundOn() external {
        observeEpochs(10);
        _submit();
        feed.setLimits(address(token), IRiskFeed.Limits(1 hours, 2 hours));
        uint256 observedAt = block.timestamp;
        CHEATS.warp(observedAt + 2 hours + 1);
        equal(feed.latestScore(MODEL_ID, address(token)).observedAt, observedAt);
        observeEpochs(1);
        _submit();
        observedAt = block.timestamp;
        CHEATS.warp(observedAt + 2 hours + 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.Stale.selector, observedAt, 2 hours));
        feed.latestScore(MODEL_ID, address(token));
        equal(feed.getScoreNoOlderThan(MODEL_ID, address(token), 3 hours).observedAt, observedAt);
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.Stale.selector, observedAt, 2 hours));
        feed.getScoreNoOlderThan(MODEL_ID, address(token), 2 hours);
    }

    function test_setLimits_outOfRangeOrStranger_isRefused() external {
        IRiskFeed.Limits[4] memory wrong =
            [_limits(0, 2 hours), _limits(1 hours, 59 minutes), _limits(2 hours, 1 hours), _limits(1 hours, 4 hours)];
        for (uint256 i = 0; i < wrong.length; ++i) {
            CHEATS.expectRevert(
                abi.encodeWithSelector(IRiskFeed.LimitsOutOfRange.selector, wrong[i].heartbeat, wrong[i].maximumAge)
            );
            feed.setLimits(address(token), wrong[i]);
        }
        CHEATS.prank(address(0x57A));
        CHEATS.expectRevert(
            abi.encodeWithSelector(bytes4(keccak256("AccessManagedUnauthorized(address)")), address(0x57A))
        );
        feed.setLimits(address(token), _limits(1 hours, 2 hours));
    }

    function test_sourceOf_recordedRound_isTheObserver() external {
        observeEpochs(10);
        uint32 epoch = currentEpoch();
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.NoRound.selector, MODEL_ID, address(token)));
        feed.sourceOf(MODEL_ID, address(token), epoch);
        _submit();
        (IInputSource source, IInputSource.Kind kind) = feed.sourceOf(MODEL_ID, address(token), epoch);
        check(address(source) == address(observer) && kind == IInputSource.Kind.Observed, "another source");
    }

    function _refused(IVerifierRegistry.Circuit memory wrong, bytes memory refusal) private {
        CHEATS.expectRevert(refusal);
        registry.propose(MODEL_ID, wrong);
    }

    function _submit() private {
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(4096), 4096], 7, "proof");
    }

    function _limits(uint32 heartbeat, uint32 maximumAge) private pure returns (IRiskFeed.Limits memory) {
        return IRiskFeed.Limits(heartbeat, maximumAge);
    }
}
