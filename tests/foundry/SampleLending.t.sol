// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {SampleLendingProtocol} from "../../contracts/consumers/SampleLendingProtocol.sol";
import {RiskFeedAggregator} from "../../contracts/feed/RiskFeedAggregator.sol";
import {IRiskFeed} from "../../contracts/interfaces/IRiskFeed.sol";
import {AggregatorV3Interface} from "../../contracts/interfaces/external/AggregatorV3Interface.sol";
import {MockPriceFeed} from "../../contracts/mocks/MockPriceFeed.sol";

/// @dev What is lent on a score that is no longer given, with the real feed behind it.
contract SampleLendingTest is Stage {
    address private constant _MOCKED = address(0xA55E7);

    SampleLendingProtocol private _lending;

    function setUp() external {
        setUpStage();
        registry.propose(MODEL_ID, circuit(address(verifier)));
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        registry.activate(MODEL_ID, 1, currentEpoch());
        observeEpochs(10);
        RiskFeedAggregator risk =
            new RiskFeedAggregator(feed, MODEL_ID, address(token), RiskFeedAggregator.Output.ExitRisk);
        _lending = new SampleLendingProtocol(address(authority), EPOCH_LENGTH);
        _lending.listAsset(address(token), address(risk), 7500);
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(0), 0], 7, "proof");
        equal(_lending.refresh(address(token)), 7500);
    }

    function test_listingOf_listedAndNot_isWhatWasListed() external {
        SampleLendingProtocol.Listing memory listing = _lending.listingOf(address(token));
        equal(listing.baseBps, 7500);
        equal(listing.targetBps, 7500);
        equal(listing.epoch, currentEpoch());
        equal(listing.observedAt, block.timestamp);
        equal(_lending.listingOf(_MOCKED).baseBps, 0);
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
        // from the floor it rises again, an epoch's cap each epoch
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(0), 4096], 7, "proof");
        equal(_lending.refresh(address(token)), 1250);
        _nextScore(4096);
        equal(_lending.refresh(address(token)), 1500);
    }

    function test_refresh_certainRisk_fallsEpochByEpochWithoutAnotherRefresh() external {
        _nextScore(8192);
        uint256 start = block.timestamp;
        equal(_lending.refresh(address(token)), 5500);
        equal(_lending.refresh(address(token)), 5500);
        CHEATS.warp(start + 1 hours);
        equal(_lending.loanToValueOf(address(token)), 3500);
        CHEATS.warp(start + 2 hours);
        equal(_lending.loanToValueOf(address(token)), 1500);
        CHEATS.warp(start + 3 hours);
        equal(_lending.loanToValueOf(address(token)), 1000);
    }

    function test_refresh_staleWhileFalling_goesOnFalling() external {
        _nextScore(8192);
        uint256 start = block.timestamp;
        _lending.refresh(address(token));
        // the feed is stale after three hours
        CHEATS.warp(start + 3 hours + 1);
        equal(_lending.refresh(address(token)), 1000);
    }

    function test_refresh_riskGone_risesOnlyOnScores() external {
        _nextScore(4096);
        equal(_lending.refresh(address(token)), 5500);
        _nextScore(0);
        equal(_lending.refresh(address(token)), 5750);
        _nextScore(0);
        equal(_lending.refresh(address(token)), 6000);
        equal(_lending.refresh(address(token)), 6000);
        CHEATS.warp(block.timestamp + 5 hours);
        equal(_lending.refresh(address(token)), 6000);
    }

    function test_refresh_afterFreezeInTheSameEpoch_risesFromTheFloor() external {
        MockPriceFeed risk = _listedMock();
        risk.setAnswer(0, block.timestamp);
        equal(_lending.refresh(_MOCKED), 7500);
        CHEATS.mockCallRevert(
            address(risk),
            abi.encodeCall(AggregatorV3Interface.latestRoundData, ()),
            abi.encodeWithSelector(IRiskFeed.Frozen.selector, MODEL_ID, 1)
        );
        equal(_lending.refresh(_MOCKED), 1000);
        CHEATS.clearMockedCalls();
        equal(_lending.refresh(_MOCKED), 1250);
    }

    function testFuzz_loanToValueOf_anyScores_movesWithinTheCapsEachEpoch(uint8[3][12] memory risks) external {
        MockPriceFeed risk = _listedMock();
        risk.setAnswer(0, block.timestamp);
        _lending.refresh(_MOCKED);
        for (uint256 i = 0; i < risks.length; ++i) {
            uint256 start = (uint256(currentEpoch()) + 1) * EPOCH_LENGTH;
            CHEATS.warp(start - 1);
            uint256 before = _lending.loanToValueOf(_MOCKED);
            for (uint256 j = 0; j < 3; ++j) {
                CHEATS.warp(start + j * 1000);
                // certain for a third of the values; no refresh for some
                risk.setAnswer(int256(uint256(risks[i][j]) * 6e5), block.timestamp);
                if (risks[i][j] % 4 != 0) _lending.refresh(_MOCKED);
                uint256 bps = _lending.loanToValueOf(_MOCKED);
                check(bps <= before + _lending.RISE_BPS_PER_EPOCH(), "rises faster than its cap");
                check(bps + _lending.FALL_BPS_PER_EPOCH() >= before, "falls faster than its cap");
            }
        }
    }

    function test_fallPerEpoch_widestFall_endsBeforeTheGracePeriod() external view {
        uint256 epochs = _lending.GRACE_PERIOD() / EPOCH_LENGTH - 1;
        check(
            _lending.CEILING_BPS() - _lending.FLOOR_BPS() <= epochs * _lending.FALL_BPS_PER_EPOCH(),
            "silence would fall faster than certain risk"
        );
    }

    function _nextScore(uint256 risk) private {
        observeEpochs(1);
        feed.submit(MODEL_ID, address(token), currentEpoch(), [uint256(0), risk], 7, "proof");
    }

    function _listedMock() private returns (MockPriceFeed risk) {
        risk = new MockPriceFeed(8, "exit risk");
        _lending.listAsset(_MOCKED, address(risk), 7500);
    }
}
