// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {ClaimManagerRole} from "./ClaimManagerRole.sol";
import {PointsMath} from "./PointsMath.sol";
import {TokenWhitelist} from "./TokenWhitelist.sol";

/// @title Deposits of restaked tokens that earn points
/// @custom:kill `stopDeposits` ends deposits and earning for ever; users leave with `withdraw`, which nobody can stop.
contract OmronDeposit is TokenWhitelist, ClaimManagerRole, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    struct Account {
        uint128 unitsPerHour;
        uint64 lastUpdated;
        uint256 unitSeconds;
    }

    struct TokenTotal {
        uint128 units;
        uint64 lastUpdated;
        uint256 unitSeconds;
    }

    /// @inheritdoc IOmronDeposit
    uint256 public depositStopTime;

    mapping(address user => Account account) private _accounts;
    mapping(address token => TokenTotal total) private _totals;
    mapping(address user => mapping(address token => uint256 units)) private _balances;

    modifier onlyAfterStop() {
        // slither-disable-next-line incorrect-equality
        if (depositStopTime == 0) revert DepositsNotStopped();
        // users hear of the end of deposits as long before tokens move as they hear of a new claim manager
        uint256 readyAt = depositStopTime + claimManagerDelay;
        if (block.timestamp < readyAt) revert ClaimManagerNotReady(readyAt);
        _;
    }

    constructor(address initialOwner, address[] memory tokens) Ownable(initialOwner) TokenWhitelist(tokens) {}

    // ------------------------------------------------------------------ users

    /// @inheritdoc IOmronDeposit
    function deposit(address token, uint256 amount) external nonReentrant whenNotPaused {
        if (depositStopTime != 0) revert DepositsStopped();
        if (amount == 0) revert ZeroAmount();
        if (!whitelistedTokens(token)) revert TokenNotWhitelisted();

        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        // a token may keep a fee: credit what arrived, never what was promised
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        // slither-disable-next-line incorrect-equality
        if (received == 0) revert ZeroAmount();

        Account storage account = _touch(msg.sender);
        account.unitsPerHour = SafeCast.toUint128(account.unitsPerHour + received);
        _balances[msg.sender][token] += received;
        TokenTotal storage total = _touchTotal(token);
        total.units = SafeCast.toUint128(total.units + received);
        emit Deposit(msg.sender, token, received);
    }

    /// @inheritdoc IOmronDeposit
    function withdraw(address token, uint256 amount, address recipient) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        if (recipient == address(0)) revert ZeroAddress();
        uint256 balance = _balances[msg.sender][token];
        if (amount > balance) revert InsufficientDeposit(token, balance, amount);

        Account storage account = _touch(msg.sender);
        // after the stop withdrawTokens may have zeroed the rate while a delisted token stayed
        uint256 rate = account.unitsPerHour;
        account.unitsPerHour = rate > amount ? SafeCast.toUint128(rate - amount) : 0;
        _debit(msg.sender, token, balance, amount);
        emit Withdraw(msg.sender, token, amount, recipient);
        IERC20(token).safeTransfer(recipient, amount);
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
        _touch(user).unitsPerHour = 0;
        uint256 count = allWhitelistedTokens.length;
        amounts = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            address token = allWhitelistedTokens[i];
            uint256 balance = _balances[user][token];
            if (balance == 0) continue;
            amounts[i] = balance;
            _debit(user, token, balance, balance);
            IERC20(token).safeTransfer(msg.sender, balance);
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
        Account storage account = _touch(user);
        points = PointsMath.points(account.unitSeconds);
        account.unitSeconds = 0;
        emit ClaimPoints(user, points);
    }

    // ------------------------------------------------------------------ owner

    /// @inheritdoc IOmronDeposit
    function stopDeposits() external onlyOwner {
        if (depositStopTime != 0) revert DepositsAlreadyStopped();
        depositStopTime = block.timestamp;
        emit DepositStopTimeSet(block.timestamp);
    }

    /// @inheritdoc IOmronDeposit
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IOmronDeposit
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @notice Always reverts: without an owner nobody could ever stop deposits or set a claim manager.
    function renounceOwnership() public pure override {
        revert RenounceDisabled();
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IOmronDeposit
    function getUserInfo(address user)
        external
        view
        returns (uint256 pointsPerHour, uint256 lastUpdated, uint256 pointBalance)
    {
        Account storage account = _accounts[user];
        return (account.unitsPerHour, account.lastUpdated, PointsMath.points(account.unitSeconds));
    }

    /// @inheritdoc IOmronDeposit
    function userInfo(address user)
        external
        view
        returns (uint256 pointBalance, uint256 pointsPerHour, uint256 lastUpdated)
    {
        Account storage account = _accounts[user];
        return (PointsMath.points(account.unitSeconds), account.unitsPerHour, account.lastUpdated);
    }

    /// @inheritdoc IOmronDeposit
    function calculatePoints(address user) external view returns (uint256 points) {
        return PointsMath.points(_unitSecondsOf(_accounts[user]));
    }

    /// @inheritdoc IOmronDeposit
    function tokenBalance(address user, address token) external view returns (uint256 balance) {
        return _balances[user][token];
    }

    /// @notice Token units held for all users now.
    function totalOf(address token) external view returns (uint256) {
        return _totals[token].units;
    }

    /// @notice Sum over time of `totalOf`, up to this block's timestamp, in unit-seconds; does not end with deposits.
    function cumulativeOf(address token) external view returns (uint256 unitSeconds) {
        TokenTotal storage total = _totals[token];
        return total.unitSeconds + PointsMath.earned(total.units, total.lastUpdated, block.timestamp);
    }

    // ---------------------------------------------------------------- private

    /// @dev Bring the account's earnings up to date; to be called before its rate changes.
    function _touch(address user) private returns (Account storage account) {
        account = _accounts[user];
        account.unitSeconds = _unitSecondsOf(account);
        account.lastUpdated = SafeCast.toUint64(block.timestamp);
    }

    /// @dev Bring the token's cumulative total up to date; to be called before its total changes.
    function _touchTotal(address token) private returns (TokenTotal storage total) {
        total = _totals[token];
        total.unitSeconds += PointsMath.earned(total.units, total.lastUpdated, block.timestamp);
        total.lastUpdated = SafeCast.toUint64(block.timestamp);
    }

    function _debit(address user, address token, uint256 balance, uint256 amount) private {
        _balances[user][token] = balance - amount;
        TokenTotal storage total = _touchTotal(token);
        total.units = SafeCast.toUint128(total.units - amount);
    }

    function _unitSecondsOf(Account storage account) private view returns (uint256) {
        // slither-disable-next-line incorrect-equality
        uint256 until = depositStopTime == 0 ? block.timestamp : depositStopTime;
        return account.unitSeconds + PointsMath.earned(account.unitsPerHour, account.lastUpdated, until);
    }
}
