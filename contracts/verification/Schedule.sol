// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Which of a model's versions serves an epoch
/// @notice Versions in order of their first epoch. Each serves until its own end or its successor's first epoch. Nothing that
/// is done changes which version serves an epoch that has begun.
library Schedule {
    /// @dev Three to a slot.
    struct Entry {
        uint16 versionId;
        uint32 fromEpoch;
        uint32 endEpoch;
    }

    /// @dev One slot holds how many versions there are and, apart from the list, its last entry: what is asked nearly always.
    /// Places run from 1, 0 is none. An entry that was taken out stays as a gap, with version 0; the last one is never a gap.
    struct Plan {
        uint16 versionCount;
        uint16 length;
        Entry last;
        mapping(uint256 index => Entry) entries;
        mapping(uint16 versionId => uint16) places;
    }

    /// @dev Appends a version that starts after all others.
    function append(Plan storage plan, uint16 versionId, uint32 fromEpoch) internal {
        Entry memory entry = Entry(versionId, fromEpoch, 0);
        plan.entries[plan.length] = entry;
        plan.last = entry;
        plan.places[versionId] = ++plan.length;
    }

    /// @dev Ends the last version before `endEpoch`.
    function end(Plan storage plan, uint32 endEpoch) internal {
        plan.last.endEpoch = endEpoch;
        plan.entries[plan.length - 1].endEpoch = endEpoch;
    }

    /// @dev Takes a version out, as if it had never been in. What that costs does not grow with the list: nothing is moved,
    /// and every gap at the end is passed once.
    function remove(Plan storage plan, uint16 versionId) internal {
        uint16 place = plan.places[versionId];
        delete plan.places[versionId];
        plan.entries[place - 1].versionId = 0;
        uint16 length = plan.length;
        if (place != length) return;
        while (length > 0 && plan.entries[length - 1].versionId == 0) {
            delete plan.entries[--length];
        }
        plan.length = length;
        plan.last = length == 0 ? Entry(0, 0, 0) : plan.entries[length - 1];
    }

    /// @dev The version that serves `epoch`, 0 for none.
    function versionAt(Plan storage plan, uint32 epoch) internal view returns (uint16) {
        Entry memory entry = plan.last;
        uint256 place = plan.length;
        while (place > 0 && entry.fromEpoch > epoch) {
            do {
                --place;
                if (place > 0) entry = plan.entries[place - 1];
            } while (place > 0 && entry.versionId == 0);
        }
        bool ended = entry.endEpoch != 0 && epoch >= entry.endEpoch;
        return place == 0 || ended ? 0 : entry.versionId;
    }

    /// @dev First epoch of a version, 0 when it is not in.
    function firstOf(Plan storage plan, uint16 versionId) internal view returns (uint32) {
        uint256 place = plan.places[versionId];
        return place == 0 ? 0 : plan.entries[place - 1].fromEpoch;
    }

    /// @dev First epoch of a version and first epoch that it does not serve any more; zeros when it is not in.
    function spanOf(Plan storage plan, uint16 versionId) internal view returns (uint32 fromEpoch, uint32 untilEpoch) {
        uint256 place = plan.places[versionId];
        if (place == 0) return (0, 0);
        Entry memory entry = plan.entries[place - 1];
        uint256 length = plan.length;
        while (place < length && plan.entries[place].versionId == 0) ++place;
        uint32 successor = place < length ? plan.entries[place].fromEpoch : 0;
        bool endsFirst = entry.endEpoch != 0 && (successor == 0 || entry.endEpoch < successor);
        return (entry.fromEpoch, endsFirst ? entry.endEpoch : successor);
    }
}
