// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositStage} from "./DepositStage.sol";
import {RestakeGateway} from "../../contracts/deposit/RestakeGateway.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";
import {IRestakeGateway} from "../../contracts/interfaces/IRestakeGateway.sol";
import {IRenzoRestakeManager} from "../../contracts/interfaces/external/IRenzoRestakeManager.sol";
import {MockRenzoRestakeManager} from "../../contracts/mocks/MockRenzoRestakeManager.sol";

/// @dev The gateway over the mock of Renzo: all that is sent is deposited or comes back, whatever Renzo does.
contract RestakeGatewayTest is DepositStage {
    MockRenzoRestakeManager private _renzo;
    RestakeGateway private _gateway;

    function setUp() external {
        setUpDeposit();
        _renzo = new MockRenzoRestakeManager(address(honest));
        honest.setMinter(address(_renzo));
        _gateway = new RestakeGateway(address(_renzo), address(deposits));
        CHEATS.deal(RESTAKER, 100 ether);
    }

    function testFuzz_restake_anyAmountAndRefund_leavesNothing(uint64 sent, uint16 refundBps, uint64 rate) external {
        uint256 paid = bound(sent, 1_000, 10 ether);
        uint256 refund = paid * bound(refundBps, 0, 9_000) / 10_000;
        _renzo.setRefund(bound(refundBps, 0, 9_000));
        honest.setRate(bound(rate, 0.5 ether, 2 ether));
        uint256 expected = (paid - refund) * 1 ether / honest.getRate();
        equal(_restake(paid, expected, block.timestamp), expected);
        equal(deposits.tokenBalance(RESTAKER, address(honest)), expected);
        equal(RESTAKER.balance, 100 ether - paid + refund);
        _nothingStays();
    }

    function test_restake_refusals() external {
        _refused(abi.encodeWithSelector(IRestakeGateway.DeadlinePassed.selector, block.timestamp - 1, block.timestamp));
        _restake(1 ether, 0, block.timestamp - 1);
        _refused(abi.encodeWithSelector(IRestakeGateway.ZeroAmount.selector));
        _restake(0, 0, block.timestamp);
        _refused(abi.encodeWithSelector(IRestakeGateway.InsufficientOutput.selector, 1 ether, 1 ether + 1));
        _restake(1 ether, 1 ether + 1, block.timestamp);
        _renzo.setShortfall(10_000);
        _refused(abi.encodeWithSelector(IRestakeGateway.InsufficientOutput.selector, 0, 5));
        _restake(1 ether, 5, block.timestamp);
        equal(RESTAKER.balance, 100 ether);
    }

    function test_restake_whatRenzoAndOmronDepositRefuse_passesThrough() external {
        _renzo.setMaxDepositTVL(1 ether);
        _refused(abi.encodeWithSelector(IRenzoRestakeManager.MaxTVLReached.selector));
        _restake(1 ether + 1, 0, block.timestamp);
        _renzo.setPaused(true);
        _refused(abi.encodeWithSelector(IRenzoRestakeManager.ContractPaused.selector));
        _restake(1 ether, 0, block.timestamp);
        _renzo.setPaused(false);
        deposits.removeWhitelistedToken(address(honest));
        _refused(abi.encodeWithSelector(IOmronDeposit.TokenNotWhitelisted.selector));
        _restake(1 ether, 0, block.timestamp);
    }

    /// @dev An OmronDeposit that says it credited and takes nothing: tokens go back, and no allowance stays.
    function test_restake_depositThatTakesLess_sendsTheRestBack() external {
        bytes memory taken = abi.encodeCall(IOmronDeposit.depositFor, (RESTAKER, address(honest), 1 ether));
        CHEATS.mockCall(address(deposits), taken, abi.encode(1 ether));
        equal(_restake(1 ether, 1 ether, block.timestamp), 1 ether);
        CHEATS.clearMockedCalls();
        equal(balanceOf(address(honest), RESTAKER), MUCH + 1 ether);
        _nothingStays();
    }

    function test_receive_fromAnybodyButRenzo_reverts() external {
        CHEATS.prank(RESTAKER);
        (bool done, bytes memory answer) = address(_gateway).call{value: 1}("");
        bytes memory reason = abi.encodeWithSelector(IRestakeGateway.UnexpectedEther.selector, RESTAKER);
        check(!done && keccak256(answer) == keccak256(reason), "it took ETH");
    }

    function test_constructor_zeroAddresses_revert() external {
        MockRenzoRestakeManager mintless = new MockRenzoRestakeManager(address(0));
        bytes memory reason = abi.encodeWithSelector(IRestakeGateway.ZeroAddress.selector);
        _refused(reason);
        new RestakeGateway(address(0), address(deposits));
        _refused(reason);
        new RestakeGateway(address(_renzo), address(0));
        _refused(reason);
        new RestakeGateway(address(mintless), address(deposits));
        equal(uint256(uint160(_gateway.EZETH())), uint256(uint160(address(honest))));
    }

    function _refused(bytes memory reason) private {
        CHEATS.expectRevert(reason);
    }

    function _restake(uint256 sent, uint256 minimumOut, uint256 deadline) private returns (uint256 credited) {
        CHEATS.prank(RESTAKER);
        return _gateway.restake{value: sent}(minimumOut, deadline, 2026);
    }

    function _nothingStays() private view {
        equal(address(_gateway).balance, 0);
        equal(balanceOf(address(honest), address(_gateway)), 0);
        equal(honest.allowance(address(_gateway), address(deposits)), 0);
    }
}
