// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IClaimManager} from "../interfaces/IClaimManager.sol";
import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {Payouts} from "./Payouts.sol";

/// @title What is given out, from announcing it to sweeping what nobody took
/// @notice A distribution is announced with its whole window, paid for in full before the window begins or never opens, and
/// cannot be changed. An admin's delay in the AccessManager comes before announcing and sweeping, never before cancelling.
abstract contract Distributions is Payouts, AccessManaged {
    using SafeERC20 for IERC20;

    /// @notice Role that may cancel, whatever the authority says about functions.
    uint64 public constant GUARDIAN_ROLE = 2;
    /// @notice Points that `rate` is for: those of one token of 18 decimals in one hour, unless it is weighted.
    uint256 public constant RATE_POINTS = 1e18;
    /// @notice A shorter window would let users miss it, seconds.
    uint256 public constant MINIMUM_WINDOW = 30 days;
    /// @notice A longer one would lock what nobody claims, seconds.
    uint256 public constant MAXIMUM_WINDOW = 2 * 365 days;
    /// @notice A window begins within this time from its announcement, seconds.
    uint256 public constant MAXIMUM_LEAD = 365 days;

    /// @notice OmronDeposit whose users' tokens and points this hands out.
    IOmronDeposit public immutable DEPOSIT;

    /// @inheritdoc IClaimManager
    uint256 public distributionCount;
    mapping(uint256 id => Distribution) private _distributions;
    /// @dev The latest one that uses points up.
    uint256 private _pointsDistribution;

    constructor(address authority, address deposit) AccessManaged(authority) {
        if (authority == address(0) || deposit == address(0)) revert ZeroAddress();
        DEPOSIT = IOmronDeposit(deposit);
    }

    /// @inheritdoc IClaimManager
    function announcePoints(
        address token,
        uint256 amount,
        uint40 opensAt,
        uint40 duration,
        uint256 rate,
        uint256 expectedPoints
    ) external restricted returns (uint256 id) {
        if (rate == 0) revert ZeroAmount();
        uint256 required = Math.mulDiv(expectedPoints, rate, RATE_POINTS, Math.Rounding.Ceil);
        if (amount < required) revert AmountBelowPromise(amount, required);
        return _announce(_terms(token, amount, opensAt, duration, true), 0, rate);
    }

    /// @inheritdoc IClaimManager
    function announceMerkle(
        address token,
        uint256 amount,
        uint40 opensAt,
        uint40 duration,
        bytes32 root,
        bool usesPoints
    ) external restricted returns (uint256 id) {
        if (root == 0) revert ZeroAmount();
        return _announce(_terms(token, amount, opensAt, duration, usesPoints), root, 0);
    }

    /// @inheritdoc IClaimManager
    function fund(uint256 id, uint256 amount) external nonReentrant {
        State state = stateOf(id);
        if (state != State.Unfunded && state != State.Waiting && state != State.Open) revert WrongState(id, state);
        if (amount == 0) revert ZeroAmount();
        Distribution storage funded = _distributions[id];
        IERC20 token = IERC20(funded.token);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (state == State.Unfunded) {
            if (received < funded.amount) revert Underfunded(id, funded.amount, received);
            funded.funded = true;
        }
        funded.left += received;
        _promise(address(token), received);
        emit DistributionFunded(id, msg.sender, received);
    }

    /// @inheritdoc IClaimManager
    function cancel(uint256 id) external {
        // the delay of an execution is not asked for
        // slither-disable-next-line unused-return
        (bool isGuardian,) = IAccessManager(authority()).hasRole(GUARDIAN_ROLE, msg.sender);
        if (!isGuardian) revert NotGuardian(msg.sender);
        State state = stateOf(id);
        if (state != State.Unfunded && state != State.Waiting && state != State.Open) revert WrongState(id, state);
        _distributions[id].cancelled = true;
        emit DistributionCancelled(id, msg.sender);
    }

    /// @inheritdoc IClaimManager
    function sweep(uint256 id, address recipient) external restricted nonReentrant {
        if (recipient == address(0) || recipient == address(this)) revert ZeroAddress();
        State state = stateOf(id);
        if (state != State.Closed && state != State.Cancelled) revert WrongState(id, state);
        Distribution storage ended = _distributions[id];
        uint256 left = ended.left;
        if (left == 0) revert NothingLeft(id);
        ended.left = 0;
        uint256 amount = _redeem(ended.token, left);
        emit DistributionSwept(id, recipient, amount);
        IERC20(ended.token).safeTransfer(recipient, amount);
    }

    /// @inheritdoc IClaimManager
    function distribution(uint256 id) external view returns (Distribution memory) {
        return _distributions[id];
    }

    /// @inheritdoc IClaimManager
    function stateOf(uint256 id) public view returns (State) {
        Distribution storage asked = _distributions[id];
        if (asked.token == address(0)) return State.None;
        if (asked.cancelled) return State.Cancelled;
        if (!asked.funded) return block.timestamp < asked.opensAt ? State.Unfunded : State.Lapsed;
        if (block.timestamp < asked.opensAt) return State.Waiting;
        return block.timestamp < asked.closesAt ? State.Open : State.Closed;
    }

    /// @dev The distribution, if it can be claimed from now.
    function _open(uint256 id) internal view returns (Distribution storage opened) {
        State state = stateOf(id);
        if (state != State.Open) revert WrongState(id, state);
        return _distributions[id];
    }

    /// @dev Take `reward` out of the pool and send it to `user`; a token that refuses keeps it for the user.
    function _pay(uint256 id, Distribution storage opened, address user, uint256 points, uint256 reward) internal {
        uint256 left = opened.left;
        if (reward > left) revert PoolExhausted(id, left, reward);
        emit RewardClaimed(id, user, points, reward);
        if (reward == 0) return;
        opened.left = left - reward;
        _sendOrKeep(user, opened.token, _redeem(opened.token, reward));
    }

    function _terms(address token, uint256 amount, uint40 opensAt, uint40 duration, bool usesPoints)
        private
        view
        returns (Distribution memory terms)
    {
        if (token == address(0)) revert ZeroAddress();
        if (amount == 0) revert ZeroAmount();
        if (duration < MINIMUM_WINDOW || duration > MAXIMUM_WINDOW) {
            revert WindowOutOfRange(duration, MINIMUM_WINDOW, MAXIMUM_WINDOW);
        }
        uint256 earliest = usesPoints ? Math.max(block.timestamp, _pointsFinalAt()) : block.timestamp;
        uint256 latest = block.timestamp + MAXIMUM_LEAD;
        if (opensAt < earliest || opensAt > latest) revert OpeningOutOfRange(opensAt, earliest, latest);
        terms.token = token;
        terms.amount = amount;
        terms.opensAt = opensAt;
        terms.closesAt = opensAt + duration;
        terms.usesPoints = usesPoints;
    }

    /// @dev When points can be used up here; reverts while that is not to be foreseen.
    function _pointsFinalAt() private view returns (uint256) {
        address manager = DEPOSIT.claimManager();
        if (manager != address(this)) revert NotTheClaimManager(manager);
        uint256 stoppedAt = DEPOSIT.depositStopTime();
        // slither-disable-next-line incorrect-equality
        if (stoppedAt == 0) revert DepositsNotStopped();
        return stoppedAt + DEPOSIT.claimManagerDelay();
    }

    function _announce(Distribution memory terms, bytes32 root, uint256 rate) private returns (uint256 id) {
        id = ++distributionCount;
        if (terms.usesPoints) {
            uint256 other = _pointsDistribution;
            State state = stateOf(other);
            if (state == State.Unfunded || state == State.Waiting || state == State.Open) {
                revert PointsAlreadyPromised(other);
            }
            _pointsDistribution = id;
        }
        terms.root = root;
        terms.rate = rate;
        _distributions[id] = terms;
        emit DistributionAnnounced(id, terms);
    }
}
