// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {ISampleLendingProtocol} from "../interfaces/ISampleLendingProtocol.sol";
import {AggregatorV3Interface} from "../interfaces/external/AggregatorV3Interface.sol";

/// @title SAMPLE: sets loan-to-value from exit risk; lends nothing
/// @notice loan-to-value = base * (1 - risk), rounded down, at least FLOOR_BPS so that one score never calls every loan. Without
/// a score the last one counts for GRACE_PERIOD from its observation, then the floor; a frozen one does not count at all.
/// @custom:kill Nothing to stop: holds nothing. A real protocol would delist the asset.
contract SampleLendingProtocol is ISampleLendingProtocol, AccessManaged {
    struct Listing {
        AggregatorV3Interface riskFeed;
        uint16 baseBps;
        uint16 currentBps;
        uint40 updatedAt;
        uint256 certainty;
    }

    uint256 public constant FLOOR_BPS = 1_000;
    uint256 public constant CEILING_BPS = 9_500;
    /// @notice Age of an observation up to which its score outlives a feed that gives none, seconds.
    uint256 public constant GRACE_PERIOD = 6 hours;

    mapping(address asset => Listing listing) private _listings;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc ISampleLendingProtocol
    function listAsset(address asset, address riskFeed, uint16 baseLoanToValueBps) external restricted {
        if (baseLoanToValueBps < FLOOR_BPS || baseLoanToValueBps > CEILING_BPS) {
            revert LoanToValueOutOfRange(baseLoanToValueBps, FLOOR_BPS, CEILING_BPS);
        }
        if (_listings[asset].baseBps != 0) revert AssetAlreadyListed(asset);
        AggregatorV3Interface feed = AggregatorV3Interface(riskFeed);
        // an unknown risk is a high one: start at the floor
        _listings[asset] = Listing(feed, baseLoanToValueBps, uint16(FLOOR_BPS), 0, 10 ** feed.decimals());
        emit AssetListed(asset, riskFeed, baseLoanToValueBps);
    }

    /// @inheritdoc ISampleLendingProtocol
    function refresh(address asset) external returns (uint256 bps) {
        Listing storage listing = _listings[asset];
        if (listing.baseBps == 0) revert AssetNotListed(asset);
        // the round's id says nothing that its time does not say
        // slither-disable-next-line unused-return
        try listing.riskFeed.latestRoundData() returns (uint80, int256 risk, uint256, uint256 updatedAt, uint80) {
            uint256 certainty = listing.certainty;
            uint256 bounded = risk < 0 || uint256(risk) > certainty ? certainty : uint256(risk);
            bps = Math.max(uint256(listing.baseBps) * (certainty - bounded) / certainty, FLOOR_BPS);
            listing.currentBps = uint16(bps);
            listing.updatedAt = uint40(Math.min(updatedAt, block.timestamp));
            emit LoanToValueSet(asset, bps, bounded * 1e18 / certainty, updatedAt);
            return loanToValueOf(asset);
        } catch (bytes memory reason) {
            // Stale, NoRound: no score is not a score of zero. Frozen: the last one may have been forged
            if (bytes4(reason) == IRiskFeed.Frozen.selector) listing.updatedAt = 0;
            bps = loanToValueOf(asset);
            emit LoanToValueWithoutScore(asset, bps, reason);
        }
    }

    /// @inheritdoc ISampleLendingProtocol
    function loanToValueOf(address asset) public view returns (uint256 bps) {
        Listing storage listing = _listings[asset];
        if (listing.baseBps == 0) revert AssetNotListed(asset);
        return block.timestamp > listing.updatedAt + GRACE_PERIOD ? FLOOR_BPS : listing.currentBps;
    }
}
