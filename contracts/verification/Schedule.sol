// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Which of a model's versions serves an epoch
/// @notice Versions in order of their first epoch. Each serves until its own end or its successor's first epoch. Nothing that
/// is done changes which version serves an epoch that has begun.
library Schedule {
    /// @dev One slot. Neighbours in order of first epochs are named by their versions, 0 is none.
    struct Entry {
        uint16 versionId;
        uint32 fromEpoch;
        uint32 endEpoch;
        uint16 previous;
        uint16 next;
    }

    /// @dev `last` repeats the last entry in a slot of its own: what is asked nearly always. An entry that was taken out leaves
    /// nothing behind; that of version 0 is always empty.
    struct Plan {
        uint16 versionCount;
        Entry last;
        mapping(uint16 versionId => Entry) entries;
    }

    /// @dev Appends a version that starts after all others.
    function append(Plan storage plan, uint16 versionId, uint32 fromEpoch) internal {
        uint16 previous = plan.last.versionId;
        Entry memory entry = Entry(versionId, fromEpoch, 0, previous, 0);
        if (previous != 0) plan.entries[previous].next = versionId;
        plan.entries[versionId] = entry;
        plan.last = entry;
    }

    /// @dev Ends the last version before `endEpoch`.
    function end(Plan storage plan, uint32 endEpoch) internal {
        plan.last.endEpoch = endEpoch;
        plan.entries[plan.last.versionId].endEpoch = endEpoch;
    }

    /// @dev Takes out a version that is in, as if it had never been. What that costs grows
    /// neither with the list nor with what was taken out before: four slots at most.
    function remove(Plan storage plan, uint16 versionId) internal {
        Entry memory gone = plan.entries[versionId];
        delete plan.entries[versionId];
        if (gone.previous != 0) plan.entries[gone.previous].next = gone.next;
        if (gone.next == 0) {
            plan.last = plan.entries[gone.previous];
            return;
        }
        plan.entries[gone.next].previous = gone.previous;
        if (plan.last.versionId == gone.next) plan.last.previous = gone.previous;
    }

    /// @dev The version that serves `epoch`, 0 for none. Each version that starts after it is passed.
    function versionAt(Plan storage plan, uint32 epoch) internal view returns (uint16) {
        Entry memory entry = plan.last;
        while (entry.fromEpoch > epoch) {
            entry = plan.entries[entry.previous];
        }
        bool ended = entry.endEpoch != 0 && epoch >= entry.endEpoch;
        return ended ? 0 : entry.versionId;
    }

    /// @dev First epoch of a version, 0 when it is not in.
    function firstOf(Plan storage plan, uint16 versionId) internal view returns (uint32) {
        return plan.entries[versionId].fromEpoch;
    }

    /// @dev First epoch of a version and first epoch that it does not serve any more; zeros when it is not in.
    function spanOf(Plan storage plan, uint16 versionId) internal view returns (uint32 fromEpoch, uint32 untilEpoch) {
        Entry memory entry = plan.entries[versionId];
        uint32 successor = entry.next == 0 ? 0 : plan.entries[entry.next].fromEpoch;
        bool endsFirst = entry.endEpoch != 0 && (successor == 0 || entry.endEpoch < successor);
        return (entry.fromEpoch, endsFirst ? entry.endEpoch : successor);
    }
}
