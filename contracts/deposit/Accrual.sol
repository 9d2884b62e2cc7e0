// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Units, since when they count, and what had been accrued by then, in one slot: 96, 32 and 128 bits.
/// @dev A value type, not a struct: the compiler reads and writes a packed struct member by member.
type Accrual is uint256;

using {unitsOf, lastUpdatedOf, unitSecondsOf, heldUntil} for Accrual global;

/// @dev The most units, and unit-seconds, that an Accrual counts.
uint256 constant MAXIMUM_UNITS = type(uint96).max;
uint256 constant MAXIMUM_UNIT_SECONDS = type(uint128).max;

/// @notice Units, below 2^96.
function unitsOf(Accrual accrual) pure returns (uint256 units) {
    return Accrual.unwrap(accrual) >> 160;
}

/// @notice Unix time of the last change, seconds; 0 when there was none.
function lastUpdatedOf(Accrual accrual) pure returns (uint256 time) {
    return uint32(Accrual.unwrap(accrual) >> 128);
}

/// @notice Unit-seconds accrued up to then.
function unitSecondsOf(Accrual accrual) pure returns (uint256 unitSeconds) {
    return uint128(Accrual.unwrap(accrual));
}

/// @notice An Accrual of no more than MAXIMUM_UNITS `units`, at a `time` below 2^32, with `unitSeconds` below 2^128.
function accrualOf(uint256 units, uint256 time, uint256 unitSeconds) pure returns (Accrual accrual) {
    return Accrual.wrap((units << 160) | (time << 128) | unitSeconds);
}

/// @notice The same, `accrual`'s units having been held until `time`, and `units` from then on.
/// @dev Time never runs back. Cannot overflow: units below 2^96 over times below 2^32 that do not overlap.
function heldUntil(Accrual accrual, uint256 time, uint256 units) pure returns (Accrual later) {
    unchecked {
        uint256 accrued = accrual.unitsOf() * (time - accrual.lastUpdatedOf());
        return accrualOf(units, time, accrual.unitSecondsOf() + accrued);
    }
}
