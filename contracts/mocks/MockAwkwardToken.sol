// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

/// @title MOCK: a token that keeps a fee, refuses transfers, or calls back, as told; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockAwkwardToken is MockLiquidRestakingToken {
    error TransfersRefused();

    uint256 public feeBps;
    bool public refusing;
    /// @notice Whom it neither pays nor takes from.
    mapping(address holder => bool) public blocked;
    address private _callbackFor;
    address private _target;
    bytes private _callback;

    constructor() MockLiquidRestakingToken("Mock Awkward Token", "AWK", 1 ether) {}

    /// @notice Keep `newFeeBps` ten-thousandths of every transfer.
    function setFee(uint256 newFeeBps) external onlyOwner {
        feeBps = newFeeBps;
    }

    /// @notice Refuse every transfer.
    function setRefusing(bool refuse) external onlyOwner {
        refusing = refuse;
    }

    /// @notice Refuse transfers to and from `holder`.
    function setBlocked(address holder, bool block_) external onlyOwner {
        blocked[holder] = block_;
    }

    /// @notice Call back in transfers to `recipient` only; zero for every transfer.
    function setCallbackFor(address recipient) external onlyOwner {
        _callbackFor = recipient;
    }

    /// @notice Call `target` in every transfer and pass its revert on.
    function setCallback(address target, bytes calldata data) external onlyOwner {
        _target = target;
        _callback = data;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, value);
        if (refusing || blocked[from] || blocked[to]) revert TransfersRefused();
        bool calls = _target != address(0) && (_callbackFor == address(0) || _callbackFor == to);
        if (calls) Address.functionCall(_target, _callback);
        uint256 fee = value * feeBps / 10_000;
        super._update(from, address(0), fee);
        super._update(from, to, value - fee);
    }
}
