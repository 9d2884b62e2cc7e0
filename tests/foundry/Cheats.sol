// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The few cheatcodes of Foundry that these tests use
/// @dev Written from https://getfoundry.sh/reference/cheatcodes/overview, so that no test library is needed.
interface Cheats {
    function warp(uint256 timestamp) external;
    function chainId(uint256 id) external;
    function prank(address sender) external;
    function deal(address holder, uint256 balance) external;
    function etch(address target, bytes calldata code) external;
    function expectRevert(bytes calldata data) external;
    function mockCallRevert(address target, bytes calldata data, bytes calldata revertData) external;
    function mockCall(address target, bytes calldata data, bytes calldata returnData) external;
    function clearMockedCalls() external;
    function cool(address target) external;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool success);
    function assume(bool condition) external pure;
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
}

/// @title Base of all tests here: cheatcodes and checks
abstract contract CheatTest {
    /// @dev keccak256("hevm cheat code"), the last 20 bytes.
    Cheats internal constant CHEATS = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(int256 actual, int256 expected);
    error NotTrue(string what);

    function check(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    function equal(uint256 actual, uint256 expected) internal pure {
        if (actual != expected) revert NotEqual(int256(actual), int256(expected));
    }

    function equal(int256 actual, int256 expected) internal pure {
        if (actual != expected) revert NotEqual(actual, expected);
    }

    /// @dev `value` where it lies in [least, most], else folded into it.
    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        if (value >= least && value <= most) return value;
        return least + (value % (most - least + 1));
    }
}
