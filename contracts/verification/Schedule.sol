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
    struct Plan {
        uint16 versionCount;
        uint16 length;
        Entry last;
        mapping(uint256 index => Entry) entries;
    }

    /// @dev Appends a version that starts after all others.
    function append(Plan storage plan, uint16 versionId, uint32 fromEpoch) internal {
        Entry memory entry = Entry(versionId, fromEpoch, 0);
        plan.entries[plan.length] = entry;
        plan.last = entry;
        ++plan.length;
    }

    /// @dev Ends the last version before `endEpoch`.
    function end(Plan storage plan, uint32 endEpoch) internal {
        plan.last.endEpoch = endEpoch;
        plan.entries[plan.length - 1].endEpoch = endEpoch;
    }

    /// @dev Takes a version out, as if it had never been in.
    function remove(Plan storage plan, uint16 versionId) internal {
        uint256 length = plan.length;
        uint256 place = length;
        while (plan.entries[place - 1].versionId != versionId) --place;
        for (; place < length; ++place) {
            plan.entries[place - 1] = plan.entries[place];
        }
        delete plan.entries[length - 1];
        --plan.length;
        plan.last = length == 1 ? Entry(0, 0, 0) : plan.entries[length - 2];
    }

    /// @dev The version that serves `epoch`, 0 for none.
    function versionAt(Plan storage plan, uint32 epoch) internal view returns (uint16) {
        Entry memory entry = plan.last;
        uint256 place = plan.length;
        while (place > 0 && entry.fromEpoch > epoch) {
            --place;
            if (place > 0) entry = plan.entries[place - 1];
        }
        bool ended = entry.endEpoch != 0 && epoch >= entry.endEpoch;
        return place == 0 || ended ? 0 : entry.versionId;
    }

    /// @dev First epoch of a version and first epoch that it does not serve any more; zeros when it is not in.
    function spanOf(Plan storage plan, uint16 versionId) internal view returns (uint32 fromEpoch, uint32 untilEpoch) {
        uint32 successor = 0;
        for (uint256 place = plan.length; place > 0; --place) {
            Entry memory entry = plan.entries[place - 1];
            if (entry.versionId == versionId) {
                bool endsFirst = entry.endEpoch != 0 && (successor == 0 || entry.endEpoch < successor);
                return (entry.fromEpoch, endsFirst ? entry.endEpoch : successor);
            }
            successor = entry.fromEpoch;
        }
        return (0, 0);
    }
}
