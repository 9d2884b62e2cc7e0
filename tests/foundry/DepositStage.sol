// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CheatTest} from "./Cheats.sol";
import {OmronDeposit} from "../../contracts/deposit/OmronDeposit.sol";
import {MockLiquidRestakingToken} from "../../contracts/mocks/MockLiquidRestakingToken.sol";

/// @dev What a test may do with any token, whatever it returns.
interface IMintable {
    function mint(address recipient, uint256 amount) external;
    function approve(address spender, uint256 amount) external;
    function balanceOf(address holder) external view returns (uint256);
}

/// @dev OmronDeposit with one honest token, owned by the test; two restakers who hold a thousand of what is listed.
abstract contract DepositStage is CheatTest {
    address internal constant RESTAKER = address(0x1001);
    address internal constant OTHER_RESTAKER = address(0x1002);
    address internal constant MANAGER = address(0x1003);
    address internal constant THIEF = address(0x1004);
    uint256 internal constant MUCH = 1000 ether;
    uint256 internal constant DELAY = 7 days;

    OmronDeposit internal deposits;
    MockLiquidRestakingToken internal honest;

    function setUpDeposit() internal {
        CHEATS.warp(1_800_000_000);
        honest = new MockLiquidRestakingToken("Mock ezETH", "ezETH", 1 ether);
        deposits = new OmronDeposit(address(this), new address[](0));
        deposits.raiseClaimManagerDelay(DELAY);
        list(address(honest));
    }

    /// @dev List a token and give both restakers much of it.
    function list(address token) internal {
        deposits.addWhitelistedToken(token);
        fund(RESTAKER, token, MUCH);
        fund(OTHER_RESTAKER, token, MUCH);
    }

    function fund(address holder, address token, uint256 amount) internal {
        IMintable(token).mint(holder, amount);
        CHEATS.prank(holder);
        IMintable(token).approve(address(deposits), type(uint256).max);
    }

    function depositAs(address user, address token, uint256 amount) internal {
        CHEATS.prank(user);
        deposits.deposit(token, amount);
    }

    function withdrawAs(address user, address token, uint256 amount) internal {
        CHEATS.prank(user);
        deposits.withdraw(token, amount, user);
    }

    /// @dev Deposits end, and MANAGER may act from now on.
    function stopAndLetTheManagerAct() internal {
        deposits.setClaimManager(MANAGER);
        CHEATS.warp(block.timestamp + DELAY);
        deposits.acceptClaimManager();
        deposits.stopDeposits();
        CHEATS.warp(block.timestamp + DELAY);
    }

    function withdrawTokensAs(address manager, address user) internal returns (uint256[] memory amounts) {
        CHEATS.prank(manager);
        return deposits.withdrawTokens(user);
    }

    function held(address token) internal view returns (uint256) {
        return balanceOf(token, address(deposits));
    }

    function balanceOf(address token, address holder) internal view returns (uint256) {
        return IMintable(token).balanceOf(holder);
    }
}
