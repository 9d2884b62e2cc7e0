// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MockTwoDoorToken} from "./MockTwoDoorToken.sol";

/// @title MOCK: a second address of another token's ledger, through which anybody sees and moves the same balances
/// @notice As a token has that was migrated behind an old address; for tests only.
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockSecondDoor {
    MockTwoDoorToken private immutable LEDGER;

    constructor(MockTwoDoorToken ledger) {
        LEDGER = ledger;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        LEDGER.transferThroughSecondDoor(msg.sender, to, amount);
        return true;
    }

    function balanceOf(address holder) external view returns (uint256) {
        return LEDGER.balanceOf(holder);
    }

    function decimals() external view returns (uint8) {
        return LEDGER.decimals();
    }
}
