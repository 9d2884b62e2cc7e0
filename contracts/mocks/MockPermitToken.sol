// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title MOCK: a token with ERC-2612 permits and decimals as told, whose owner mints; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockPermitToken is ERC20, ERC20Permit, Ownable {
    uint8 private immutable _DECIMALS;

    constructor(uint8 decimals_)
        ERC20("Mock Permit Token", "PMT")
        ERC20Permit("Mock Permit Token")
        Ownable(msg.sender)
    {
        _DECIMALS = decimals_;
    }

    /// @notice Make `amount` units for `recipient`.
    function mint(address recipient, uint256 amount) external onlyOwner {
        _mint(recipient, amount);
    }

    /// @notice Take `amount` units from `holder`, as a slashing does.
    function burn(address holder, uint256 amount) external onlyOwner {
        _burn(holder, amount);
    }

    /// @notice Decimals as told on construction.
    function decimals() public view override returns (uint8) {
        return _DECIMALS;
    }
}
