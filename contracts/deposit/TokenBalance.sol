// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Units of `token` that this contract holds, and whether the token says so: it may have no code, revert, or answer
/// with less than a word.
/// @dev Reads one word whatever comes back, so that no answer is long enough to use up the gas of an exit.
function balanceHere(address token) view returns (bool known, uint256 units) {
    bytes4 selector = IERC20.balanceOf.selector;
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        mstore(0x00, selector)
        mstore(0x04, address())
        // in two steps: Yul evaluates the last argument first
        known := staticcall(gas(), token, 0x00, 0x24, 0x00, 0x20)
        known := and(known, gt(returndatasize(), 0x1f))
        units := mload(0x00)
    }
}
