// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositStage} from "./DepositStage.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";
import {ISignatureTransfer} from "../../contracts/interfaces/external/ISignatureTransfer.sol";
import {ITransferHook, MockHookToken} from "../../contracts/mocks/MockHookToken.sol";

/// @dev Permit2's interface without any check, so that a token moves; tests/contracts tries the real one.
contract UncheckedPermit2 {
    function permitWitnessTransferFrom(
        ISignatureTransfer.PermitTransferFrom memory permit,
        ISignatureTransfer.SignatureTransferDetails calldata details,
        address owner,
        bytes32,
        string calldata,
        bytes calldata
    ) external {
        IERC20(permit.permitted.token).transferFrom(owner, details.to, details.requestedAmount);
    }
}

/// @dev A token that calls back before and after it moves. This test is the one called: it is also the contract's owner
/// and its claim manager, so that nothing is refused for want of a right, and a wallet that agrees to everything (EIP-1271).
contract ReentryTest is DepositStage, ITransferHook, IERC1271 {
    enum Moment {
        Before,
        After
    }

    uint256 private constant WAYS_IN = 4;

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
        _calls.push(abi.encodeCall(IOmronDeposit.rescue, (address(_token), address(this))));
        for (uint256 way = 0; way < WAYS_IN; ++way) {
            _calls.push(_wayIn(way, address(_token), 1));
            _calls.push(_wayIn(way, address(honest), 1));
        }
        address permit2 = deposits.PERMIT2();
        CHEATS.etch(permit2, type(UncheckedPermit2).runtimeCode);
        CHEATS.prank(RESTAKER);
        _token.approve(permit2, MUCH);
    }

    function testFuzz_reentry_duringADeposit_isRefusedEverywhere(bool after_) external {
        _hook(after_);
        depositAs(RESTAKER, address(_token), 5 ether);
        check(_called > 0, "the hook was not called");
        equal(deposits.tokenBalance(RESTAKER, address(_token)), 15 ether);
    }

    function testFuzz_reentry_duringEveryOtherWayIn_isRefusedEverywhere(bool after_) external {
        _hook(after_);
        for (uint256 way = 0; way < WAYS_IN; ++way) {
            uint256 before = deposits.totalOf(address(_token));
            uint256 calledBefore = _called;
            CHEATS.prank(RESTAKER);
            (bool done,) = address(deposits).call(_wayIn(way, address(_token), 1 ether));
            check(done, "the deposit failed");
            check(_called > calledBefore, "the hook was not called");
            equal(deposits.totalOf(address(_token)), before + 1 ether);
        }
    }

    function testFuzz_reentry_duringARescue_isRefusedEverywhere(bool after_) external {
        MockHookToken nobodys = new MockHookToken();
        nobodys.mint(address(deposits), 5 ether);
        nobodys.setHook(this);
        _hook(after_);
        equal(deposits.rescue(address(nobodys), THIEF), 5 ether);
        check(_called > 0, "the hook was not called");
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

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
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

    /// @dev The ways in that `deposit` is not: for others, by permit, by signature and by Permit2.
    function _wayIn(uint256 way, address token, uint256 amount) private view returns (bytes memory data) {
        if (way == 0) return abi.encodeCall(IOmronDeposit.depositFor, (address(this), token, amount));
        if (way == 1) {
            return abi.encodeCall(IOmronDeposit.depositWithPermit, (token, amount, 0, 0, bytes32(0), bytes32(0)));
        }
        if (way == 2) {
            return abi.encodeCall(
                IOmronDeposit.depositForWithSignature, (address(this), token, amount, type(uint256).max, "")
            );
        }
        ISignatureTransfer.TokenPermissions memory permitted = ISignatureTransfer.TokenPermissions(token, amount);
        ISignatureTransfer.PermitTransferFrom memory permit = ISignatureTransfer.PermitTransferFrom(permitted, 0, 0);
        return abi.encodeCall(IOmronDeposit.depositWithPermit2, (permit, RESTAKER, address(this), ""));
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
