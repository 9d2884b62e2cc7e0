// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {SampleLendingProtocol} from "../../contracts/consumers/SampleLendingProtocol.sol";
import {RiskFeedAggregator} from "../../contracts/feed/RiskFeedAggregator.sol";

/// @dev What is lent on a score that is no longer given, with the real feed behind it.
contract SampleLendingTest is Stage {
    SampleLendingProtocol private _lending;

    function setUp() external {
        setUpStage();
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        observeEpochs(10);
        RiskFeedAggregator risk =
            new RiskFeedAggregator(feed, MODEL_ID, address(token), RiskFeedAggregator.Output.ExitRisk);
        _lending = new SampleLendingProtocol(address(authority));
        _lending.listAsset(address(token), address(risk), 7500);
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(0), 0], 7, "proof");
        equal(_lending.refresh(address(token)), 7500);
    }

    function test_refresh_frozenVersion_fallsToTheFloorAtOnce() external {
        CHEATS.prank(GUARDIAN);
        registry.freeze(MODEL_ID, 1);
        equal(_lending.refresh(address(token)), 1000);
        equal(_lending.loanToValueOf(address(token)), 1000);
    }

    function test_refresh_staleScore_isKeptForTheGracePeriodOnly() external {
        uint256 end = block.timestamp + 6 hours;
        CHEATS.warp(end);
        equal(_lending.refresh(address(token)), 7500);
        CHEATS.warp(end + 1);
        equal(_lending.refresh(address(token)), 1000);
    }

    function test_loanToValueOf_nobodyRefreshes_fallsByItself() external {
        CHEATS.warp(block.timestamp + 6 hours + 1);
        equal(_lending.loanToValueOf(address(token)), 1000);
        observeEpochs(10);
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(0), 4096], 7, "proof");
        equal(_lending.refresh(address(token)), 3750);
        equal(_lending.loanToValueOf(address(token)), 3750);
    }
}
