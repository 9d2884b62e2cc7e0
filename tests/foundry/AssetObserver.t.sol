// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IAssetObserver} from "../../contracts/interfaces/IAssetObserver.sol";
import {IInputSource} from "../../contracts/interfaces/IInputSource.sol";

contract AssetObserverTest is Stage {
    function setUp() external {
        setUpStage();
    }

    function testFuzz_observe_supplyJumps_isClampedByEpoch(uint256 supply, uint8 missed) external {
        uint256 gap = 1 + (missed % 60);
        observeNow(1 ether);
        uint256 before = observer.observationOf(address(token), currentEpoch()).supply;
        supply = bound(supply, 1, type(uint96).max);
        token.burn(address(this), token.totalSupply());
        token.mint(address(this), supply);

        CHEATS.warp(block.timestamp + gap * EPOCH_LENGTH);
        observeNow(1 ether);
        uint256 stored = observer.observationOf(address(token), currentEpoch()).supply;
        uint256 least = gap >= 50 ? 0 : (before * (100 - 2 * gap)) / 100;
        uint256 most = (before * (100 + 2 * gap)) / 100;
        if (supply < least) equal(stored, least);
        else if (supply > most) equal(stored, most);
        else equal(stored, supply);
    }

    function testFuzz_observe_depositsInBetween_storesTheTimeWeightedMean(uint96 first, uint96 second, uint16 at)
        external
    {
        totals.set(first);
        observeNow(1 ether);
        uint256 early = bound(at, 1, EPOCH_LENGTH - 1);
        CHEATS.warp(block.timestamp + early);
        totals.set(second);
        CHEATS.warp(block.timestamp + EPOCH_LENGTH - early);
        observeNow(1 ether);
        uint256 mean = (uint256(first) * early + uint256(second) * (EPOCH_LENGTH - early)) / EPOCH_LENGTH;
        equal(observer.observationOf(address(token), currentEpoch()).meanTotal, mean);
    }

    function testFuzz_observe_missedEpochs_areCarriedOrRestartTheSeries(uint8 missed) external {
        uint32 gap = 1 + (missed % 6);
        observeEpochs(9);
        uint32 last = currentEpoch();
        IAssetObserver.Observation memory before = observer.observationOf(address(token), last);
        CHEATS.warp(block.timestamp + uint256(gap) * EPOCH_LENGTH);
        observeNow(1 ether);
        IAssetObserver.Observation memory newest = observer.observationOf(address(token), last + gap);
        if (gap > 3) {
            equal(observer.firstEpoch(address(token)), last + gap);
            equal(newest.elapsed, 1);
            CHEATS.expectRevert(abi.encodeWithSelector(IInputSource.InputsUnavailable.selector, address(token), last));
            observer.observationOf(address(token), last);
            return;
        }
        equal(newest.elapsed, gap);
        for (uint32 epoch = last + 1; epoch < last + gap; ++epoch) {
            IAssetObserver.Observation memory carried = observer.observationOf(address(token), epoch);
            check(carried.carried && carried.elapsed == 1, "a missed epoch is not carried");
            check(carried.price == before.price && carried.observedAt == before.observedAt, "not the previous one");
        }
        (int256[] memory inputs,) = observer.inputsOf(address(token), last + gap);
        equal(inputs.length, 32);
    }

    function test_inputsOf_fullRing_holdsTwentyFourWindows() external {
        observeEpochs(60);
        uint32 newest = currentEpoch();
        for (uint32 lag = 0; lag < 24; ++lag) {
            (int256[] memory inputs, IInputSource.Origin memory origin) =
                observer.inputsOf(address(token), newest - lag);
            equal(inputs.length, 32);
            equal(uint256(origin.observedAt), uint256(newest - lag) * EPOCH_LENGTH);
        }
        CHEATS.expectRevert(
            abi.encodeWithSelector(IInputSource.InputsUnavailable.selector, address(token), newest - 32)
        );
        observer.inputsOf(address(token), newest - 24);
    }
}
