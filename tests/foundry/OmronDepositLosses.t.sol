// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";
import {OmronDeposit} from "../../contracts/deposit/OmronDeposit.sol";
import {MockLiquidRestakingToken} from "../../contracts/mocks/MockLiquidRestakingToken.sol";

/// @dev Three restakers leave in any order, in part or by the claim manager, around losses and gains.
contract OmronDepositLossesTest is CheatTest {
    address private constant MANAGER = address(0xBEEF);
    MockLiquidRestakingToken private _token;
    OmronDeposit private _deposit;
    address[3] private _users = [address(0xA1), address(0xA2), address(0xA3)];

    function setUp() external {
        CHEATS.warp(1_800_000_000);
        _token = new MockLiquidRestakingToken("x", "x", 1 ether);
        address[] memory tokens = new address[](1);
        tokens[0] = address(_token);
        _deposit = new OmronDeposit(address(this), tokens);
        _deposit.setClaimManager(MANAGER);
    }

    /// @dev Whatever the order and way, two who leave between the same loss and the next change get the same ratio, to a unit;
    /// nobody gets more than is owed, and the ratio of those who stay never falls by it.
    function testFuzz_exits_afterALoss_payAllTheSameRatio(uint96[3] memory amounts, uint96 lost, uint8 order) external {
        uint256 owed = _deposits(amounts);
        uint256 held = owed - bound(lost, 0, owed - 1);
        _token.burn(address(_deposit), owed - held);
        _deposit.stopDeposits();
        for (uint256 i = 0; i < 3; ++i) {
            address user = _users[(i + order) % 3];
            uint256 balance = _deposit.tokenBalance(user, address(_token));
            uint256 paid = _leave(user, balance, order >> (2 + i) & 1 == 1);
            // floor(balance * held / owed), but for what rounding gave from those before: less than a unit each
            uint256 fair = balance * held / owed;
            check(paid >= fair && paid <= fair + 2, "another ratio");
            check(paid <= balance, "more than owed");
        }
        check(_token.balanceOf(address(_deposit)) <= 3, "left over");
    }

    /// @dev A gain between two exits never lets both together take more than there was and is.
    function testFuzz_exits_aroundARecovery_neverPayTwice(uint96[3] memory amounts, uint96 lost, uint96 gain) external {
        uint256 owed = _deposits(amounts);
        _token.burn(address(_deposit), bound(lost, 0, owed - 1));
        uint256 held = _token.balanceOf(address(_deposit));
        _deposit.stopDeposits();
        uint256 first = _leave(_users[0], _deposit.tokenBalance(_users[0], address(_token)), false);
        uint256 stillOwed = _deposit.totalOf(address(_token));
        _token.mint(address(_deposit), bound(gain, 1, 1e28));
        uint256 there = _token.balanceOf(address(_deposit));
        uint256 rest = 0;
        for (uint256 i = 1; i < 3; ++i) {
            rest += _leave(_users[i], _deposit.tokenBalance(_users[i], address(_token)), i == 1);
        }
        check(first <= held && rest <= there && rest <= stillOwed, "paid twice");
        if (there >= stillOwed) equal(rest, stillOwed);
        equal(_deposit.totalOf(address(_token)), 0);
    }

    /// @dev Leaving bit by bit pays no more than leaving at once.
    function testFuzz_withdraw_inParts_paysNoMore(uint96[3] memory amounts, uint96 lost, uint96 part) external {
        uint256 owed = _deposits(amounts);
        _token.burn(address(_deposit), bound(lost, 0, owed - 1));
        uint256 balance = _deposit.tokenBalance(_users[0], address(_token));
        uint256 atOnce = _deposit.payoutOf(address(_token), balance);
        uint256 first = bound(part, 1, balance);
        uint256 paid = _leave(_users[0], first, false);
        if (balance > first) paid += _leave(_users[0], _deposit.tokenBalance(_users[0], address(_token)), false);
        check(paid <= atOnce + 1, "parts pay more");
    }

    /// @dev Whatever is lost before it is mined: the minimum or more is paid, as by the plain exit, or the deposit stays whole.
    function testFuzz_withdraw_withAMinimum_paysItOrKeepsTheDeposit(uint96[3] memory amounts, uint96 lost, uint96 least)
        external
    {
        uint256 owed = _deposits(amounts);
        _token.burn(address(_deposit), bound(lost, 0, owed - 1));
        (address user, uint256 balance) = (_users[0], _deposit.tokenBalance(_users[0], address(_token)));
        uint256 due = _deposit.payoutOf(address(_token), balance);
        // the edge itself is likely
        uint256 minimum = least % 3 == 0 ? due + least / 3 % 2 : bound(least, 0, balance + 1);
        bytes memory refusal = due == 0
            ? abi.encodeWithSelector(IOmronDeposit.NothingToPay.selector, address(_token), balance)
            : abi.encodeWithSelector(IOmronDeposit.PaidTooLittle.selector, address(_token), minimum, due);
        bool refused = due == 0 || due < minimum;
        if (refused) CHEATS.expectRevert(refusal);
        CHEATS.prank(user);
        _deposit.withdraw(address(_token), balance, user, minimum);
        equal(_token.balanceOf(user), refused ? 0 : due);
        equal(_deposit.tokenBalance(user, address(_token)), refused ? balance : 0);
        equal(_deposit.totalOf(address(_token)), refused ? owed : owed - balance);
    }

    function _deposits(uint96[3] memory amounts) private returns (uint256 owed) {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 amount = bound(amounts[i], 1e6, 1e28);
            _token.mint(_users[i], amount);
            CHEATS.prank(_users[i]);
            _token.approve(address(_deposit), amount);
            CHEATS.prank(_users[i]);
            _deposit.deposit(address(_token), amount);
            owed += amount;
        }
    }

    /// @dev What the user or the claim manager is paid; nothing where the exit would pay nothing.
    function _leave(address user, uint256 amount, bool byManager) private returns (uint256 paid) {
        address recipient = byManager ? MANAGER : user;
        paid = _token.balanceOf(recipient);
        if (byManager) {
            CHEATS.prank(MANAGER);
            _deposit.withdrawTokens(user);
        } else if (_deposit.payoutOf(address(_token), amount) != 0) {
            CHEATS.prank(user);
            _deposit.withdraw(address(_token), amount, user);
        }
        paid = _token.balanceOf(recipient) - paid;
    }
}
