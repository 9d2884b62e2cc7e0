// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title MOCK: wrapped ether that its owner may also mint without backing; for local chains and tests only
/// @custom:kill Nothing to stop: unbacked on purpose.
contract MockWrappedEther is ERC20, Ownable {
    constructor() ERC20("Mock Wrapped Ether", "wETH") Ownable(msg.sender) {}

    receive() external payable {
        deposit();
    }

    /// @notice Wrap the ether sent.
    function deposit() public payable {
        _mint(msg.sender, msg.value);
    }

    /// @notice Unwrap `amount` wei, as far as there is ether.
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        Address.sendValue(payable(msg.sender), amount);
    }

    /// @notice Make `amount` units for `recipient`, without ether behind them.
    function mint(address recipient, uint256 amount) external onlyOwner {
        _mint(recipient, amount);
    }

    /// @notice Destroy `amount` units of `holder`.
    function burn(address holder, uint256 amount) external onlyOwner {
        _burn(holder, amount);
    }
}
