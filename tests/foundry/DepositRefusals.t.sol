// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositStage} from "./DepositStage.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";
import {MockDecimalsToken} from "../../contracts/mocks/MockDecimalsToken.sol";
import {MockHookToken} from "../../contracts/mocks/MockHookToken.sol";
import {MockTwoDoorToken} from "../../contracts/mocks/MockTwoDoorToken.sol";

/// @dev Every refusal of OmronDeposit with its arguments, and what stands beside each.
contract DepositRefusalsTest is DepositStage {
    uint256 private constant SIGNER_KEY = 0xA11CE;
    uint96 private constant MOST = type(uint96).max;

    function setUp() external {
        setUpDeposit();
    }

    function test_depositFor_refusals() external {
        _refused(abi.encodeWithSelector(IOmronDeposit.ZeroAddress.selector));
        _depositFor(address(0), 1);
        _refused(abi.encodeWithSelector(IOmronDeposit.InvalidRecipient.selector, deposits));
        _depositFor(address(deposits), 1);
        deposits.setDepositCaps(address(honest), 10 ether, 6 ether);
        _refused(abi.encodeWithSelector(IOmronDeposit.DepositCapExceeded.selector, honest, 6 ether, 6 ether + 1));
        _depositFor(OTHER_RESTAKER, 6 ether + 1);
        _depositFor(OTHER_RESTAKER, 6 ether);
        _refused(abi.encodeWithSelector(IOmronDeposit.TotalCapExceeded.selector, honest, 10 ether, 10 ether + 1));
        _depositFor(OTHER_RESTAKER, 4 ether + 1);
        _depositFor(OTHER_RESTAKER, 4 ether);
        equal(deposits.tokenBalance(OTHER_RESTAKER, address(honest)), 10 ether);
        equal(deposits.tokenBalance(RESTAKER, address(honest)), 0);
    }

    function test_depositFor_aLossOfMoreThanAMillionth_closesAndARecoveryOpens() external {
        _depositFor(RESTAKER, 100 ether);
        honest.burn(address(deposits), 0.0001 ether);
        _depositFor(RESTAKER, 1 ether);
        honest.burn(address(deposits), 1 ether);
        (uint256 heldNow, uint256 owed) = (held(address(honest)), deposits.totalOf(address(honest)));
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenShort.selector, honest, heldNow, owed));
        _depositFor(RESTAKER, 1 ether);
        honest.mint(address(deposits), 1 ether);
        _depositFor(RESTAKER, 1 ether);
    }

    function test_depositForWithSignature_refusals() external {
        address signer = CHEATS.addr(SIGNER_KEY);
        uint256 expiry = block.timestamp;
        bytes memory signature = _signature(signer, 1 ether, 0, expiry);
        CHEATS.warp(expiry + 1);
        _refused(abi.encodeWithSelector(IOmronDeposit.SignatureExpired.selector, expiry));
        _depositSigned(signer, 1 ether, expiry, signature);
        CHEATS.warp(expiry);
        _refused(abi.encodeWithSelector(IOmronDeposit.InvalidSignature.selector, signer));
        _depositSigned(signer, 2 ether, expiry, signature);
        _refused(abi.encodeWithSelector(IOmronDeposit.InvalidSignature.selector, THIEF));
        _depositSigned(THIEF, 1 ether, expiry, signature);
        _depositSigned(signer, 1 ether, expiry, signature);
        equal(deposits.tokenBalance(signer, address(honest)), 1 ether);
        // good once
        _refused(abi.encodeWithSelector(IOmronDeposit.InvalidSignature.selector, signer));
        _depositSigned(signer, 1 ether, expiry, signature);
    }

    /// @dev A token without permits: what counts is the allowance.
    function test_depositWithPermit_permitFails_movesTheSendersOwnOnly() external {
        CHEATS.prank(RESTAKER);
        deposits.depositWithPermit(address(honest), 1 ether, 0, 27, bytes32(0), bytes32(0));
        equal(deposits.tokenBalance(RESTAKER, address(honest)), 1 ether);
        CHEATS.prank(THIEF);
        (bool done,) = address(deposits)
            .call(
                abi.encodeCall(
                    IOmronDeposit.depositWithPermit, (address(honest), 1 ether, 0, 27, bytes32(0), bytes32(0))
                )
            );
        check(!done, "a deposit of nothing");
    }

    function test_withdraw_refusals() external {
        _depositFor(RESTAKER, 10 ether);
        _refused(abi.encodeWithSelector(IOmronDeposit.InvalidRecipient.selector, deposits));
        CHEATS.prank(RESTAKER);
        deposits.withdraw(address(honest), 1, address(deposits));
        honest.burn(address(deposits), 10 ether);
        _refused(abi.encodeWithSelector(IOmronDeposit.NothingToPay.selector, honest, 10 ether));
        withdrawAs(RESTAKER, address(honest), 10 ether);
        equal(deposits.tokenBalance(RESTAKER, address(honest)), 10 ether);
        // what the manager cannot be paid stays as well
        stopAndLetTheManagerAct();
        equal(withdrawTokensAs(MANAGER, RESTAKER)[0], 0);
        honest.mint(address(deposits), 4 ether);
        withdrawAs(RESTAKER, address(honest), 10 ether);
        equal(balanceOf(address(honest), RESTAKER), MUCH - 6 ether);
    }

    function test_withdrawTokens_afterALoss_paysTheShare() external {
        _depositFor(RESTAKER, 10 ether);
        _depositFor(OTHER_RESTAKER, 30 ether);
        honest.burn(address(deposits), 10 ether);
        stopAndLetTheManagerAct();
        equal(withdrawTokensAs(MANAGER, RESTAKER)[0], 7.5 ether);
        withdrawAs(OTHER_RESTAKER, address(honest), 30 ether);
        equal(held(address(honest)), 0);
    }

    function test_withdraw_delistedThenFetchedThenWithdrawn_doesNotUnderflow() external {
        MockDecimalsToken other = new MockDecimalsToken(18);
        list(address(other));
        _depositFor(RESTAKER, 10 ether);
        depositAs(RESTAKER, address(other), 1 ether);
        deposits.removeWhitelistedToken(address(honest));
        stopAndLetTheManagerAct();
        withdrawTokensAs(MANAGER, RESTAKER);
        withdrawAs(RESTAKER, address(honest), 10 ether);
        equal(balanceOf(address(honest), RESTAKER), MUCH);
    }

    function test_addWeightedToken_refusals() external {
        address token = address(new MockDecimalsToken(37));
        for (uint256 i = 0; i < 2; ++i) {
            uint256 weight = i * 1_000_001;
            _refused(abi.encodeWithSelector(IOmronDeposit.WeightOutOfRange.selector, weight, 1_000_000));
            deposits.addWeightedToken(token, weight, 1, 1);
        }
        _refused(abi.encodeWithSelector(IOmronDeposit.DecimalsUnknown.selector, token));
        deposits.addWeightedToken(token, 1, 1, 1);
        _refused(abi.encodeWithSelector(IOmronDeposit.DecimalsUnknown.selector, this));
        deposits.addWeightedToken(address(this), 1, 1, 1);
        token = address(new MockDecimalsToken(6));
        uint256 beyond = uint256(MOST) + 1;
        _refused(abi.encodeWithSelector(IOmronDeposit.CapOutOfRange.selector, beyond, MOST));
        deposits.addWeightedToken(token, 1, beyond, 1);
        _refused(abi.encodeWithSelector(IOmronDeposit.CapOutOfRange.selector, beyond, MOST));
        deposits.addWeightedToken(token, 1, 1, beyond);
        deposits.addWeightedToken(token, 20_000, 10 ether, 5 ether);
        deposits.removeWhitelistedToken(token);
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenWeightFixed.selector, token));
        deposits.addWeightedToken(token, 20_001, 1, 1);
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenNotWhitelisted.selector));
        deposits.setDepositCaps(token, 1, 1);
        deposits.addWhitelistedToken(token);
        IOmronDeposit.TokenTerms memory terms = deposits.tokenTerms(token);
        check(terms.listed && terms.weight == 20_000 && terms.decimals == 6, "it came back as another");
        equal(terms.totalCap, 10 ether);
    }

    function test_addWhitelistedToken_moreThanFit_reverts() external {
        for (uint160 i = 1; i < 128; ++i) {
            deposits.addWhitelistedToken(address(i));
        }
        _refused(abi.encodeWithSelector(IOmronDeposit.TooManyTokens.selector, 128));
        deposits.addWhitelistedToken(address(128));
    }

    function test_deposit_moreThanCanEarn_isRefusedAndLeavesOpen() external {
        MockDecimalsToken token = new MockDecimalsToken(0);
        deposits.addWeightedToken(address(token), 1_000_000, MOST, MOST);
        fund(RESTAKER, address(token), MOST);
        uint256 rate = uint256(MOST) * 100 * 1 ether;
        _refused(abi.encodeWithSelector(IOmronDeposit.RateTooHigh.selector, MOST, rate));
        depositAs(RESTAKER, address(token), MOST);
        uint256 most = uint256(MOST) / (100 * 1 ether);
        depositAs(RESTAKER, address(token), most);
        deposits.startSeason(100_000);
        CHEATS.warp(4_200_000_000);
        withdrawAs(RESTAKER, address(token), most);
        // in unit-seconds, which end at their maximum
        check(deposits.calculatePoints(RESTAKER) <= uint256(type(uint128).max) / 1 hours, "points beyond what is kept");
    }

    /// @dev The clock ends in 2106, exits do not.
    function test_withdraw_afterTheClockHasEnded_isOpen() external {
        _depositFor(RESTAKER, 10 ether);
        deposits.startSeason(0);
        deposits.startSeason(20_000);
        CHEATS.warp(uint256(type(uint32).max) + 100 days);
        withdrawAs(RESTAKER, address(honest), 10 ether);
        equal(balanceOf(address(honest), RESTAKER), MUCH);
    }

    function test_startSeason_refusals() external {
        _refused(abi.encodeWithSelector(IOmronDeposit.MultiplierTooHigh.selector, 100_001, 100_000));
        deposits.startSeason(100_001);
        deposits.stopDeposits();
        _refused(abi.encodeWithSelector(IOmronDeposit.DepositsStopped.selector));
        deposits.startSeason(1);
    }

    /// @dev An account that slept through several seasons: each counts as long as it lasted.
    function test_calculatePoints_overSeveralSeasons_addsEach() external {
        _depositFor(RESTAKER, 1 ether);
        uint16[6] memory multipliers = [20_000, 0, 5_000, 30_000, 1, 10_000];
        for (uint256 i = 0; i < multipliers.length; ++i) {
            CHEATS.warp(block.timestamp + 10 hours);
            deposits.startSeason(multipliers[i]);
            depositAs(OTHER_RESTAKER, address(honest), 1 ether);
        }
        CHEATS.warp(block.timestamp + 10 hours);
        uint256 sum = 10_000 + 20_000 + 0 + 5_000 + 30_000 + 1 + 10_000;
        equal(deposits.calculatePoints(RESTAKER), 10 * sum * 1 ether / 10_000);
    }

    function test_rescue_onlyWhatIsNobodys() external {
        _refused(abi.encodeWithSelector(IOmronDeposit.ZeroAddress.selector));
        deposits.rescue(address(honest), address(0));
        _refused(abi.encodeWithSelector(IOmronDeposit.ZeroAmount.selector));
        deposits.rescue(address(honest), MANAGER);
        honest.mint(address(deposits), 5 ether);
        _depositFor(RESTAKER, 1);
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenOwed.selector, honest, 1));
        deposits.rescue(address(honest), MANAGER);
        withdrawAs(RESTAKER, address(honest), 1);
        equal(deposits.rescue(address(honest), MANAGER), 5 ether);
    }

    /// @dev A token with two addresses: the owner cannot take through the second what users deposited through the first.
    function test_rescue_throughTheSecondAddressOfADepositedToken_reverts() external {
        MockTwoDoorToken token = new MockTwoDoorToken();
        list(address(token));
        depositAs(RESTAKER, address(token), 10 ether);
        address secondDoor = address(token.SECOND_DOOR());
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenOwed.selector, token, 10 ether));
        deposits.rescue(secondDoor, THIEF);
        withdrawAs(RESTAKER, address(token), 10 ether);
    }

    function test_withdraw_balanceOfFails_paysInFull() external {
        MockHookToken token = new MockHookToken();
        list(address(token));
        depositAs(RESTAKER, address(token), 10 ether);
        bytes memory question = abi.encodeCall(token.balanceOf, (address(deposits)));
        CHEATS.mockCallRevert(address(token), question, "broken");
        withdrawAs(RESTAKER, address(token), 10 ether);
        CHEATS.clearMockedCalls();
        equal(balanceOf(address(token), RESTAKER), MUCH);
    }

    /// @dev As many tokens as fit, each with a deposit: the manager's transaction stays below EIP-7825's limit.
    function test_withdrawTokens_ofAsManyTokensAsFit_fitsATransaction() external {
        for (uint256 i = 1; i < 128; ++i) {
            MockDecimalsToken token = new MockDecimalsToken(18);
            deposits.addWhitelistedToken(address(token));
            fund(RESTAKER, address(token), 1 ether);
            depositAs(RESTAKER, address(token), 1 ether);
            // as in a transaction of its own
            CHEATS.cool(address(token));
        }
        stopAndLetTheManagerAct();
        CHEATS.cool(address(deposits));
        uint256 before = gasleft();
        withdrawTokensAs(MANAGER, RESTAKER);
        check(before - gasleft() < 16_777_216 - 21_000 - 1_000, "the manager cannot serve this user");
    }

    // ---------------------------------------------------------------- private

    function _refused(bytes memory reason) private {
        CHEATS.expectRevert(reason);
    }

    function _depositFor(address user, uint256 amount) private {
        CHEATS.prank(RESTAKER);
        deposits.depositFor(user, address(honest), amount);
    }

    function _depositSigned(address user, uint256 amount, uint256 expiry, bytes memory signature) private {
        CHEATS.prank(RESTAKER);
        deposits.depositForWithSignature(user, address(honest), amount, expiry, signature);
    }

    function _signature(address user, uint256 amount, uint256 nonce, uint256 expiry)
        private
        view
        returns (bytes memory)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("OmronDeposit"),
                keccak256("1"),
                block.chainid,
                deposits
            )
        );
        bytes32 typeHash =
            keccak256("DepositFor(address user,address token,uint256 amount,uint256 nonce,uint256 expiry)");
        bytes32 signed = keccak256(abi.encode(typeHash, user, honest, amount, nonce, expiry));
        (uint8 v, bytes32 r, bytes32 s) =
            CHEATS.sign(SIGNER_KEY, keccak256(abi.encodePacked("\x19\x01", domain, signed)));
        return abi.encodePacked(r, s, v);
    }
}
