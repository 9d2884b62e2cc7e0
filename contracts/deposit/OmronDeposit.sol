// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {ClaimManagerRole} from "./ClaimManagerRole.sol";
import {DepositEntries} from "./DepositEntries.sol";
import {Holding} from "./Holding.sol";
import {TokenWhitelist} from "./TokenWhitelist.sol";

/// @title Deposits of restaked tokens that earn points
/// @notice The ways out, and what the owner can do; the ways in are DepositEntries.
/// @custom:kill `stopDeposits` ends deposits and earning for ever; users leave with `withdraw`, which nobody can stop.
contract OmronDeposit is DepositEntries, ClaimManagerRole {
    using SafeERC20 for IERC20;

    /// @notice As in the deployed contract: decimals of points.
    uint256 public constant POINTS_SCALE = 10 ** 18;
    /// @notice As in the deployed contract: an hour in points' decimals.
    uint256 public constant ONE_HOUR_IN_POINTS = 3600 * POINTS_SCALE;

    modifier onlyAfterStop() {
        uint256 stopTime = depositStopTime();
        // slither-disable-next-line incorrect-equality
        if (stopTime == 0) revert DepositsNotStopped();
        // users hear of the end of deposits as long before tokens move as they hear of a new claim manager
        uint256 readyAt = stopTime + claimManagerDelay();
        if (block.timestamp < readyAt) revert ClaimManagerNotReady(readyAt);
        _;
    }

    constructor(address initialOwner, address[] memory tokens) Ownable(initialOwner) TokenWhitelist(tokens) {}

    // ------------------------------------------------------------------ users

    /// @inheritdoc IOmronDeposit
    function withdraw(address token, uint256 amount, address recipient) external nonReentrant {
        _withdraw(token, amount, recipient, 0);
    }

    /// @inheritdoc IOmronDeposit
    function withdraw(address token, uint256 amount, address recipient, uint256 minimumPaid) external nonReentrant {
        _withdraw(token, amount, recipient, minimumPaid);
    }

    // ---------------------------------------------------------- claim manager

    /// @inheritdoc IOmronDeposit
    function withdrawTokens(address user)
        external
        nonReentrant
        whenNotPaused
        onlyClaimManager
        onlyAfterStop
        returns (uint256[] memory amounts)
    {
        if (user == address(0)) revert ZeroAddress();
        _endEarning(user);
        uint256 count = allWhitelistedTokens.length;
        amounts = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            amounts[i] = _payOut(user, allWhitelistedTokens[i]);
        }
        emit WithdrawTokens(user, amounts);
    }

    /// @inheritdoc IOmronDeposit
    function claim(address user)
        external
        nonReentrant
        whenNotPaused
        onlyClaimManager
        onlyAfterStop
        returns (uint256 points)
    {
        if (user == address(0)) revert ZeroAddress();
        points = _takePoints(user);
        emit ClaimPoints(user, points);
    }

    // ------------------------------------------------------------------ owner

    /// @inheritdoc IOmronDeposit
    function startSeason(uint256 multiplier) external onlyOwner {
        _startSeason(multiplier);
    }

    /// @inheritdoc IOmronDeposit
    function stopDeposits() external onlyOwner {
        _stop();
    }

    /// @inheritdoc IOmronDeposit
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IOmronDeposit
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IOmronDeposit
    function rescue(address token, address recipient) external onlyOwner nonReentrant returns (uint256 amount) {
        if (recipient == address(0)) revert ZeroAddress();
        if (recipient == address(this)) revert InvalidRecipient(recipient);
        if (totalOf(token) != 0) revert TokenOwed(token, totalOf(token));
        amount = IERC20(token).balanceOf(address(this));
        if (amount == 0) revert ZeroAmount();

        uint256[] memory held = _heldOfOwed();
        emit Rescued(token, recipient, amount);
        IERC20(token).safeTransfer(recipient, amount);
        uint256[] memory heldAfter = _heldOfOwed();
        for (uint256 i; i < held.length; ++i) {
            if (heldAfter[i] < held[i]) revert TokenOwed(_everListed[i], totalOf(_everListed[i]));
        }
    }

    /// @notice Always reverts: without an owner nobody could ever stop deposits or set a claim manager.
    function renounceOwnership() public pure override {
        revert RenounceDisabled();
    }

    // ---------------------------------------------------------------- private

    /// @dev Send what the sender's `amount` is paid with to `recipient`, if that is something and no less than `minimumPaid`.
    function _withdraw(address token, uint256 amount, address recipient, uint256 minimumPaid) private {
        if (amount == 0) revert ZeroAmount();
        if (recipient == address(0)) revert ZeroAddress();
        if (recipient == address(this)) revert InvalidRecipient(recipient);
        Holding holding = _holdingOf(msg.sender, token);
        if (amount > holding.depositedOf()) revert InsufficientDeposit(token, holding.depositedOf(), amount);

        _lowerRate(msg.sender, holding, amount);
        uint256 paid = _debit(msg.sender, token, holding, amount);
        // slither-disable-next-line incorrect-equality
        if (paid == 0) revert NothingToPay(token, amount);
        if (paid < minimumPaid) revert PaidTooLittle(token, minimumPaid, paid);
        emit Withdraw(msg.sender, token, amount, recipient);
        IERC20(token).safeTransfer(recipient, paid);
    }

    /// @dev Send all that `user` has of `token` to the claim manager, or leave it when nothing can be paid.
    function _payOut(address user, address token) private returns (uint256 paid) {
        Holding holding = _holdingOf(user, token);
        if (holding.depositedOf() == 0) return 0;
        paid = _debit(user, token, holding, holding.depositedOf());
        if (paid == 0) return 0;
        IERC20(token).safeTransfer(msg.sender, paid);
    }

    /// @dev What the contract holds of each token that was ever listed, 0 for those that are not owed to anybody.
    function _heldOfOwed() private view returns (uint256[] memory held) {
        held = new uint256[](_everListed.length);
        for (uint256 i; i < held.length; ++i) {
            // one that can't be read stops the rescue, which keeps nobody in
            // slither-disable-next-line calls-loop
            if (totalOf(_everListed[i]) != 0) held[i] = IERC20(_everListed[i]).balanceOf(address(this));
        }
    }
}
