// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {OmronDeposit} from "../../contracts/deposit/OmronDeposit.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";
import {MockLiquidRestakingToken} from "../../contracts/mocks/MockLiquidRestakingToken.sol";

/// @dev How long ahead restakers hear of whoever may take their tokens.
contract ClaimManagerTest is CheatTest {
    address private constant MANAGER = address(0xBEEF);
    uint256 private constant DELAY = 7 days;

    MockLiquidRestakingToken private _token;
    OmronDeposit private _deposit;

    function setUp() external {
        CHEATS.warp(1_800_000_000);
        _token = new MockLiquidRestakingToken("x", "x", 1 ether);
        _token.mint(address(this), 100 ether);
        address[] memory tokens = new address[](1);
        tokens[0] = address(_token);
        _deposit = new OmronDeposit(address(this), tokens);
        _token.approve(address(_deposit), type(uint256).max);
        _deposit.deposit(address(_token), 100 ether);
    }

    function test_acceptClaimManager_longAfterItWasReady_reverts() external {
        uint256 end = block.timestamp + DELAY + 7 days;
        _announce();
        CHEATS.warp(end + 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IOmronDeposit.ClaimManagerAnnouncementExpired.selector, end));
        _deposit.acceptClaimManager();
        _deposit.setClaimManager(MANAGER);
        CHEATS.warp(end + 1 + DELAY);
        _deposit.acceptClaimManager();
        check(_deposit.claimManager() == MANAGER, "not accepted");
    }

    function test_acceptClaimManager_lastSecond_isAccepted() external {
        _announce();
        CHEATS.warp(block.timestamp + DELAY + 7 days);
        _deposit.acceptClaimManager();
        check(_deposit.claimManager() == MANAGER, "not accepted");
    }

    function test_raiseClaimManagerDelay_pendingAnnouncement_waitsForTheNewDelay() external {
        _announce();
        CHEATS.warp(block.timestamp + 1 days);
        _deposit.raiseClaimManagerDelay(30 days);
        uint256 readyAt = block.timestamp + 30 days;
        (, uint256 announced) = _deposit.announcedClaimManager();
        equal(announced, readyAt);
        CHEATS.warp(readyAt - 1);
        CHEATS.expectRevert(abi.encodeWithSelector(IOmronDeposit.ClaimManagerNotReady.selector, readyAt));
        _deposit.acceptClaimManager();
    }

    function testFuzz_withdrawTokensAndClaim_withADelay_waitForItAfterTheStop(uint24 early) external {
        _announce();
        CHEATS.warp(block.timestamp + DELAY);
        _deposit.acceptClaimManager();
        _deposit.stopDeposits();
        uint256 readyAt = block.timestamp + DELAY;
        CHEATS.warp(readyAt - bound(early, 1, DELAY));
        bytes memory notReady = abi.encodeWithSelector(IOmronDeposit.ClaimManagerNotReady.selector, readyAt);
        CHEATS.prank(MANAGER);
        CHEATS.expectRevert(notReady);
        _deposit.withdrawTokens(address(this));
        CHEATS.prank(MANAGER);
        CHEATS.expectRevert(notReady);
        _deposit.claim(address(this));

        CHEATS.warp(readyAt);
        CHEATS.prank(MANAGER);
        _deposit.withdrawTokens(address(this));
        equal(_token.balanceOf(MANAGER), 100 ether);
    }

    function test_withdrawTokens_withoutDelay_actsAtOnceAsOnMainnet() external {
        _deposit.setClaimManager(MANAGER);
        _deposit.stopDeposits();
        CHEATS.prank(MANAGER);
        CHEATS.expectRevert(abi.encodeWithSelector(IOmronDeposit.ZeroAddress.selector));
        _deposit.withdrawTokens(address(0));
        CHEATS.prank(MANAGER);
        _deposit.withdrawTokens(address(this));
        equal(_token.balanceOf(MANAGER), 100 ether);
    }

    function _announce() private {
        _deposit.raiseClaimManagerDelay(DELAY);
        _deposit.setClaimManager(MANAGER);
    }
}
