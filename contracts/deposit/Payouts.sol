// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IClaimManager} from "../interfaces/IClaimManager.sol";
import {balanceHere} from "./TokenBalance.sol";

/// @title Sends tokens to users, and keeps for each what a token refused to send
/// @notice No failing token stands in another's way. What is kept can be sent on by anybody, to its user only, and by the user
/// to anywhere. A token that became less (rebased down) is paid pro rata to all who have a right to it.
abstract contract Payouts is IClaimManager, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 internal constant UNREADABLE = type(uint256).max;

    mapping(address token => uint256 amount) private _promised;
    mapping(address user => mapping(address token => uint256 amount)) private _kept;

    /// @inheritdoc IClaimManager
    function deliver(address user, address token) external nonReentrant {
        _release(user, token, user);
    }

    /// @inheritdoc IClaimManager
    function retrieve(address token, address recipient) external nonReentrant {
        if (recipient == address(0) || recipient == address(this)) revert ZeroAddress();
        _release(msg.sender, token, recipient);
    }

    /// @inheritdoc IClaimManager
    function keptFor(address user, address token) external view returns (uint256) {
        return _kept[user][token];
    }

    /// @inheritdoc IClaimManager
    function promisedOf(address token) external view returns (uint256) {
        return _promised[token];
    }

    /// @dev From now on `amount` more units of `token` here belong to somebody.
    function _promise(address token, uint256 amount) internal {
        _promised[token] += amount;
    }

    /// @dev What `amount` of a promise can be paid with now; it is promised no more.
    function _redeem(address token, uint256 amount) internal returns (uint256 payable_) {
        uint256 promised = _promised[token];
        uint256 held = _heldOf(token);
        payable_ = held < promised ? Math.mulDiv(amount, held, promised) : amount;
        _promised[token] = promised - amount;
    }

    /// @dev Send `user` units that nobody else has a right to; what the token refuses is kept for the user.
    function _sendOrKeep(address user, address token, uint256 amount) internal returns (bool sent) {
        sent = IERC20(token).trySafeTransfer(user, amount);
        if (!sent) {
            _kept[user][token] += amount;
            _promise(token, amount);
            emit TokensKept(user, token, amount);
        }
    }

    /// @dev What is here of `token`; more than can be promised when it cannot be read, so that no user's exit depends on a view
    /// that fails.
    function _heldOf(address token) internal view returns (uint256 held) {
        (bool known, uint256 units) = balanceHere(token);
        return known ? units : UNREADABLE;
    }

    function _release(address user, address token, address recipient) private {
        uint256 kept = _kept[user][token];
        if (kept == 0) revert NothingKept(user, token);
        _kept[user][token] = 0;
        uint256 amount = _redeem(token, kept);
        emit TokensReleased(user, token, amount, recipient);
        IERC20(token).safeTransfer(recipient, amount);
    }
}
