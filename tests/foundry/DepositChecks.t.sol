// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositStage} from "./DepositStage.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";
import {ISignatureTransfer} from "../../contracts/interfaces/external/ISignatureTransfer.sol";
import {MockAwkwardToken} from "../../contracts/mocks/MockAwkwardToken.sol";

/// @dev Who may do what and when, in the order in which it is asked; DepositRefusals has what amounts and tokens are refused.
contract DepositChecksTest is DepositStage {
    address private constant UNLISTED = address(0x2001);

    function setUp() external {
        setUpDeposit();
    }

    /// @dev Each refusal hides those that come after it.
    function test_everyWayIn_checksInOrder() external {
        _everyWayInRefuses(IOmronDeposit.ZeroAmount.selector, UNLISTED, 0);
        _everyWayInRefuses(IOmronDeposit.TokenNotWhitelisted.selector, UNLISTED, 1);
        _everyWayInRefuses(IOmronDeposit.ZeroAmount.selector, address(honest), 0);
        deposits.stopDeposits();
        _everyWayInRefuses(IOmronDeposit.DepositsStopped.selector, UNLISTED, 0);
        deposits.pause();
        _everyWayInRefuses(Pausable.EnforcedPause.selector, UNLISTED, 0);
    }

    function test_deposit_nothingArrives_reverts() external {
        MockAwkwardToken token = new MockAwkwardToken();
        list(address(token));
        token.setFee(10_000);
        _refused(abi.encodeWithSelector(IOmronDeposit.ZeroAmount.selector));
        depositAs(RESTAKER, address(token), 1 ether);
        equal(balanceOf(address(token), RESTAKER), MUCH);
    }

    function test_deposit_balanceThatCannotBeRead_reverts() external {
        bytes memory question = abi.encodeCall(honest.balanceOf, (address(deposits)));
        CHEATS.mockCallRevert(address(honest), question, "broken");
        _refused(abi.encodeWithSelector(IOmronDeposit.BalanceUnknown.selector, honest));
        depositAs(RESTAKER, address(honest), 1 ether);
    }

    function test_withdraw_checksInOrder() external {
        depositAs(RESTAKER, address(honest), 10);
        _exitRefused(
            RESTAKER, abi.encode(UNLISTED, 0, address(0)), abi.encodeWithSelector(IOmronDeposit.ZeroAmount.selector)
        );
        _exitRefused(
            RESTAKER, abi.encode(UNLISTED, 1, address(0)), abi.encodeWithSelector(IOmronDeposit.ZeroAddress.selector)
        );
        _exitRefused(
            RESTAKER,
            abi.encode(address(honest), 11, RESTAKER),
            abi.encodeWithSelector(IOmronDeposit.InsufficientDeposit.selector, honest, 10, 11)
        );
        _exitRefused(
            THIEF,
            abi.encode(address(honest), 1, THIEF),
            abi.encodeWithSelector(IOmronDeposit.InsufficientDeposit.selector, honest, 0, 1)
        );
        deposits.pause();
        withdrawAs(RESTAKER, address(honest), 10);
    }

    function test_withdrawTokensAndClaim_checkInOrder() external {
        deposits.pause();
        _theManagersRefuse(THIEF, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        deposits.unpause();
        _theManagersRefuse(THIEF, abi.encodeWithSelector(IOmronDeposit.ClaimManagerNotSet.selector));
        deposits.setClaimManager(MANAGER);
        CHEATS.warp(block.timestamp + DELAY);
        deposits.acceptClaimManager();
        _theManagersRefuse(THIEF, abi.encodeWithSelector(IOmronDeposit.NotClaimManager.selector));
        _theManagersRefuse(MANAGER, abi.encodeWithSelector(IOmronDeposit.DepositsNotStopped.selector));
        deposits.stopDeposits();
        uint256 readyAt = block.timestamp + DELAY;
        CHEATS.warp(readyAt - 1);
        _theManagersRefuse(MANAGER, abi.encodeWithSelector(IOmronDeposit.ClaimManagerNotReady.selector, readyAt));
        CHEATS.warp(readyAt);
        _theManagersRefuse(MANAGER, abi.encodeWithSelector(IOmronDeposit.ZeroAddress.selector));
    }

    function test_whatTheOwnerDoes_byAnybodyElse_reverts() external {
        address token = address(honest);
        bytes[13] memory calls = [
            abi.encodeCall(IOmronDeposit.addWhitelistedToken, (token)),
            abi.encodeCall(IOmronDeposit.addWeightedToken, (token, 1, 1, 1)),
            abi.encodeCall(IOmronDeposit.removeWhitelistedToken, (token)),
            abi.encodeCall(IOmronDeposit.setDepositCaps, (token, 1, 1)),
            abi.encodeCall(IOmronDeposit.startSeason, (1)),
            abi.encodeCall(IOmronDeposit.stopDeposits, ()),
            abi.encodeCall(IOmronDeposit.pause, ()),
            abi.encodeCall(IOmronDeposit.unpause, ()),
            abi.encodeCall(IOmronDeposit.rescue, (token, THIEF)),
            abi.encodeCall(IOmronDeposit.setClaimManager, (THIEF)),
            abi.encodeCall(IOmronDeposit.acceptClaimManager, ()),
            abi.encodeCall(IOmronDeposit.raiseClaimManagerDelay, (DELAY + 1)),
            abi.encodeCall(Ownable.transferOwnership, (THIEF))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            _refusedAs(THIEF, calls[i], abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, THIEF));
        }
    }

    function test_whitelist_refusals() external {
        bytes memory zero = abi.encodeWithSelector(IOmronDeposit.ZeroAddress.selector);
        _refused(zero);
        deposits.addWhitelistedToken(address(0));
        _refused(zero);
        deposits.addWeightedToken(address(0), 1, 1, 1);
        _refused(zero);
        deposits.removeWhitelistedToken(address(0));
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenAlreadyWhitelisted.selector, honest));
        deposits.addWhitelistedToken(address(honest));
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenAlreadyWhitelisted.selector, honest));
        deposits.addWeightedToken(address(honest), 1, 1, 1);
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenNotWhitelisted.selector));
        deposits.removeWhitelistedToken(UNLISTED);
    }

    function test_claimManagerRole_refusals() external {
        _refused(abi.encodeWithSelector(IOmronDeposit.ZeroAddress.selector));
        deposits.setClaimManager(address(0));
        _refused(abi.encodeWithSelector(IOmronDeposit.ClaimManagerNotAnnounced.selector));
        deposits.acceptClaimManager();
        _refused(abi.encodeWithSelector(IOmronDeposit.ClaimManagerDelayNotRaised.selector, DELAY, DELAY));
        deposits.raiseClaimManagerDelay(DELAY);
        _refused(abi.encodeWithSelector(IOmronDeposit.ClaimManagerDelayTooLong.selector, 90 days + 1, 90 days));
        deposits.raiseClaimManagerDelay(90 days + 1);
        deposits.raiseClaimManagerDelay(90 days);
        equal(deposits.claimManagerDelay(), 90 days);
    }

    function test_owner_refusals() external {
        _refused(abi.encodeWithSelector(Pausable.ExpectedPause.selector));
        deposits.unpause();
        deposits.pause();
        _refused(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        deposits.pause();
        deposits.stopDeposits();
        _refused(abi.encodeWithSelector(IOmronDeposit.DepositsAlreadyStopped.selector));
        deposits.stopDeposits();
        _refused(abi.encodeWithSelector(IOmronDeposit.RenounceDisabled.selector));
        deposits.renounceOwnership();
        _refused(abi.encodeWithSelector(IOmronDeposit.InvalidRecipient.selector, deposits));
        deposits.rescue(address(honest), address(deposits));
    }

    // ---------------------------------------------------------------- private

    function _refused(bytes memory reason) private {
        CHEATS.expectRevert(reason);
    }

    function _refusedAs(address caller, bytes memory data, bytes memory reason) private {
        CHEATS.prank(caller);
        (bool done, bytes memory answer) = address(deposits).call(data);
        check(!done && keccak256(answer) == keccak256(reason), "not refused, or not for that reason");
    }

    /// @dev Of both forms of `withdraw`.
    function _exitRefused(address user, bytes memory arguments, bytes memory reason) private {
        _refusedAs(user, bytes.concat(bytes4(keccak256("withdraw(address,uint256,address)")), arguments), reason);
        bytes memory longer = bytes.concat(arguments, abi.encode(1));
        _refusedAs(user, bytes.concat(bytes4(keccak256("withdraw(address,uint256,address,uint256)")), longer), reason);
    }

    function _theManagersRefuse(address caller, bytes memory reason) private {
        _refusedAs(caller, abi.encodeCall(IOmronDeposit.withdrawTokens, (address(0))), reason);
        _refusedAs(caller, abi.encodeCall(IOmronDeposit.claim, (address(0))), reason);
    }

    function _everyWayInRefuses(bytes4 reason, address token, uint256 amount) private {
        ISignatureTransfer.PermitTransferFrom memory permit =
            ISignatureTransfer.PermitTransferFrom(ISignatureTransfer.TokenPermissions(token, amount), 0, 0);
        bytes[5] memory calls = [
            abi.encodeCall(IOmronDeposit.deposit, (token, amount)),
            abi.encodeCall(IOmronDeposit.depositFor, (address(0), token, amount)),
            abi.encodeCall(IOmronDeposit.depositWithPermit, (token, amount, 0, 0, bytes32(0), bytes32(0))),
            abi.encodeCall(IOmronDeposit.depositForWithSignature, (address(0), token, amount, 0, "")),
            abi.encodeCall(IOmronDeposit.depositWithPermit2, (permit, RESTAKER, address(0), ""))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            _refusedAs(RESTAKER, calls[i], abi.encodeWithSelector(reason));
        }
    }
}
