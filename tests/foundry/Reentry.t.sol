// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositStage} from "./DepositStage.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";
import {ITransferHook, MockHookToken} from "../../contracts/mocks/MockHookToken.sol";

/// @dev A token that calls back before and after it moves. This test is the one called: it is also the contract's owner
/// and its claim manager, so that nothing is refused for want of a right.
contract ReentryTest is DepositStage, ITransferHook {
    enum Moment {
        Before,
        After
    }

    MockHookToken private _token;
    bytes[] private _calls;
    Moment private _moment;
    uint256 private _called;

    error LetIn(uint256 call);
    error NotForReentry(uint256 call, bytes reason);

    function setUp() external {
        setUpDeposit();
        _token = new MockHookToken();
        list(address(_token));
        fund(address(this), address(_token), MUCH);
        fund(address(this), address(honest), MUCH);
        deposits.setClaimManager(address(this));
        CHEATS.warp(block.timestamp + DELAY);
        deposits.acceptClaimManager();
        deposits.deposit(address(_token), 10 ether);
        deposits.deposit(address(honest), 10 ether);
        depositAs(RESTAKER, address(_token), 10 ether);
        _calls.push(abi.encodeCall(IOmronDeposit.deposit, (address(_token), 1)));
        _calls.push(abi.encodeCall(IOmronDeposit.deposit, (address(honest), 1)));
        _calls.push(abi.encodeWithSignature("withdraw(address,uint256,address)", _token, 1, address(this)));
        _calls.push(abi.encodeWithSignature("withdraw(address,uint256,address,uint256)", _token, 1, address(this), 1));
        _calls.push(abi.encodeWithSignature("withdraw(address,uint256,address)", honest, 1, address(this)));
        _calls.push(abi.encodeCall(IOmronDeposit.withdrawTokens, (RESTAKER)));
        _calls.push(abi.encodeCall(IOmronDeposit.claim, (RESTAKER)));
    }

    function testFuzz_reentry_duringADeposit_isRefusedEverywhere(bool after_) external {
        _hook(after_);
        depositAs(RESTAKER, address(_token), 5 ether);
        check(_called > 0, "the hook was not called");
        equal(deposits.tokenBalance(RESTAKER, address(_token)), 15 ether);
    }

    function testFuzz_reentry_duringAWithdrawal_isRefusedEverywhere(bool after_) external {
        _hook(after_);
        withdrawAs(RESTAKER, address(_token), 5 ether);
        check(_called > 0, "the hook was not called");
        equal(deposits.tokenBalance(RESTAKER, address(_token)), 5 ether);
    }

    function testFuzz_reentry_duringWithdrawTokens_isRefusedEverywhere(bool after_) external {
        deposits.stopDeposits();
        CHEATS.warp(block.timestamp + DELAY);
        _hook(after_);
        deposits.withdrawTokens(RESTAKER);
        check(_called > 0, "the hook was not called");
        equal(balanceOf(address(_token), address(this)), MUCH);
    }

    /// @inheritdoc ITransferHook
    function beforeTransfer(address, address, uint256) external {
        _views();
        if (_moment == Moment.Before) _reenter();
    }

    /// @inheritdoc ITransferHook
    function afterTransfer(address, address, uint256) external {
        _views();
        if (_moment == Moment.After) _reenter();
    }

    function _hook(bool after_) private {
        _moment = after_ ? Moment.After : Moment.Before;
        _token.setHook(this);
    }

    function _reenter() private {
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool done, bytes memory reason) = address(deposits).call(_calls[i]);
            if (done) revert LetIn(i);
            bool guarded = bytes4(reason) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
            if (!guarded) revert NotForReentry(i, reason);
        }
        ++_called;
    }

    /// @dev A view in the middle never says that more is deposited than is held, and counts everybody's deposits alike.
    function _views() private view {
        uint256 total = deposits.totalOf(address(_token));
        uint256 sum = deposits.tokenBalance(RESTAKER, address(_token))
            + deposits.tokenBalance(address(this), address(_token))
            + deposits.tokenBalance(OTHER_RESTAKER, address(_token));
        equal(total, sum);
        check(total <= held(address(_token)), "more is said to be deposited than is held");
        deposits.calculatePoints(RESTAKER);
        deposits.cumulativeOf(address(_token));
    }
}
