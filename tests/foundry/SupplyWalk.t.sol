// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";

/// @dev Whoever unwraps nine tenths of a token for each observation, and wraps them again: how far the flow feature moves.
contract SupplyWalkTest is Stage {
    uint256 private constant SUPPLY = 1_000_000 ether;
    uint256 private constant LOAN = 900_000 ether;
    /// @dev Flow factor times scale, as in `config`.
    uint256 private constant FACTOR_AND_SCALE = 20 * 8192;

    function setUp() external {
        setUpStage();
        observeEpochs(10);
    }

    function test_flow_supplyWalkedForADayAndNothingStaked_staysZero() external {
        for (uint256 i = 0; i < 24; ++i) {
            _observeUnwrapped();
            (int256[] memory inputs,) = observer.inputsOf(address(token), currentEpoch());
            for (uint256 flow = 2; flow < 32; flow += 4) {
                equal(inputs[flow], 0);
            }
        }
    }

    function testFuzz_flow_supplyWalkedForADay_growsByItsBoundAtMost(uint256 stake, bool leaving) external {
        stake = bound(stake, 1 ether, 100_000 ether);
        for (uint256 i = 0; i < 23; ++i) {
            _observeUnwrapped();
        }
        totals.set(leaving ? 200_000 ether - stake : 200_000 ether + stake);
        _observeUnwrapped();
        (int256[] memory inputs,) = observer.inputsOf(address(token), currentEpoch());
        uint256 honest = (stake * FACTOR_AND_SCALE) / SUPPLY;
        uint256 walked = uint256(leaving ? -inputs[30] : inputs[30]);
        // 1 / 0.98^24 = 1.624, beside what truncation takes; the sign is that of the stake
        check(walked >= (honest < 8192 ? honest : 8192), "less than without the walk");
        check(walked <= (honest + 1) * 1625 / 1000 + 1, "beyond the bound");
    }

    function test_supply_everySecondObservationHonest_doesNotWalk() external {
        for (uint256 i = 0; i < 12; ++i) {
            _observeUnwrapped();
            observeEpochs(1);
        }
        // (0.98 * 1.02)^12 = 0.9952
        check(_supply() >= (SUPPLY * 995) / 1000, "it walks");
    }

    function test_supply_collapseByNineTenths_isFollowedIn114Epochs() external {
        token.burn(address(this), LOAN);
        observeEpochs(113);
        check(_supply() > SUPPLY - LOAN, "sooner than said");
        observeEpochs(1);
        equal(_supply(), SUPPLY - LOAN);
    }

    function testFuzz_supply_afterAnyGap_isWhereObservationsInEveryEpochWouldHaveTakenIt(uint8 missed, uint96 supply)
        external
    {
        uint256 gap = bound(missed, 1, 48);
        token.burn(address(this), SUPPLY);
        token.mint(address(this), bound(supply, 1, type(uint96).max));
        uint256 before = CHEATS.snapshotState();
        observeEpochs(gap);
        uint256 walked = _supply();
        check(CHEATS.revertToState(before), "no way back");
        _observeAfter(gap);
        equal(_supply(), walked);
    }

    function test_supply_unwrappedAtOneObservationAfterAWeek_fallsAsInTwoDays() external {
        token.burn(address(this), SUPPLY - 1);
        _observeAfter(168);
        // 0.98^48 = 0.3792: the bound that docs/security.md states
        check(_supply() > (SUPPLY * 379) / 1000 && _supply() < (SUPPLY * 380) / 1000, "another bound");
        equal(observer.firstEpoch(address(token)), currentEpoch() + 1);
    }

    function test_supply_inflatedAtOneObservationAfterAWeek_growsAsInTwoDays() external {
        token.mint(address(this), 1000 * SUPPLY);
        _observeAfter(168);
        // 1.02^48 = 2.587
        check(_supply() > (SUPPLY * 2587) / 1000 && _supply() < (SUPPLY * 2588) / 1000, "another bound");
    }

    function test_supply_inflatedAtTheStartOfASecondSeries_goesOnFromItsBound() external {
        token.mint(address(this), 1000 * SUPPLY);
        _observeAfter(4);
        equal(_supply(), (SUPPLY * 102 ** 4) / 100 ** 4);
        token.burn(address(this), 1000 * SUPPLY);
        // an honest supply out of the band is no reason to wait for yet another start
        observeEpochs(1);
        equal(observer.firstEpoch(address(token)), currentEpoch());
        observeEpochs(3);
        check(_supply() < (SUPPLY * 10_001) / 10_000, "not taken back");
    }

    /// @dev Observes once, so many epochs after the last observation.
    function _observeAfter(uint256 gap) private {
        CHEATS.warp((uint256(currentEpoch()) + gap) * EPOCH_LENGTH);
        observeNow(1 ether);
    }

    function _observeUnwrapped() private {
        token.burn(address(this), LOAN);
        observeEpochs(1);
        token.mint(address(this), LOAN);
    }

    function _supply() private view returns (uint256) {
        return observer.observationOf(address(token), currentEpoch()).supply;
    }
}
