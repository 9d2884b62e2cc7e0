// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IRateProvider} from "../interfaces/external/IRateProvider.sol";

/// @title MOCK: a fair rate that its owner sets; for local chains and tests only
/// @custom:kill Nothing to stop: holds nothing.
contract MockRateProvider is IRateProvider, Ownable {
    uint256 private _rate;

    constructor(uint256 initialRate) Ownable(msg.sender) {
        _rate = initialRate;
    }

    /// @notice Set the rate, wei of ETH per 1e18 token units.
    function setRate(uint256 newRate) external onlyOwner {
        _rate = newRate;
    }

    /// @inheritdoc IRateProvider
    function getRate() external view returns (uint256) {
        return _rate;
    }
}
