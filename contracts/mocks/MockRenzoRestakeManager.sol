// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IRenzoRestakeManager} from "../interfaces/external/IRenzoRestakeManager.sol";
import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

/// @title MOCK: Renzo's RestakeManager with its real interface and refusals, as told; for local chains and tests only
/// @notice Mints the ETH sent at the token's rate, rounded down. It has to be the token's minter.
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockRenzoRestakeManager is IRenzoRestakeManager, Ownable {
    uint256 private constant _WHOLE = 10_000;

    address private immutable _EZETH;
    /// @inheritdoc IRenzoRestakeManager
    bool public paused;
    /// @notice Most wei it takes altogether; zero for no limit.
    uint256 public maxDepositTVL;
    /// @notice Wei taken so far.
    uint256 public totalTVL;
    /// @notice Ten-thousandths by which it mints less than the rate says.
    uint256 public shortfallBps;
    /// @notice Ten-thousandths of the ETH sent that it gives back.
    uint256 public refundBps;
    address private _target;
    bytes private _callback;

    constructor(address token) Ownable(msg.sender) {
        _EZETH = token;
    }

    /// @notice As Renzo's.
    function depositETH() external payable {
        depositETH(0);
    }

    /// @notice Pause or unpause.
    function setPaused(bool pause) external onlyOwner {
        paused = pause;
    }

    /// @notice Limit the wei that it takes; zero for no limit.
    function setMaxDepositTVL(uint256 limit) external onlyOwner {
        maxDepositTVL = limit;
    }

    /// @notice Mint `bps` ten-thousandths less than expected.
    function setShortfall(uint256 bps) external onlyOwner {
        shortfallBps = bps;
    }

    /// @notice Give `bps` ten-thousandths of the ETH back.
    function setRefund(uint256 bps) external onlyOwner {
        refundBps = bps;
    }

    /// @notice Call `target` in every deposit and pass its revert on.
    function setCallback(address target, bytes calldata data) external onlyOwner {
        _target = target;
        _callback = data;
    }

    /// @inheritdoc IRenzoRestakeManager
    function ezETH() external view returns (address) {
        return _EZETH;
    }

    /// @inheritdoc IRenzoRestakeManager
    function depositETH(uint256 referralId) public payable {
        if (paused) revert ContractPaused();
        if (maxDepositTVL != 0 && totalTVL + msg.value > maxDepositTVL) revert MaxTVLReached();
        uint256 refund = msg.value * refundBps / _WHOLE;
        uint256 taken = msg.value - refund;
        totalTVL += taken;
        MockLiquidRestakingToken token = MockLiquidRestakingToken(_EZETH);
        uint256 fair = taken * 1 ether / token.getRate();
        if (fair == 0) revert InvalidTokenAmount();
        uint256 minted = fair * (_WHOLE - shortfallBps) / _WHOLE;
        token.mint(msg.sender, minted);
        emit Deposit(msg.sender, address(0), msg.value, minted, referralId);
        if (_target != address(0)) Address.functionCall(_target, _callback);
        if (refund != 0) Address.sendValue(payable(msg.sender), refund);
    }
}
