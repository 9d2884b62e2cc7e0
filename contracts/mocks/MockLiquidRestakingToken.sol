// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {MockRateProvider} from "./MockRateProvider.sol";

/// @title MOCK: a liquid restaking token whose owner mints, burns and sets the fair rate; for local chains and tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockLiquidRestakingToken is ERC20, MockRateProvider {
    error NotMinter(address caller);

    /// @notice May mint as well as the owner, as Renzo's RestakeManager may mint ezETH.
    address public minter;

    constructor(string memory name_, string memory symbol_, uint256 initialRate)
        ERC20(name_, symbol_)
        MockRateProvider(initialRate)
    {}

    /// @notice Let `newMinter` mint; it replaces the one before.
    function setMinter(address newMinter) external onlyOwner {
        minter = newMinter;
    }

    /// @notice Make `amount` units for `recipient`.
    function mint(address recipient, uint256 amount) external {
        if (msg.sender != minter && msg.sender != owner()) revert NotMinter(msg.sender);
        _mint(recipient, amount);
    }

    /// @notice Destroy `amount` units of `holder`.
    function burn(address holder, uint256 amount) external onlyOwner {
        _burn(holder, amount);
    }
}
