// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

/// @title Whom a token with hooks calls
interface ITransferHook {
    /// @notice `amount` units are about to move.
    function beforeTransfer(address from, address to, uint256 amount) external;

    /// @notice `amount` units have moved.
    function afterTransfer(address from, address to, uint256 amount) external;
}

/// @title MOCK: a token that calls a contract before and after it moves, as ERC-777 does; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockHookToken is MockLiquidRestakingToken {
    ITransferHook private _hook;

    constructor() MockLiquidRestakingToken("Mock Hook Token", "HOOK", 1 ether) {}

    /// @notice Call `hook` from now on; nobody when it is zero.
    function setHook(ITransferHook hook) external onlyOwner {
        _hook = hook;
    }

    function _update(address from, address to, uint256 amount) internal override {
        bool called = address(_hook) != address(0) && from != address(0) && to != address(0);
        if (called) _hook.beforeTransfer(from, to, amount);
        super._update(from, to, amount);
        if (called) _hook.afterTransfer(from, to, amount);
    }
}
