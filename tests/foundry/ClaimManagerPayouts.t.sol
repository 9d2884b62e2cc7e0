// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {CheatTest} from "./Cheats.sol";
import {Authority} from "../../contracts/access/Authority.sol";
import {ClaimManager} from "../../contracts/deposit/ClaimManager.sol";
import {OmronDeposit} from "../../contracts/deposit/OmronDeposit.sol";
import {IClaimManager} from "../../contracts/interfaces/IClaimManager.sol";
import {MockAwkwardToken} from "../../contracts/mocks/MockAwkwardToken.sol";

/// @dev Whatever is claimed, refused, delivered, cancelled and swept, in whatever order: each promise is held, and each unit
/// that came in is with a user, promised, or back with the sponsor.
contract ClaimManagerPayoutsTest is CheatTest {
    address private constant GUARDIAN = address(0x6AAD);
    address private constant SPONSOR = address(0x5900);
    uint256 private constant DEPOSITED = 100 ether + 12_345;
    uint256 private constant POOL = 5_000 ether;
    uint256 private constant USERS = 3;

    Authority private _authority;
    OmronDeposit private _deposit;
    ClaimManager private _manager;
    MockAwkwardToken[2] private _tokens;

    function setUp() external {
        CHEATS.warp(1_800_000_000);
        _authority = new Authority(address(this));
        _authority.grantRole(2, GUARDIAN, 0);
        _deposit = new OmronDeposit(address(this), new address[](0));
        _manager = new ClaimManager(address(_authority), address(_deposit));
        _deposit.setClaimManager(address(_manager));
        for (uint256 i = 0; i < 2; ++i) {
            _tokens[i] = new MockAwkwardToken();
            _deposit.addWhitelistedToken(address(_tokens[i]));
            _tokens[i].mint(address(this), USERS * DEPOSITED);
            _tokens[i].mint(SPONSOR, POOL);
            _tokens[i].approve(address(_deposit), type(uint256).max);
            for (uint256 user = 0; user < USERS; ++user) {
                _deposit.depositFor(_user(user), address(_tokens[i]), DEPOSITED);
            }
            CHEATS.prank(SPONSOR);
            _tokens[i].approve(address(_manager), type(uint256).max);
        }
        CHEATS.warp(block.timestamp + 1 days + 1);
        _deposit.stopDeposits();
    }

    function testFuzz_claimPoints_anyRate_isRoundedDown(uint128 rate, uint16 hoursMore) external {
        rate = uint128(bound(rate, 1, 1e20));
        uint256 points = _deposit.calculatePoints(_user(0));
        uint256 expected = points * rate / 1e18;
        _open(rate, hoursMore);
        CHEATS.assume(expected <= POOL);
        uint256 reward = _manager.claimPoints(1, _user(0));
        equal(reward, expected);
        equal(_tokens[0].balanceOf(_user(0)), expected);
        check(reward * 1e18 <= points * rate, "rounded up");
    }

    function testFuzz_anyOrder_everyPromiseIsHeldAndNothingIsLost(uint8[24] calldata choices) external {
        _open(1e15, 0);
        for (uint256 i = 0; i < choices.length; ++i) {
            _act(choices[i]);
            _checkTokens();
        }
        _endAndEmpty();
    }

    function test_exit_balanceThatCannotBeRead_believesOmronDeposit() external {
        address broken = address(_tokens[1]);
        CHEATS.mockCallRevert(broken, abi.encodeCall(IERC20.balanceOf, (address(_manager))), "no");
        _manager.exit(_user(0));
        CHEATS.clearMockedCalls();
        for (uint256 i = 0; i < 2; ++i) {
            equal(_tokens[i].balanceOf(_user(0)), DEPOSITED);
        }
    }

    function test_exit_refusingToken_isDeliveredLaterByAnybody() external {
        _tokens[0].setBlocked(_user(0), true);
        _manager.exit(_user(0));
        equal(_manager.keptFor(_user(0), address(_tokens[0])), DEPOSITED);
        equal(_tokens[1].balanceOf(_user(0)), DEPOSITED);
        _tokens[0].setBlocked(_user(0), false);
        CHEATS.prank(SPONSOR);
        _manager.deliver(_user(0), address(_tokens[0]));
        equal(_tokens[0].balanceOf(_user(0)), DEPOSITED);
    }

    function testFuzz_claimLeaf_innerNodeOrOtherLeaf_isRefused(uint256 amount, bytes32 sibling) external {
        bytes32 leaf = _manager.leafOf(1, _user(0), 1 ether);
        bytes32 root = leaf < sibling ? keccak256(abi.encode(leaf, sibling)) : keccak256(abi.encode(sibling, leaf));
        uint40 opensAt = uint40(block.timestamp + 1);
        _manager.announceMerkle(address(_tokens[0]), 2 ether, opensAt, 30 days, root, false);
        CHEATS.prank(SPONSOR);
        _manager.fund(1, 2 ether);
        CHEATS.warp(opensAt);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        if (amount != 1 ether) {
            CHEATS.expectRevert(abi.encodeWithSelector(IClaimManager.InvalidProof.selector, 1, _user(0), amount));
            _manager.claimLeaf(1, _user(0), amount, proof);
        }
        CHEATS.expectRevert(abi.encodeWithSelector(IClaimManager.InvalidProof.selector, 1, _user(0), 1 ether));
        _manager.claimLeaf(1, _user(0), 1 ether, new bytes32[](0));
        _manager.claimLeaf(1, _user(0), 1 ether, proof);
        equal(_tokens[0].balanceOf(_user(0)), 1 ether);
    }

    function _open(uint256 rate, uint256 hoursMore) private {
        uint40 opensAt = uint40(block.timestamp + 1 + hoursMore);
        _manager.announcePoints(address(_tokens[0]), POOL, opensAt, 30 days, rate, 0);
        CHEATS.prank(SPONSOR);
        _manager.fund(1, POOL);
        CHEATS.warp(opensAt);
    }

    /// @dev Two bits say who, one which token, the rest what.
    function _act(uint8 choice) private {
        address user = _user(choice % 4 % USERS);
        MockAwkwardToken token = _tokens[choice / 4 % 2];
        uint256 what = choice / 8 % 8;
        if (what == 0) _try(abi.encodeCall(IClaimManager.exit, (user)));
        else if (what == 1) _try(abi.encodeCall(IClaimManager.claimPoints, (1, user)));
        else if (what == 2) _try(abi.encodeCall(IClaimManager.exitAndClaimPoints, (1, user)));
        else if (what == 3) _try(abi.encodeCall(IClaimManager.deliver, (user, address(token))));
        else if (what == 4) _tryAs(user, abi.encodeCall(IClaimManager.retrieve, (address(token), user)));
        else if (what == 5) token.setBlocked(user, !token.blocked(user));
        else if (what == 6 && choice > 250) _tryAs(GUARDIAN, abi.encodeCall(IClaimManager.cancel, (1)));
        else _try(abi.encodeCall(IClaimManager.sweep, (1, SPONSOR)));
    }

    function _try(bytes memory call) private {
        _tryAs(address(this), call);
    }

    function _tryAs(address caller, bytes memory call) private {
        CHEATS.prank(caller);
        // what is refused changes nothing: that is what is looked at afterwards
        (bool done,) = address(_manager).call(call);
        done;
    }

    function _checkTokens() private view {
        uint256 left = _manager.distribution(1).left;
        for (uint256 i = 0; i < 2; ++i) {
            address token = address(_tokens[i]);
            uint256 promised = i == 0 ? left : 0;
            uint256 outside = _tokens[i].balanceOf(SPONSOR) + _tokens[i].balanceOf(address(_deposit));
            for (uint256 user = 0; user < USERS; ++user) {
                promised += _manager.keptFor(_user(user), token);
                outside += _tokens[i].balanceOf(_user(user));
            }
            equal(_manager.promisedOf(token), promised);
            equal(_tokens[i].balanceOf(address(_manager)), promised);
            equal(outside + promised, USERS * DEPOSITED + POOL);
        }
    }

    /// @dev In the end everything can leave.
    function _endAndEmpty() private {
        CHEATS.warp(block.timestamp + 30 days);
        _try(abi.encodeCall(IClaimManager.sweep, (1, SPONSOR)));
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 user = 0; user < USERS; ++user) {
                _tokens[i].setBlocked(_user(user), false);
                _manager.exit(_user(user));
                _try(abi.encodeCall(IClaimManager.deliver, (_user(user), address(_tokens[i]))));
            }
            equal(_tokens[i].balanceOf(address(_manager)), 0);
            equal(_tokens[i].balanceOf(address(_deposit)), 0);
        }
    }

    function _user(uint256 index) private pure returns (address) {
        return address(uint160(0xA11CE + index));
    }
}
