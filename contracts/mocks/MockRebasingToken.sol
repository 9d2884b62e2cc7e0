// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

/// @title MOCK: a token that holds shares and shows balances, all of which its owner scales up or down; for tests only
/// @notice A transfer moves the shares of its amount, rounded down, so that a unit or two less may arrive.
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockRebasingToken is MockLiquidRestakingToken {
    /// @notice Units of a share, in 1e18ths.
    uint256 public unitsPerShare = 1 ether;

    constructor() MockLiquidRestakingToken("Mock Rebasing Token", "REBASE", 1 ether) {}

    /// @notice Make all balances `numerator` / `denominator` of what they are.
    function rebase(uint256 numerator, uint256 denominator) external onlyOwner {
        unitsPerShare = Math.mulDiv(unitsPerShare, numerator, denominator);
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return Math.mulDiv(super.balanceOf(holder), unitsPerShare, 1 ether);
    }

    function totalSupply() public view override returns (uint256) {
        return Math.mulDiv(super.totalSupply(), unitsPerShare, 1 ether);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, Math.mulDiv(amount, 1 ether, unitsPerShare));
    }
}
