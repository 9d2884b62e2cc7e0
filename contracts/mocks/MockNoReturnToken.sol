// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title MOCK: a token whose transfers and approvals return nothing; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing, and anybody mints.
contract MockNoReturnToken {
    event Transfer(address indexed from, address indexed to, uint256 amount);

    mapping(address holder => uint256) public balanceOf;
    mapping(address holder => mapping(address spender => uint256)) public allowance;
    // ERC-20 names it so
    // solhint-disable-next-line const-name-snakecase
    uint8 public constant decimals = 18;

    /// @notice Make `amount` units for `recipient`.
    function mint(address recipient, uint256 amount) external {
        balanceOf[recipient] += amount;
        emit Transfer(address(0), recipient, amount);
    }

    /// @notice Let `spender` move up to `amount` units of the caller.
    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    /// @notice Send `amount` units to `to`.
    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    /// @notice Send `amount` units of `from` to `to`, within the caller's allowance.
    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
