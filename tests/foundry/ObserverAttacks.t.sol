// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";

/// @dev What somebody around one observation can move, and how far: the bounds that docs/security.md states.
contract ObserverAttacksTest is Stage {
    uint256 private constant STAKED = 200_000 ether;
    /// @dev Flow factor times scale, as in `config`.
    uint256 private constant FACTOR_AND_SCALE = 20 * 8192;
    int256 private constant SCALE = 8192;

    function setUp() external {
        setUpStage();
        observeEpochs(10);
    }

    function test_observe_firstAndLastSecondOfTheWindow_areTakenAndTheNextIsNot() external {
        _intoTheNextEpoch(0);
        observeNow(1 ether);
        _intoTheNextEpoch(599);
        observeNow(1 ether);
        equal(observer.observationOf(address(token), currentEpoch()).observedAt % EPOCH_LENGTH, 599);
        _intoTheNextEpoch(600);
        priceFeed.setAnswer(1 ether, block.timestamp);
        CHEATS.expectRevert(
            abi.encodeWithSelector(IAssetObserver.ObservationWindowClosed.selector, currentEpoch(), 600, 600)
        );
        observer.observe(address(token));
    }

    /// @dev Whoever observes last can wait for a deposit of his own: it counts by the seconds that it was there.
    function test_observe_inTheLastSecond_givesADepositItsSecondsAtMost() external {
        _intoTheNextEpoch(0);
        totals.set(2 * STAKED);
        CHEATS.warp(block.timestamp + 599);
        observeNow(1 ether);
        uint256 mean = observer.observationOf(address(token), currentEpoch()).meanTotal;
        equal(mean, (STAKED * EPOCH_LENGTH + 2 * STAKED * 599) / (EPOCH_LENGTH + 599));
    }

    function testFuzz_observe_depositAndWithdrawalAroundIt_moveNothing(uint96 loan, uint16 second) external {
        _intoTheNextEpoch(bound(second, 0, 599));
        uint256 before = CHEATS.snapshotState();
        observeNow(1 ether);
        (int256[] memory honest,) = observer.inputsOf(address(token), currentEpoch());
        check(CHEATS.revertToState(before), "no way back");
        totals.set(STAKED + loan);
        observeNow(1 ether);
        totals.set(STAKED);
        (int256[] memory sandwiched,) = observer.inputsOf(address(token), currentEpoch());
        for (uint256 i = 0; i < 32; ++i) {
            equal(sandwiched[i], honest[i]);
        }
    }

    /// @dev Unwrapped before and wrapped again after, within a transaction.
    function testFuzz_observe_supplyUnwrappedAroundIt_movesFlowByOneInFortyNineAtMost(uint96 part, uint96 stake)
        external
    {
        uint256 supply = token.totalSupply();
        uint256 unwrapped = bound(part, 1, supply - 1);
        stake = uint96(bound(stake, 1 ether, 20_000 ether));
        totals.set(STAKED + stake);
        _intoTheNextEpoch(0);
        token.burn(address(this), unwrapped);
        observeNow(1 ether);
        token.mint(address(this), unwrapped);
        (int256[] memory inputs,) = observer.inputsOf(address(token), currentEpoch());
        uint256 honest = (uint256(stake) * FACTOR_AND_SCALE) / supply;
        check(uint256(inputs[30]) >= honest, "less than without");
        // 1 / 0.98, beside what truncation takes
        check(uint256(inputs[30]) <= ((honest + 1) * 50) / 49 + 1, "beyond the bound");
    }

    /// @dev A false price within age and sign is believed: premium and its change go to the ends of the scale, nothing else moves.
    function testFuzz_observe_falsePrice_movesPremiumsToTheScaleAndNothingElse(uint96 price) external {
        _intoTheNextEpoch(0);
        uint256 before = CHEATS.snapshotState();
        observeNow(1.02 ether);
        (int256[] memory honest,) = observer.inputsOf(address(token), currentEpoch());
        check(CHEATS.revertToState(before), "no way back");
        observeNow(int256(bound(price, 1, type(uint96).max)));
        (int256[] memory moved,) = observer.inputsOf(address(token), currentEpoch());
        for (uint256 i = 0; i < 32; ++i) {
            if (i == 28 || i == 29) check(moved[i] >= -SCALE && moved[i] <= SCALE, "beyond the scale");
            else equal(moved[i], honest[i]);
        }
    }

    /// @dev It is believed for its heartbeat and a tenth, its age is on record, and then the epoch is missed.
    function test_observe_frozenPriceFeed_isBelievedForItsHeartbeatAndATenth() external {
        _intoTheNextEpoch(0);
        observeNow(1 ether);
        uint256 updatedAt = block.timestamp;
        for (uint256 hour = 1; hour <= 26; ++hour) {
            _intoTheNextEpoch(0);
            equal(observer.observe(address(token)).priceAge, hour * 1 hours);
        }
        _intoTheNextEpoch(0);
        CHEATS.expectRevert(
            abi.encodeWithSelector(IAssetObserver.PriceStale.selector, address(token), updatedAt, 26.4 hours)
        );
        observer.observe(address(token));
    }

    function _intoTheNextEpoch(uint256 second) private {
        CHEATS.warp((uint256(currentEpoch()) + 1) * EPOCH_LENGTH + second);
    }
}
