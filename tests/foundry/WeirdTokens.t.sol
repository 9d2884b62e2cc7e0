// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositStage} from "./DepositStage.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";
import {MockAwkwardToken} from "../../contracts/mocks/MockAwkwardToken.sol";
import {MockBlacklistToken} from "../../contracts/mocks/MockBlacklistToken.sol";
import {MockDecimalsToken} from "../../contracts/mocks/MockDecimalsToken.sol";
import {MockFalseReturningToken} from "../../contracts/mocks/MockFalseReturningToken.sol";
import {MockNoReturnToken} from "../../contracts/mocks/MockNoReturnToken.sol";
import {MockZeroRefusingToken} from "../../contracts/mocks/MockZeroRefusingToken.sol";

/// @dev Tokens that do not behave as ERC-20 says: what is credited, who can leave, and that others do not notice.
contract WeirdTokensTest is DepositStage {
    function setUp() external {
        setUpDeposit();
    }

    function test_tokenWithoutReturnValues_isTakenAndGivenBack() external {
        _wholeLife(address(new MockNoReturnToken()), 7 ether);
    }

    function test_tokenThatRefusesZero_isTakenAndGivenBack() external {
        _wholeLife(address(new MockZeroRefusingToken()), 7 ether);
    }

    function testFuzz_tokenOfAnyDecimals_isTakenAndGivenBack(uint8 seed, uint96 amount) external {
        uint8 decimals = seed % 3 == 0 ? 6 : seed % 3 == 1 ? 18 : 27;
        _wholeLife(address(new MockDecimalsToken(decimals)), 2 + uint256(amount) % (MUCH - 1));
    }

    function test_tokenThatReturnsFalse_isRefusedAndOthersLeave() external {
        MockFalseReturningToken token = new MockFalseReturningToken();
        list(address(token));
        _bothDeposit(address(token));
        token.setFailing(true);
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token);
        CHEATS.expectRevert(failed);
        withdrawAs(RESTAKER, address(token), 1 ether);
        CHEATS.expectRevert(failed);
        depositAs(RESTAKER, address(token), 1 ether);
        equal(deposits.tokenBalance(RESTAKER, address(token)), 10 ether);
        _honestTokenLeaves();
        token.setFailing(false);
        withdrawAs(RESTAKER, address(token), 10 ether);
        equal(balanceOf(address(token), RESTAKER), MUCH);
    }

    function testFuzz_feeOnTransfer_creditsWhatArrivesAndEverybodyLeaves(uint16 seed) external {
        MockAwkwardToken token = new MockAwkwardToken();
        list(address(token));
        uint256 fee = bound(seed, 0, 9_999);
        token.setFee(fee);
        _bothDeposit(address(token));
        uint256 arrived = 10 ether - 10 ether * fee / 10_000;
        equal(deposits.tokenBalance(RESTAKER, address(token)), arrived);
        equal(deposits.totalOf(address(token)), held(address(token)));
        withdrawAs(RESTAKER, address(token), arrived);
        withdrawAs(OTHER_RESTAKER, address(token), arrived);
        equal(held(address(token)), 0);
        _honestTokenLeaves();
    }

    function test_feeThatBeginsLater_isPaidByWhoLeavesAlone() external {
        MockAwkwardToken token = new MockAwkwardToken();
        list(address(token));
        _bothDeposit(address(token));
        token.setFee(5_000);
        withdrawAs(RESTAKER, address(token), 10 ether);
        equal(held(address(token)), deposits.tokenBalance(OTHER_RESTAKER, address(token)));
        token.setFee(0);
        withdrawAs(OTHER_RESTAKER, address(token), 10 ether);
        equal(balanceOf(address(token), OTHER_RESTAKER), MUCH);
    }

    function test_blacklistedUser_leavesToAnotherAddressAndBlocksNobody() external {
        MockBlacklistToken token = new MockBlacklistToken();
        list(address(token));
        _bothDeposit(address(token));
        token.setBlacklisted(RESTAKER, true);
        CHEATS.expectRevert(abi.encodeWithSelector(MockBlacklistToken.Blacklisted.selector, RESTAKER));
        withdrawAs(RESTAKER, address(token), 10 ether);
        withdrawAs(OTHER_RESTAKER, address(token), 10 ether);
        CHEATS.prank(RESTAKER);
        deposits.withdraw(address(token), 10 ether, address(0x5afe));
        equal(balanceOf(address(token), address(0x5afe)), 10 ether);
        _honestTokenLeaves();
    }

    function test_blacklistedDepositContract_keepsOnlyThatToken() external {
        MockBlacklistToken token = new MockBlacklistToken();
        list(address(token));
        _bothDeposit(address(token));
        token.setBlacklisted(address(deposits), true);
        CHEATS.expectRevert(abi.encodeWithSelector(MockBlacklistToken.Blacklisted.selector, address(deposits)));
        withdrawAs(RESTAKER, address(token), 1);
        equal(deposits.tokenBalance(RESTAKER, address(token)), 10 ether);
        _honestTokenLeaves();
    }

    /// @dev A token that is gone (self-destructed behind a proxy) or burns all gas: every other exit stays open.
    function test_tokenWithoutCodeOrThatBurnsAllGas_keepsOnlyItself() external {
        MockAwkwardToken token = new MockAwkwardToken();
        list(address(token));
        _bothDeposit(address(token));
        bytes[2] memory codes = [bytes(""), hex"fe"];
        for (uint256 i = 0; i < codes.length; ++i) {
            CHEATS.etch(address(token), codes[i]);
            CHEATS.prank(RESTAKER);
            (bool left,) = address(deposits).call{gas: 1_000_000}(
                abi.encodeWithSignature("withdraw(address,uint256,address)", token, 1, RESTAKER)
            );
            check(!left, "a withdrawal of nothing is taken for one");
            withdrawAs(RESTAKER, address(honest), 1 ether);
        }
        _honestTokenLeaves();
    }

    function test_delistingABrokenToken_letsTheManagerServeTheOthers() external {
        MockAwkwardToken token = new MockAwkwardToken();
        list(address(token));
        _bothDeposit(address(token));
        stopAndLetTheManagerAct();
        token.setRefusing(true);
        deposits.removeWhitelistedToken(address(token));
        withdrawTokensAs(MANAGER, RESTAKER);
        equal(balanceOf(address(honest), MANAGER), 10 ether);
        equal(deposits.tokenBalance(RESTAKER, address(token)), 10 ether);
        token.setRefusing(false);
        withdrawAs(RESTAKER, address(token), 10 ether);
        equal(balanceOf(address(token), RESTAKER), MUCH);
    }

    // ---------------------------------------------------------------- private

    /// @dev Deposited by two, partly withdrawn by one, the rest of both fetched by the manager.
    function _wholeLife(address token, uint256 amount) private {
        list(token);
        depositAs(RESTAKER, token, amount);
        depositAs(OTHER_RESTAKER, token, amount);
        depositAs(OTHER_RESTAKER, address(honest), amount);
        equal(deposits.tokenBalance(RESTAKER, token), amount);
        equal(deposits.totalOf(token), 2 * amount);
        CHEATS.warp(block.timestamp + 5 hours);
        withdrawAs(RESTAKER, token, amount / 2);
        equal(balanceOf(token, RESTAKER), MUCH - amount + amount / 2);
        stopAndLetTheManagerAct();
        uint256[] memory amounts = withdrawTokensAs(MANAGER, RESTAKER);
        equal(amounts[1], amount - amount / 2);
        // nothing is left: neither a revert nor a transfer of nothing
        withdrawTokensAs(MANAGER, RESTAKER);
        withdrawAs(OTHER_RESTAKER, token, amount);
        withdrawTokensAs(MANAGER, OTHER_RESTAKER);
        equal(balanceOf(address(honest), MANAGER), amount);
        equal(held(token), 0);
        equal(deposits.totalOf(token), 0);
    }

    function _bothDeposit(address token) private {
        depositAs(RESTAKER, token, 10 ether);
        depositAs(OTHER_RESTAKER, token, 10 ether);
        depositAs(RESTAKER, address(honest), 10 ether);
        depositAs(OTHER_RESTAKER, address(honest), 10 ether);
    }

    function _honestTokenLeaves() private {
        address[2] memory users = [RESTAKER, OTHER_RESTAKER];
        for (uint256 i = 0; i < users.length; ++i) {
            withdrawAs(users[i], address(honest), deposits.tokenBalance(users[i], address(honest)));
            equal(balanceOf(address(honest), users[i]), MUCH);
        }
        equal(held(address(honest)), 0);
    }
}
