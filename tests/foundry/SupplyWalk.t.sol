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

    function _observeUnwrapped() private {
        token.burn(address(this), LOAN);
        observeEpochs(1);
        token.mint(address(this), LOAN);
    }

    function _supply() private view returns (uint256) {
        return observer.observationOf(address(token), currentEpoch()).supply;
    }
}
