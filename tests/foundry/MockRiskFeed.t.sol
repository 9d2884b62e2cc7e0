// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IInputSource} from "../../contracts/interfaces/IInputSource.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {MockRiskFeed} from "../../contracts/mocks/MockRiskFeed.sol";

/// @dev Every read of the mock is that of the real feed, answer or refusal, byte for byte, when it was given the same rounds.
contract MockRiskFeedTest is Stage {
    MockRiskFeed private _mock;
    uint32 private _first;

    function setUp() external {
        setUpStage();
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        _mock = new MockRiskFeed(MAXIMUM_AGE);
        _mock.setSource(observer, IInputSource.Kind.Observed);
        observeEpochs(10);
        _first = currentEpoch();
    }

    function test_reads_beforeAnyRound_areThoseOfTheRealFeed() external {
        _compareAll();
    }

    function test_reads_rounds_areThoseOfTheRealFeed() external {
        _submit(4096, 2048);
        _compareAll();
        observeEpochs(1);
        _submit(8192, 0);
        _compareAll();
        CHEATS.warp(block.timestamp + MAXIMUM_AGE);
        _compareAll();
        CHEATS.warp(block.timestamp + 1);
        _compareAll();
    }

    function test_reads_ownLimits_areThoseOfTheRealFeed() external {
        _submit(1, 1);
        IRiskFeed.Limits memory limits = IRiskFeed.Limits({heartbeat: EPOCH_LENGTH, maximumAge: EPOCH_LENGTH + 90});
        feed.setLimits(address(token), limits);
        _mock.setLimits(address(token), limits);
        _compareAll();
        observeEpochs(1);
        _submit(2, 2);
        equal(_mock.maximumAgeAt(MODEL_ID, address(token), currentEpoch()), EPOCH_LENGTH + 60);
        _compareAll();
        CHEATS.warp(block.timestamp + EPOCH_LENGTH + 61);
        _compareAll();
    }

    function testFuzz_setLimits_outOfRange_isRefusedAsByTheRealFeed(uint32 heartbeat, uint32 maximumAge) external {
        _compareCall(abi.encodeCall(IRiskFeed.setLimits, (address(token), IRiskFeed.Limits(heartbeat, maximumAge))));
        _compareAll();
    }

    function test_reads_frozenVersion_areThoseOfTheRealFeed() external {
        _submit(4096, 2048);
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        _mock.freeze(MODEL_ID, address(token), _first);
        _compareAll();
    }

    function test_setScore_roundOfIt_decodesToIt() external {
        IRiskFeed.Score memory score =
            IRiskFeed.Score(_first, uint40(block.timestamp), uint40(block.timestamp) + 9, 15 days, 0.25e18);
        _mock.setScore(MODEL_ID, address(token), score);
        IRiskFeed.Round memory round = _mock.roundAt(MODEL_ID, address(token), _first);
        equal(round.durationOutput, 4096);
        equal(round.riskOutput, 2048);
        check(round.versionId == 1 && round.configVersion == 1 && round.epoch == _first, "another round");
        check(round.observedAt == score.observedAt && round.provenAt == score.provenAt, "another time");
        equal(_mock.latestScore(MODEL_ID, address(token)).exitRisk, 0.25e18);
    }

    function test_statementIdOf_noSource_isOfTheMockItself() external {
        MockRiskFeed alone = new MockRiskFeed(MAXIMUM_AGE);
        CHEATS.expectRevert(abi.encodeWithSelector(IInputSource.InputsUnavailable.selector, address(token), 7));
        alone.statementIdOf(MODEL_ID, address(token), 7);
        alone.setScore(MODEL_ID, address(token), IRiskFeed.Score(7, 7 * 3600, 7 * 3600, 1 days, 0));
        bytes memory subject = abi.encode(block.chainid, address(alone), 1, MODEL_ID, address(token), 7);
        check(alone.statementIdOf(MODEL_ID, address(token), 7) == keccak256(subject), "another statement");
    }

    function test_submit_always_isRefused() external {
        CHEATS.expectRevert(abi.encodeWithSelector(MockRiskFeed.MockTakesNoProof.selector));
        _mock.submit(MODEL_ID, address(token), _first, [uint256(1), 1], 7, "proof");
    }

    /// @dev Recorded by the real feed, and told to the mock.
    function _submit(uint256 duration, uint256 risk) private {
        uint32 epoch = currentEpoch();
        feed.submit(MODEL_ID, address(token), epoch, [duration, risk], 7, "proof");
        IRiskFeed.Score memory score = feed.scoreAt(MODEL_ID, address(token), epoch);
        _mock.setRound(MODEL_ID, address(token), score, feed.roundAt(MODEL_ID, address(token), epoch));
    }

    function _compareAll() private {
        address asset = address(token);
        _compareCall(abi.encodeCall(IRiskFeed.latestScore, (MODEL_ID, asset)));
        _compareCall(abi.encodeCall(IRiskFeed.latestScore, (MODEL_ID, address(this))));
        _compareCall(abi.encodeCall(IRiskFeed.getScoreNoOlderThan, (MODEL_ID, asset, 1 hours)));
        _compareCall(abi.encodeCall(IRiskFeed.getScoreNoOlderThan, (MODEL_ID, asset, type(uint256).max)));
        _compareCall(abi.encodeCall(IRiskFeed.latestEpoch, (MODEL_ID, asset)));
        _compareCall(abi.encodeCall(IRiskFeed.limitsOf, (asset)));
        _compareCall(abi.encodeCall(IRiskFeed.SOURCE, ()));
        _compareCall(abi.encodeCall(IRiskFeed.MAXIMUM_AGE, ()));
        for (uint32 epoch = _first - 1; epoch < _first + 3; ++epoch) {
            _compareCall(abi.encodeCall(IRiskFeed.scoreAt, (MODEL_ID, asset, epoch)));
            _compareCall(abi.encodeCall(IRiskFeed.roundAt, (MODEL_ID, asset, epoch)));
            _compareCall(abi.encodeCall(IRiskFeed.sourceOf, (MODEL_ID, asset, epoch)));
            _compareCall(abi.encodeCall(IRiskFeed.statementIdOf, (MODEL_ID, asset, epoch)));
            _compareCall(abi.encodeCall(IRiskFeed.maximumAgeAt, (MODEL_ID, asset, epoch)));
        }
    }

    function _compareCall(bytes memory call) private {
        (bool answered, bytes memory expected) = address(feed).call(call);
        (bool mocked, bytes memory actual) = address(_mock).call(call);
        check(answered == mocked && keccak256(actual) == keccak256(expected), "the mock answers otherwise");
    }
}
