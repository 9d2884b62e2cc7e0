// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAssetObserver} from "../interfaces/IAssetObserver.sol";
import {AggregatorV3Interface} from "../interfaces/external/AggregatorV3Interface.sol";

/// @title Reading a market price that can be relied on
/// @notice Refuses a price that is not positive, from the future, or older than its feed promises, and any price while a
/// rollup's sequencer was down within the last hour.
library MarketPrice {
    /// @dev A feed may be this late: 110 % of its heartbeat.
    uint256 private constant TOLERANCE_PERCENT = 110;
    /// @dev Time for which a restarted sequencer's prices are not trusted, seconds.
    uint256 private constant SEQUENCER_GRACE = 1 hours;
    /// @dev Decimals of a price in wei of ETH.
    uint8 private constant DECIMALS = 18;

    /// @dev Reads `feed`.
    /// @param asset named in errors
    /// @param heartbeat longest time between two updates that the feed promises, seconds
    /// @return price wei of ETH per 1e18 token units, saturated at 2^256 - 1
    /// @return age seconds since the feed's last update
    function read(address asset, AggregatorV3Interface feed, uint32 heartbeat)
        internal
        view
        returns (uint256 price, uint256 age)
    {
        // slither-disable-next-line unused-return
        (, int256 answer,, uint256 updatedAt,) = feed.latestRoundData();
        if (answer <= 0) revert IAssetObserver.PriceNotPositive(asset, answer);
        if (updatedAt > block.timestamp) revert IAssetObserver.PriceInFuture(asset, updatedAt);
        uint256 maximumAge = (uint256(heartbeat) * TOLERANCE_PERCENT) / 100;
        age = block.timestamp - updatedAt;
        if (age > maximumAge) revert IAssetObserver.PriceStale(asset, updatedAt, maximumAge);

        price = _toWei(uint256(answer), feed.decimals());
        // a positive answer of many decimals can still be less than one wei
        if (price == 0) revert IAssetObserver.PriceNotPositive(asset, answer);
    }

    /// @dev Reverts while the sequencer is down or has not been up for an hour.
    /// @param feed uptime feed: answer 0 is up, `startedAt` the time of the last change; zero on chains that have none
    function requireSequencerUp(AggregatorV3Interface feed) internal view {
        if (address(feed) == address(0)) return;
        // slither-disable-next-line unused-return
        (, int256 answer, uint256 startedAt,,) = feed.latestRoundData();
        bool settled = startedAt != 0 && startedAt + SEQUENCER_GRACE <= block.timestamp;
        if (answer != 0 || !settled) revert IAssetObserver.SequencerDown(startedAt);
    }

    function _toWei(uint256 answer, uint8 decimals) private pure returns (uint256) {
        if (decimals <= DECIMALS) return Math.saturatingMul(answer, 10 ** (DECIMALS - decimals));
        return answer / 10 ** (decimals - DECIMALS);
    }
}
