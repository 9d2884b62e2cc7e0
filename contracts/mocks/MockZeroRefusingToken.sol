// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

/// @title MOCK: a token that reverts when asked to move nothing; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockZeroRefusingToken is MockLiquidRestakingToken {
    error NothingToMove();

    constructor() MockLiquidRestakingToken("Mock Zero Refusing Token", "NONZERO", 1 ether) {}

    function _update(address from, address to, uint256 amount) internal override {
        if (amount == 0) revert NothingToMove();
        super._update(from, to, amount);
    }
}
