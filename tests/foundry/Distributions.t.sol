// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {CheatTest} from "./Cheats.sol";
import {Authority} from "../../contracts/access/Authority.sol";
import {ClaimManager} from "../../contracts/deposit/ClaimManager.sol";
import {OmronDeposit} from "../../contracts/deposit/OmronDeposit.sol";
import {IClaimManager} from "../../contracts/interfaces/IClaimManager.sol";
import {MockAwkwardToken} from "../../contracts/mocks/MockAwkwardToken.sol";

/// @dev Every refusal of a distribution, with its arguments, from announcing it to sweeping it.
contract DistributionsTest is CheatTest {
    address private constant GUARDIAN = address(0x6AAD);
    address private constant SPONSOR = address(0x5900);
    address private constant RESTAKER = address(0x1001);
    address private constant THIEF = address(0x1004);
    uint256 private constant POOL = 100 ether;
    uint40 private constant WINDOW = 30 days;
    bytes32 private constant ROOT = bytes32(uint256(7));

    OmronDeposit private _deposit;
    ClaimManager private _manager;
    MockAwkwardToken private _token;
    uint40 private _opensAt;

    function setUp() external {
        CHEATS.warp(1_800_000_000);
        Authority authority = new Authority(address(this));
        authority.grantRole(2, GUARDIAN, 0);
        _deposit = new OmronDeposit(address(this), new address[](0));
        _manager = new ClaimManager(address(authority), address(_deposit));
        _token = new MockAwkwardToken();
        _token.mint(address(this), 10 ether);
        _token.mint(SPONSOR, 10 * POOL);
        CHEATS.prank(SPONSOR);
        _token.approve(address(_manager), type(uint256).max);
        _deposit.addWhitelistedToken(address(_token));
        _token.approve(address(_deposit), 10 ether);
        _deposit.depositFor(RESTAKER, address(_token), 10 ether);
        CHEATS.warp(block.timestamp + 1 hours);
        _opensAt = uint40(block.timestamp + 1 days);
    }

    function test_constructor_zeroAddresses_revert() external {
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAddress.selector));
        new ClaimManager(address(0), address(_deposit));
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAddress.selector));
        new ClaimManager(address(this), address(0));
    }

    function test_announcePoints_refusals() external {
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAmount.selector));
        _announcePoints(0, 0);
        // what is promised is rounded up
        _refused(abi.encodeWithSelector(IClaimManager.AmountBelowPromise.selector, POOL, POOL + 1));
        _announcePoints(1, POOL * 1e18 + 1);
        _refused(abi.encodeWithSelector(IClaimManager.NotTheClaimManager.selector, address(0)));
        _announcePoints(1, 0);
        _deposit.setClaimManager(address(_manager));
        _refused(abi.encodeWithSelector(IClaimManager.DepositsNotStopped.selector));
        _announcePoints(1, 0);
        _deposit.stopDeposits();
        equal(_announcePoints(1, POOL * 1e18), 1);
        _refused(abi.encodeWithSelector(IClaimManager.PointsAlreadyPromised.selector, 1));
        _announcePoints(1, 0);
        // what nobody paid for stands in nobody's way
        CHEATS.warp(_opensAt);
        ++_opensAt;
        equal(_announcePoints(1, 0), 2);
        _fund(2, POOL);
        for (uint256 i = 0; i < 2; ++i) {
            _refused(abi.encodeWithSelector(IClaimManager.PointsAlreadyPromised.selector, 2));
            _manager.announceMerkle(address(_token), POOL, _opensAt, WINDOW, ROOT, true);
            CHEATS.warp(_opensAt);
        }
    }

    function test_announcePoints_beforeTheManagerMayAct_isOutOfRange() external {
        _deposit.setClaimManager(address(_manager));
        _deposit.raiseClaimManagerDelay(2 days);
        _deposit.stopDeposits();
        uint256 earliest = block.timestamp + 2 days;
        uint256 latest = block.timestamp + 365 days;
        _refused(abi.encodeWithSelector(IClaimManager.OpeningOutOfRange.selector, _opensAt, earliest, latest));
        _announcePoints(1, 0);
        _opensAt = uint40(earliest);
        _announcePoints(1, 0);
    }

    function test_announceMerkle_refusals() external {
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAmount.selector));
        _manager.announceMerkle(address(_token), POOL, _opensAt, WINDOW, 0, false);
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAddress.selector));
        _manager.announceMerkle(address(0), POOL, _opensAt, WINDOW, ROOT, false);
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAmount.selector));
        _manager.announceMerkle(address(_token), 0, _opensAt, WINDOW, ROOT, false);
        uint40[2] memory windows = [WINDOW - 1, 2 * 365 days + 1];
        for (uint256 i = 0; i < 2; ++i) {
            _refused(abi.encodeWithSelector(IClaimManager.WindowOutOfRange.selector, windows[i], WINDOW, 2 * 365 days));
            _manager.announceMerkle(address(_token), POOL, _opensAt, windows[i], ROOT, false);
        }
        uint256 latest = block.timestamp + 365 days;
        uint40[2] memory openings = [uint40(block.timestamp - 1), uint40(latest + 1)];
        for (uint256 i = 0; i < 2; ++i) {
            _refused(
                abi.encodeWithSelector(IClaimManager.OpeningOutOfRange.selector, openings[i], block.timestamp, latest)
            );
            _manager.announceMerkle(address(_token), POOL, openings[i], WINDOW, ROOT, false);
        }
        equal(_manager.distributionCount(), 0);
    }

    function test_fund_refusals() external {
        _wrongState(1, IClaimManager.State.None);
        _fund(1, POOL);
        _announceMerkle();
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAmount.selector));
        _fund(1, 0);
        _token.setFee(1);
        _refused(abi.encodeWithSelector(IClaimManager.Underfunded.selector, 1, POOL, POOL - POOL / 10_000));
        _fund(1, POOL);
        _token.setFee(0);
        _fund(1, POOL);
        // more may be added, of any amount
        _fund(1, 1);
        equal(_manager.distribution(1).left, POOL + 1);
        _announceMerkle();
        CHEATS.warp(_opensAt);
        _fund(1, 1);
        _wrongState(2, IClaimManager.State.Lapsed);
        _fund(2, POOL);
        CHEATS.warp(_opensAt + WINDOW);
        _wrongState(1, IClaimManager.State.Closed);
        _fund(1, 1);
    }

    function test_claims_refusals() external {
        _deposit.setClaimManager(address(_manager));
        _deposit.stopDeposits();
        _announceMerkle();
        _announcePoints(1e18, 0);
        _fund(1, POOL);
        _fund(2, POOL);
        _wrongState(1, IClaimManager.State.Waiting);
        _manager.claimLeaf(1, RESTAKER, 1, new bytes32[](0));
        _wrongState(3, IClaimManager.State.None);
        _manager.claimPoints(3, RESTAKER);
        CHEATS.warp(_opensAt);
        _refused(abi.encodeWithSelector(IClaimManager.WrongKind.selector, 1));
        _manager.claimPoints(1, RESTAKER);
        _refused(abi.encodeWithSelector(IClaimManager.WrongKind.selector, 2));
        _manager.claimLeaf(2, RESTAKER, 1, new bytes32[](0));
        // nothing to convert is no mistake
        equal(_manager.claimPoints(2, THIEF), 0);
        equal(_manager.exitAndClaimPoints(2, RESTAKER), 10 ether);
        equal(_token.balanceOf(RESTAKER), 20 ether);
        equal(_manager.exitAndClaimPoints(2, RESTAKER), 0);
    }

    function test_claimLeaf_refusals() external {
        bytes32 root = _manager.leafOf(1, RESTAKER, POOL);
        _manager.announceMerkle(address(_token), POOL, _opensAt, WINDOW, root, false);
        _fund(1, POOL);
        CHEATS.warp(_opensAt);
        _refused(abi.encodeWithSelector(IClaimManager.InvalidProof.selector, 1, THIEF, POOL));
        _manager.claimLeaf(1, THIEF, POOL, new bytes32[](0));
        check(!_manager.hasClaimed(1, RESTAKER), "claimed already");
        _manager.claimLeaf(1, RESTAKER, POOL, new bytes32[](0));
        check(_manager.hasClaimed(1, RESTAKER), "not claimed");
        equal(_token.balanceOf(RESTAKER), POOL);
        _refused(abi.encodeWithSelector(IClaimManager.AlreadyClaimed.selector, 1, RESTAKER));
        _manager.claimLeaf(1, RESTAKER, POOL, new bytes32[](0));
    }

    function test_claimLeaf_thatUsesPoints_takesThem() external {
        _deposit.setClaimManager(address(_manager));
        _deposit.stopDeposits();
        bytes32 root = _manager.leafOf(1, RESTAKER, POOL);
        _manager.announceMerkle(address(_token), POOL, _opensAt, WINDOW, root, true);
        _fund(1, POOL);
        CHEATS.warp(_opensAt);
        equal(_deposit.calculatePoints(RESTAKER), 10 ether);
        _manager.claimLeaf(1, RESTAKER, POOL, new bytes32[](0));
        equal(_deposit.calculatePoints(RESTAKER), 0);
    }

    function test_claimPoints_poolTooSmall_usesNothingUp() external {
        _deposit.setClaimManager(address(_manager));
        _deposit.stopDeposits();
        _announcePoints(11e18, 0);
        _fund(1, POOL);
        CHEATS.warp(_opensAt);
        _refused(abi.encodeWithSelector(IClaimManager.PoolExhausted.selector, 1, POOL, 110 ether));
        _manager.claimPoints(1, RESTAKER);
        _fund(1, 10 ether);
        equal(_manager.claimPoints(1, RESTAKER), 110 ether);
    }

    function test_cancel_refusals() external {
        _refused(abi.encodeWithSelector(IClaimManager.NotGuardian.selector, address(this)));
        _manager.cancel(1);
        CHEATS.prank(GUARDIAN);
        _wrongState(1, IClaimManager.State.None);
        _manager.cancel(1);
        _announceMerkle();
        _cancel();
        CHEATS.prank(GUARDIAN);
        _wrongState(1, IClaimManager.State.Cancelled);
        _manager.cancel(1);
    }

    function test_sweep_refusals() external {
        _announceMerkle();
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAddress.selector));
        _manager.sweep(1, address(0));
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAddress.selector));
        _manager.sweep(1, address(_manager));
        _wrongState(1, IClaimManager.State.Unfunded);
        _manager.sweep(1, SPONSOR);
        _fund(1, POOL);
        _cancel();
        _manager.sweep(1, SPONSOR);
        equal(_token.balanceOf(SPONSOR), 10 * POOL);
        _refused(abi.encodeWithSelector(IClaimManager.NothingLeft.selector, 1));
        _manager.sweep(1, SPONSOR);
    }

    function test_keptTokens_refusals() external {
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAddress.selector));
        _manager.retrieve(address(_token), address(0));
        _refused(abi.encodeWithSelector(IClaimManager.ZeroAddress.selector));
        _manager.retrieve(address(_token), address(_manager));
        _refused(abi.encodeWithSelector(IClaimManager.NothingKept.selector, this, _token));
        _manager.retrieve(address(_token), address(this));
        _refused(abi.encodeWithSelector(IClaimManager.NothingKept.selector, THIEF, _token));
        _manager.deliver(THIEF, address(_token));
    }

    function test_whatTheAdminDoes_byAnybodyElse_reverts() external {
        bytes[3] memory calls = [
            abi.encodeCall(IClaimManager.announcePoints, (address(_token), POOL, _opensAt, WINDOW, 1, 0)),
            abi.encodeCall(IClaimManager.announceMerkle, (address(_token), POOL, _opensAt, WINDOW, ROOT, false)),
            abi.encodeCall(IClaimManager.sweep, (1, THIEF))
        ];
        bytes memory reason = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, THIEF);
        for (uint256 i = 0; i < calls.length; ++i) {
            CHEATS.prank(THIEF);
            (bool done, bytes memory answer) = address(_manager).call(calls[i]);
            check(!done && keccak256(answer) == keccak256(reason), "not refused, or not for that reason");
        }
    }

    // ---------------------------------------------------------------- private

    function _refused(bytes memory reason) private {
        CHEATS.expectRevert(reason);
    }

    function _wrongState(uint256 id, IClaimManager.State state) private {
        _refused(abi.encodeWithSelector(IClaimManager.WrongState.selector, id, state));
    }

    function _announcePoints(uint256 rate, uint256 expectedPoints) private returns (uint256 id) {
        return _manager.announcePoints(address(_token), POOL, _opensAt, WINDOW, rate, expectedPoints);
    }

    function _announceMerkle() private {
        _manager.announceMerkle(address(_token), POOL, _opensAt, WINDOW, ROOT, false);
    }

    function _fund(uint256 id, uint256 amount) private {
        CHEATS.prank(SPONSOR);
        _manager.fund(id, amount);
    }

    function _cancel() private {
        CHEATS.prank(GUARDIAN);
        _manager.cancel(1);
    }
}
