// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Stage} from "./Stage.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";

/// @dev Versions that are frozen before they start leave the schedule as if they had never been in it.
contract ScheduleGapsTest is Stage {
    uint16 private constant WAITING = 8;
    uint32 private _now;

    function setUp() external {
        setUpStage();
        for (uint256 i = 0; i < WAITING + 2; ++i) {
            registry.propose(MODEL_ID, circuit(anotherVerifier()));
        }
        CHEATS.warp(block.timestamp + ACTIVATION_DELAY);
        _now = currentEpoch();
        for (uint16 id = 1; id <= WAITING + 1; ++id) {
            registry.activate(MODEL_ID, id, _firstOf(id));
        }
    }

    /// @param gone which of those that wait are frozen
    /// @param step in which order: every `step`-th, an odd number
    function testFuzz_freeze_anyThatWait_leavesTheScheduleOfTheRest(uint8 gone, uint8 step) external {
        for (uint16 i = 0; i < WAITING; ++i) {
            uint16 bit = uint16((uint256(i) * (uint256(step) * 2 + 1)) % WAITING);
            if (gone >> bit & 1 == 0) continue;
            CHEATS.prank(GUARDIAN);
            registry.freeze(MODEL_ID, bit + 2);
        }
        _checkSchedule(gone);
        uint16 last = WAITING + 1;
        while (last > 1 && gone >> (last - 2) & 1 == 1) {
            --last;
        }
        uint32 start = _firstOf(last) + 1;
        registry.activate(MODEL_ID, WAITING + 2, start);
        equal(registry.version(MODEL_ID, last).untilEpoch, start);
        equal(registry.servingAt(MODEL_ID, start - 1).versionId, last);
        equal(registry.servingAt(MODEL_ID, start).versionId, WAITING + 2);
    }

    function _checkSchedule(uint8 gone) private view {
        uint16 serving = 1;
        for (uint16 id = 2; id <= WAITING + 1; ++id) {
            uint32 first = _firstOf(id);
            equal(registry.servingAt(MODEL_ID, first - 1).versionId, serving);
            IVerifierRegistry.Version memory version = registry.version(MODEL_ID, id);
            bool frozen = gone >> (id - 2) & 1 == 1;
            equal(version.fromEpoch, frozen ? 0 : first);
            if (frozen) {
                equal(version.untilEpoch, 0);
                continue;
            }
            equal(registry.version(MODEL_ID, serving).untilEpoch, first);
            serving = id;
        }
        equal(registry.version(MODEL_ID, serving).untilEpoch, 0);
        equal(registry.servingAt(MODEL_ID, _firstOf(WAITING + 1) + 9).versionId, serving);
    }

    function _firstOf(uint16 id) private view returns (uint32) {
        return _now + uint32(id - 1) * 3;
    }
}
