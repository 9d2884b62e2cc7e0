// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {Schedule} from "../../contracts/verification/Schedule.sol";

/// @dev The schedule beside a list from which what is taken out is cut out.
contract ScheduleModelTest is CheatTest {
    using Schedule for Schedule.Plan;

    struct Row {
        uint16 versionId;
        uint32 fromEpoch;
        uint32 endEpoch;
    }

    Schedule.Plan private _plan;
    Row[] private _rows;
    uint16 private _versions;

    /// @param acts appends, takes out or ends, each by its lowest bits; the others choose gap or place
    function testFuzz_schedule_anyActs_isThatOfAPlainList(uint8[16] calldata acts) external {
        for (uint256 i = 0; i < acts.length; ++i) {
            _act(acts[i] % 8, acts[i] / 8);
            if (i % 4 == 3) _compare();
        }
    }

    function _act(uint8 kind, uint8 choice) private {
        uint256 count = _rows.length;
        if (kind < 4 || count == 0) {
            uint32 first = (count == 0 ? 1 : _rows[count - 1].fromEpoch + 1) + choice % 3;
            _plan.append(++_versions, first);
            _rows.push(Row(_versions, first, 0));
        } else if (kind < 7) {
            uint256 place = kind == 4 ? count - 1 : choice % count;
            _plan.remove(_rows[place].versionId);
            for (; place + 1 < count; ++place) {
                _rows[place] = _rows[place + 1];
            }
            _rows.pop();
        } else if (_rows[count - 1].endEpoch == 0) {
            uint32 until = _rows[count - 1].fromEpoch + 1 + choice % 3;
            _plan.end(until);
            _rows[count - 1].endEpoch = until;
        }
    }

    function _compare() private view {
        uint256 count = _rows.length;
        uint32 horizon = count == 0 ? 4 : _rows[count - 1].fromEpoch + 4;
        for (uint32 epoch = 0; epoch <= horizon; ++epoch) {
            equal(_plan.versionAt(epoch), _servingAt(epoch));
        }
        for (uint16 id = 1; id <= _versions; ++id) {
            (uint32 first, uint32 until) = _spanOf(id);
            (uint32 fromEpoch, uint32 untilEpoch) = _plan.spanOf(id);
            equal(fromEpoch, first);
            equal(untilEpoch, until);
            equal(_plan.firstOf(id), first);
        }
        Schedule.Entry memory last = _plan.last;
        equal(last.versionId, count == 0 ? 0 : _rows[count - 1].versionId);
        equal(last.fromEpoch, count == 0 ? 0 : _rows[count - 1].fromEpoch);
        equal(last.endEpoch, count == 0 ? 0 : _rows[count - 1].endEpoch);
    }

    function _servingAt(uint32 epoch) private view returns (uint16 serving) {
        for (uint256 i = 0; i < _rows.length && _rows[i].fromEpoch <= epoch; ++i) {
            bool ended = _rows[i].endEpoch != 0 && _rows[i].endEpoch <= epoch;
            serving = ended ? 0 : _rows[i].versionId;
        }
    }

    function _spanOf(uint16 versionId) private view returns (uint32, uint32) {
        for (uint256 i = 0; i < _rows.length; ++i) {
            Row memory row = _rows[i];
            if (row.versionId != versionId) continue;
            if (i + 1 == _rows.length) return (row.fromEpoch, row.endEpoch);
            uint32 successor = _rows[i + 1].fromEpoch;
            return (row.fromEpoch, row.endEpoch != 0 && row.endEpoch < successor ? row.endEpoch : successor);
        }
        return (0, 0);
    }
}
