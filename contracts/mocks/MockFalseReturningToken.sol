// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

/// @title MOCK: a token that, when told, moves nothing and answers false instead of reverting; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockFalseReturningToken is MockLiquidRestakingToken {
    bool private _failing;

    constructor() MockLiquidRestakingToken("Mock False Token", "FALSE", 1 ether) {}

    /// @notice Fail every transfer from now on, or none.
    function setFailing(bool failing) external onlyOwner {
        _failing = failing;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !_failing && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !_failing && super.transferFrom(from, to, amount);
    }
}
