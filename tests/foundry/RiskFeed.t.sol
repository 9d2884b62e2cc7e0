// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";

contract RiskFeedTest is Stage {
    function setUp() external {
        setUpStage();
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        observeEpochs(10);
    }

    function test_latestScore_oneSecondTooOld_reverts() external {
        _submit(4096, 4096);
        uint256 observedAt = block.timestamp;
        CHEATS.warp(observedAt + MAXIMUM_AGE);
        equal(feed.latestScore(MODEL_ID, address(token)).exitRisk, 0.5e18);
        CHEATS.warp(observedAt + MAXIMUM_AGE + 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IRiskFeed.Stale.selector, observedAt, MAXIMUM_AGE));
        feed.latestScore(MODEL_ID, address(token));
    }

    function testFuzz_submit_outputsInRange_decodeWithTheScale(uint256 duration, uint256 risk) external {
        duration = bound(duration, 0, 8192);
        risk = bound(risk, 0, 8192);
        _submit(duration, risk);
        IRiskFeed.Score memory score = feed.latestScore(MODEL_ID, address(token));
        equal(score.stakingDuration, (duration * 30 days) / 8192);
        equal(score.exitRisk, (risk * 1e18) / 8192);
    }

    function testFuzz_submit_outputOutOfRange_reverts(uint256 value, bool second) external {
        CHEATS.assume(value > 8192 && value < type(uint256).max / 2);
        uint256 modulus = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
        uint256 index = second ? 1 : 0;
        CHEATS.expectRevert(
            value >= modulus
                ? abi.encodeWithSelector(IRiskFeed.InstanceNotInField.selector, index, value)
                : abi.encodeWithSelector(IRiskFeed.OutputOutOfRange.selector, index, value, 8192)
        );
        _submit(second ? 0 : value, second ? value : 0);
    }

    function _submit(uint256 duration, uint256 risk) private {
        feed.submit(MODEL_ID, address(token), currentEpoch(), [duration, risk], 7, "proof");
    }
}
