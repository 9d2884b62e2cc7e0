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

    // one slot, and one slot: a claim reads the first
    /// @inheritdoc IOmronDeposit
    address public claimManager;
    uint64 private _delay;
    address private _announced;
    uint64 private _announcedReadyAt;

    modifier onlyClaimManager() {
        if (claimManager == address(0)) revert ClaimManagerNotSet();
        if (msg.sender != claimManager) revert NotClaimManager();
        _;
    }

    /// @inheritdoc IOmronDeposit
    function setClaimManager(address newClaimManager) external onlyOwner {
        if (newClaimManager == address(0)) revert ZeroAddress();
        if (_delay == 0) {
            _setClaimManager(newClaimManager);
        } else {
            _announce(newClaimManager, block.timestamp + _delay);
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
        if (delay <= _delay) revert ClaimManagerDelayNotRaised(_delay, delay);
        if (delay > MAXIMUM_CLAIM_MANAGER_DELAY) revert ClaimManagerDelayTooLong(delay, MAXIMUM_CLAIM_MANAGER_DELAY);
        _delay = uint64(delay);
        emit ClaimManagerDelayRaised(delay);
        uint256 readyAt = block.timestamp + delay;
        if (_announced != address(0) && _announcedReadyAt < readyAt) _announce(_announced, readyAt);
    }

    /// @inheritdoc IOmronDeposit
    function claimManagerDelay() public view returns (uint256) {
        return _delay;
    }

    /// @inheritdoc IOmronDeposit
    function announcedClaimManager() external view returns (address newClaimManager, uint256 readyAt) {
        return (_announced, _announcedReadyAt);
    }

    function _announce(address newClaimManager, uint256 readyAt) private {
        _announced = newClaimManager;
        _announcedReadyAt = uint64(readyAt);
        emit ClaimManagerAnnounced(newClaimManager, readyAt);
    }

    function _setClaimManager(address newClaimManager) private {
        claimManager = newClaimManager;
        emit ClaimManagerSet(newClaimManager);
    }
}
