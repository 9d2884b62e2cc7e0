// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {IRestakeGateway} from "../interfaces/IRestakeGateway.sol";
import {IRenzoRestakeManager} from "../interfaces/external/IRenzoRestakeManager.sol";

/// @title From ETH to a deposit of ezETH in one transaction
/// @notice Holds nothing between transactions. What is sent here by mistake goes to whoever restakes next.
/// @custom:kill No switch and no owner: it holds nothing. Renzo's pause, OmronDeposit's pause and delisting ezETH each stop it;
/// restakers can go to both contracts themselves.
contract RestakeGateway is IRestakeGateway, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IRestakeGateway
    address public immutable RESTAKE_MANAGER;
    /// @inheritdoc IRestakeGateway
    address public immutable EZETH;
    /// @inheritdoc IRestakeGateway
    address public immutable DEPOSIT;

    /// @param restakeManager Renzo's; tells which token it mints
    /// @param deposit OmronDeposit
    constructor(address restakeManager, address deposit) {
        if (restakeManager == address(0) || deposit == address(0)) revert ZeroAddress();
        RESTAKE_MANAGER = restakeManager;
        DEPOSIT = deposit;
        EZETH = IRenzoRestakeManager(restakeManager).ezETH();
        if (EZETH == address(0)) revert ZeroAddress();
    }

    /// @dev Renzo may give ETH back, which goes on to the caller.
    receive() external payable {
        if (msg.sender != RESTAKE_MANAGER) revert UnexpectedEther(msg.sender);
    }

    /// @inheritdoc IRestakeGateway
    function restake(uint256 minimumOut, uint256 deadline, uint256 referralId)
        external
        payable
        nonReentrant
        returns (uint256 credited)
    {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline, block.timestamp);
        if (msg.value == 0) revert ZeroAmount();
        IERC20 ezETH = IERC20(EZETH);
        IRenzoRestakeManager(RESTAKE_MANAGER).depositETH{value: msg.value}(referralId);
        // nonReentrant, and what counts is what OmronDeposit says it credited
        // slither-disable-start reentrancy-balance
        uint256 minted = ezETH.balanceOf(address(this));
        // slither-disable-next-line incorrect-equality
        if (minted == 0) revert InsufficientOutput(0, minimumOut);

        credited = _deposit(ezETH, minted);
        if (credited < minimumOut) revert InsufficientOutput(credited, minimumOut);
        // slither-disable-end reentrancy-balance
        emit Restaked(msg.sender, msg.value, credited, referralId);
        _refund(ezETH);
    }

    /// @dev Deposits for the caller, and leaves no allowance.
    function _deposit(IERC20 ezETH, uint256 amount) private returns (uint256 credited) {
        ezETH.forceApprove(DEPOSIT, amount);
        credited = IOmronDeposit(DEPOSIT).depositFor(msg.sender, address(ezETH), amount);
        if (ezETH.allowance(address(this), DEPOSIT) != 0) ezETH.forceApprove(DEPOSIT, 0);
    }

    /// @dev Nothing stays: tokens that OmronDeposit did not take, ETH that Renzo gave back.
    function _refund(IERC20 ezETH) private {
        uint256 tokensLeft = ezETH.balanceOf(address(this));
        if (tokensLeft != 0) ezETH.safeTransfer(msg.sender, tokensLeft);
        uint256 etherLeft = address(this).balance;
        if (etherLeft != 0) Address.sendValue(payable(msg.sender), etherLeft);
    }
}
