// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MockLiquidRestakingToken} from "./MockLiquidRestakingToken.sol";

/// @title MOCK: a token with the decimals that it is made with; for tests only
/// @custom:kill Nothing to stop: its tokens are worth nothing.
contract MockDecimalsToken is MockLiquidRestakingToken {
    uint8 private immutable DECIMALS;

    constructor(uint8 decimals_) MockLiquidRestakingToken("Mock Decimals Token", "DECIMALS", 1 ether) {
        DECIMALS = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }
}
