// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

/// @title MOCK: a token whose issuer blocks accounts from sending and receiving; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockBlacklistToken is MockLiquidRestakingToken {
    error Blacklisted(address account);

    mapping(address account => bool) public blacklisted;

    constructor() MockLiquidRestakingToken("Mock Blacklist Token", "BLACK", 1 ether) {}

    /// @notice Block `account`, or unblock it.
    function setBlacklisted(address account, bool blocked) external onlyOwner {
        blacklisted[account] = blocked;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blacklisted[from]) revert Blacklisted(from);
        if (blacklisted[to]) revert Blacklisted(to);
        super._update(from, to, amount);
    }
}
