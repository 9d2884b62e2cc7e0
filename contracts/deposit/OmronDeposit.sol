// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {PointsMath} from "./PointsMath.sol";

/// @title Deposits of restaked tokens that earn points
/// @custom:kill `stopDeposits` ends deposits and earning for ever; users leave with `withdraw`, which nobody can stop.
contract OmronDeposit is IOmronDeposit, Ownable2Step, Pausable, ReentrancyGuardTransient {
    using SafeCast for uint256;
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

    /// @notice A delay beyond this would amount to having no claim manager, seconds.
    uint256 public constant MAXIMUM_CLAIM_MANAGER_DELAY = 90 days;

    uint256 public claimManagerDelay;
    uint256 public depositStopTime;
    address public claimManager;
    address[] public allWhitelistedTokens;

    address private _announced;
    uint256 private _announcedReadyAt;
    // position in allWhitelistedTokens, from 1; 0 when not listed
    mapping(address token => uint256 position) private _positions;
    mapping(address user => Account account) private _accounts;
    mapping(address token => TokenTotal total) private _totals;
    mapping(address user => mapping(address token => uint256 units)) private _balances;

    modifier onlyClaimManager() {
        if (claimManager == address(0)) revert ClaimManagerNotSet();
        if (msg.sender != claimManager) revert NotClaimManager();
        _;
    }

    modifier onlyAfterStop() {
        if (depositStopTime == 0) revert DepositsNotStopped();
        _;
    }

    constructor(address initialOwner, address[] memory tokens) Ownable(initialOwner) {
        for (uint256 i; i < tokens.length; ++i) {
            _list(tokens[i]);
        }
    }

    // ------------------------------------------------------------------ users

    /// @inheritdoc IOmronDeposit
    function deposit(address token, uint256 amount) external nonReentrant whenNotPaused {
        if (depositStopTime != 0) revert DepositsStopped();
        if (amount == 0) revert ZeroAmount();
        if (_positions[token] == 0) revert TokenNotWhitelisted();

        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        // a token may keep a fee: credit what arrived, never what was promised
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received == 0) revert ZeroAmount();

        Account storage account = _touch(msg.sender);
        account.unitsPerHour = (account.unitsPerHour + received).toUint128();
        _balances[msg.sender][token] += received;
        TokenTotal storage total = _touchTotal(token);
        total.units = (total.units + received).toUint128();
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
        account.unitsPerHour = rate > amount ? (rate - amount).toUint128() : 0;
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
    function addWhitelistedToken(address token) external onlyOwner {
        _list(token);
    }

    /// @inheritdoc IOmronDeposit
    function removeWhitelistedToken(address token) external onlyOwner {
        if (token == address(0)) revert ZeroAddress();
        uint256 position = _positions[token];
        if (position == 0) revert TokenNotWhitelisted();
        address last = allWhitelistedTokens[allWhitelistedTokens.length - 1];
        allWhitelistedTokens[position - 1] = last;
        _positions[last] = position;
        delete _positions[token];
        allWhitelistedTokens.pop();
        emit WhitelistedTokenRemoved(token);
    }

    /// @inheritdoc IOmronDeposit
    function setClaimManager(address newClaimManager) external onlyOwner {
        if (newClaimManager == address(0)) revert ZeroAddress();
        if (claimManagerDelay == 0) {
            _setClaimManager(newClaimManager);
        } else {
            _announced = newClaimManager;
            _announcedReadyAt = block.timestamp + claimManagerDelay;
            emit ClaimManagerAnnounced(newClaimManager, _announcedReadyAt);
        }
    }

    /// @inheritdoc IOmronDeposit
    function acceptClaimManager() external onlyOwner {
        if (_announced == address(0)) revert ClaimManagerNotAnnounced();
        if (block.timestamp < _announcedReadyAt) revert ClaimManagerNotReady(_announcedReadyAt);
        address accepted = _announced;
        delete _announced;
        delete _announcedReadyAt;
        _setClaimManager(accepted);
    }

    /// @inheritdoc IOmronDeposit
    function raiseClaimManagerDelay(uint256 delay) external onlyOwner {
        if (delay <= claimManagerDelay) revert ClaimManagerDelayNotRaised(claimManagerDelay, delay);
        if (delay > MAXIMUM_CLAIM_MANAGER_DELAY) revert ClaimManagerDelayTooLong(delay, MAXIMUM_CLAIM_MANAGER_DELAY);
        claimManagerDelay = delay;
        emit ClaimManagerDelayRaised(delay);
    }

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

    /// @inheritdoc IOmronDeposit
    function getAllWhitelistedTokens() external view returns (address[] memory tokens) {
        return allWhitelistedTokens;
    }

    /// @inheritdoc IOmronDeposit
    function whitelistedTokens(address token) external view returns (bool) {
        return _positions[token] != 0;
    }

    /// @inheritdoc IOmronDeposit
    function announcedClaimManager() external view returns (address newClaimManager, uint256 readyAt) {
        return (_announced, _announcedReadyAt);
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

    function _list(address token) private {
        if (token == address(0)) revert ZeroAddress();
        if (_positions[token] != 0) revert TokenAlreadyWhitelisted(token);
        allWhitelistedTokens.push(token);
        _positions[token] = allWhitelistedTokens.length;
        emit WhitelistedTokenAdded(token);
    }

    function _setClaimManager(address newClaimManager) private {
        claimManager = newClaimManager;
        emit ClaimManagerSet(newClaimManager);
    }

    /// @dev Bring the account's earnings up to date; to be called before its rate changes.
    function _touch(address user) private returns (Account storage account) {
        account = _accounts[user];
        account.unitSeconds = _unitSecondsOf(account);
        account.lastUpdated = block.timestamp.toUint64();
    }

    /// @dev Bring the token's cumulative total up to date; to be called before its total changes.
    function _touchTotal(address token) private returns (TokenTotal storage total) {
        total = _totals[token];
        total.unitSeconds += PointsMath.earned(total.units, total.lastUpdated, block.timestamp);
        total.lastUpdated = block.timestamp.toUint64();
    }

    function _debit(address user, address token, uint256 balance, uint256 amount) private {
        _balances[user][token] = balance - amount;
        TokenTotal storage total = _touchTotal(token);
        total.units = (total.units - amount).toUint128();
    }

    function _unitSecondsOf(Account storage account) private view returns (uint256) {
        uint256 until = depositStopTime == 0 ? block.timestamp : depositStopTime;
        return account.unitSeconds + PointsMath.earned(account.unitsPerHour, account.lastUpdated, until);
    }
}
