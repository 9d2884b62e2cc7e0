// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Who may do what on this chain: OpenZeppelin's AccessManager with this project's roles
/// @notice The admin role (0) owns OmronDeposit and adds configuration; proposers and guardians are others.
/// @custom:kill The admin closes a target with `setTargetClosed`; no funds are here.
contract Authority is AccessManager {
    /// @notice May propose and activate circuit versions.
    uint64 public constant PROPOSER = 1;
    /// @notice May freeze a circuit version, at once and for ever.
    uint64 public constant GUARDIAN = 2;

    constructor(address initialAdmin) AccessManager(initialAdmin) {}
}
