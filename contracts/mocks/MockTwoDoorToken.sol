// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";
import {MockSecondDoor} from "./MockSecondDoor.sol";

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
