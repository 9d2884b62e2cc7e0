// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

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

/// @title MOCK: a token with two addresses; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockTwoDoorToken is MockLiquidRestakingToken {
    error NotTheSecondDoor();

    /// @notice The other address of the same ledger.
    MockSecondDoor public immutable SECOND_DOOR = new MockSecondDoor(this);

    constructor() MockLiquidRestakingToken("Mock Two Door Token", "DOORS", 1 ether) {}

    /// @notice For the second address only.
    function transferThroughSecondDoor(address from, address to, uint256 amount) external {
        if (msg.sender != address(SECOND_DOOR)) revert NotTheSecondDoor();
        _transfer(from, to, amount);
    }
}
