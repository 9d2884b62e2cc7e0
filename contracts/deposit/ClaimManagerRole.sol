// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";

/// @title Who may act for users once deposits have stopped, and how long ahead users hear of it
abstract contract ClaimManagerRole is IOmronDeposit, Ownable2Step {
    /// @notice A delay beyond this would amount to having no claim manager, seconds.
    uint256 public constant MAXIMUM_CLAIM_MANAGER_DELAY = 90 days;

    /// @notice An announcement that is ready is accepted within this time or made anew, seconds: users who come later
    /// have notice as well.
    uint256 public constant ACCEPTANCE_PERIOD = 7 days;

    /// @inheritdoc IOmronDeposit
    uint256 public claimManagerDelay;
    /// @inheritdoc IOmronDeposit
    address public claimManager;

    address private _announced;
    uint256 private _announcedReadyAt;

    modifier onlyClaimManager() {
        if (claimManager == address(0)) revert ClaimManagerNotSet();
        if (msg.sender != claimManager) revert NotClaimManager();
        _;
    }

    /// @inheritdoc IOmronDeposit
    function setClaimManager(address newClaimManager) external onlyOwner {
        if (newClaimManager == address(0)) revert ZeroAddress();
        if (claimManagerDelay == 0) {
            _setClaimManager(newClaimManager);
        } else {
            _announce(newClaimManager, block.timestamp + claimManagerDelay);
        }
    }

    /// @inheritdoc IOmronDeposit
    function acceptClaimManager() external onlyOwner {
        if (_announced == address(0)) revert ClaimManagerNotAnnounced();
        if (block.timestamp < _announcedReadyAt) revert ClaimManagerNotReady(_announcedReadyAt);
        uint256 expiresAt = _announcedReadyAt + ACCEPTANCE_PERIOD;
        if (block.timestamp > expiresAt) revert ClaimManagerAnnouncementExpired(expiresAt);
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
        uint256 readyAt = block.timestamp + delay;
        if (_announced != address(0) && _announcedReadyAt < readyAt) _announce(_announced, readyAt);
    }

    /// @inheritdoc IOmronDeposit
    function announcedClaimManager() external view returns (address newClaimManager, uint256 readyAt) {
        return (_announced, _announcedReadyAt);
    }

    function _announce(address newClaimManager, uint256 readyAt) private {
        _announced = newClaimManager;
        _announcedReadyAt = readyAt;
        emit ClaimManagerAnnounced(newClaimManager, readyAt);
    }

    function _setClaimManager(address newClaimManager) private {
        claimManager = newClaimManager;
        emit ClaimManagerSet(newClaimManager);
    }
}
