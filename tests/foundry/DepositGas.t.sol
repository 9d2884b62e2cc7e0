// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositStage} from "./DepositStage.sol";

/// @dev What depositing, leaving and claiming cost within a transaction, slots cold; tests/bench/deposit.py measures whole
/// transactions on a chain.
contract DepositGasTest is DepositStage {
    address private constant NEWCOMER = address(0x1005);

    /// @dev What was measured, by name; scripts/gas_snapshot.py reads it.
    event Measured(string name, uint256 gas);

    function setUp() external {
        setUpDeposit();
        // in another transaction: a slot written twice in one costs next to nothing the second time
        depositAs(OTHER_RESTAKER, address(honest), 1 ether);
        depositAs(RESTAKER, address(honest), 10 ether);
        fund(NEWCOMER, address(honest), MUCH);
        CHEATS.warp(block.timestamp + 1 hours);
    }

    function test_gas_depositFirst() external {
        _tell("deposit_first", _depositOf(NEWCOMER, 10 ether), 105_000 - 21_000);
    }

    function test_gas_depositLater() external {
        _tell("deposit_later", _depositOf(RESTAKER, 10 ether), 74_000 - 21_000);
    }

    function test_gas_exit() external {
        _cool();
        CHEATS.prank(RESTAKER);
        uint256 before = gasleft();
        deposits.withdraw(address(honest), 10 ether, RESTAKER);
        _tell("deposit_exit", before - gasleft(), 95_000 - 21_000);
    }

    function test_gas_claim() external {
        stopAndLetTheManagerAct();
        _cool();
        CHEATS.prank(MANAGER);
        uint256 before = gasleft();
        deposits.claim(RESTAKER);
        _tell("deposit_claim", before - gasleft(), 38_000 - 21_000);
    }

    function _depositOf(address user, uint256 amount) private returns (uint256 gas) {
        _cool();
        CHEATS.prank(user);
        uint256 before = gasleft();
        deposits.deposit(address(honest), amount);
        return before - gasleft();
    }

    /// @dev As in a transaction of its own: nothing has been touched yet.
    function _cool() private {
        CHEATS.cool(address(deposits));
        CHEATS.cool(address(honest));
    }

    function _tell(string memory name, uint256 gas, uint256 limit) private {
        // a transaction's own target is warm
        emit Measured(name, gas - 2_600);
        check(gas - 2_600 <= limit, name);
    }
}
