// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {ISampleLendingProtocol} from "../interfaces/ISampleLendingProtocol.sol";
import {AggregatorV3Interface} from "../interfaces/external/AggregatorV3Interface.sol";

/// @title SAMPLE: sets loan-to-value from exit risk; lends nothing
/// @notice Aims at base * (1 - risk), rounded down, at least FLOOR_BPS. In an epoch it rises by at most RISE_BPS_PER_EPOCH, and
/// only on a score; it falls by at most FALL_BPS_PER_EPOCH, and goes on falling by itself until the aim is reached, so that
/// neither a quiet keeper nor a stale feed delays what risk demands. At hourly epochs the widest fall takes less than
/// GRACE_PERIOD: a score of certain exit acts sooner than no score at all. Without a score the last one counts for
/// GRACE_PERIOD from its observation, then the floor; a frozen one does not count at all. Both go to the floor at once, and
/// from there it rises epoch by epoch. An asset's first score is not capped: there is nothing to move from.
/// @custom:kill Nothing to stop: holds nothing. A real protocol would delist the asset.
contract SampleLendingProtocol is ISampleLendingProtocol, AccessManaged {
    uint256 public constant FLOOR_BPS = 1_000;
    uint256 public constant CEILING_BPS = 9_500;
    /// @notice Age of an observation up to which its score outlives a feed that gives none, seconds.
    uint256 public constant GRACE_PERIOD = 6 hours;
    /// @inheritdoc ISampleLendingProtocol
    uint256 public constant RISE_BPS_PER_EPOCH = 250;
    /// @inheritdoc ISampleLendingProtocol
    uint256 public constant FALL_BPS_PER_EPOCH = 2_000;

    /// @inheritdoc ISampleLendingProtocol
    uint32 public immutable EPOCH_LENGTH;

    mapping(address asset => Listing listing) private _listings;

    /// @param authority AccessManager that says who may list assets
    /// @param epochLength that of the feeds, seconds
    constructor(address authority, uint32 epochLength) AccessManaged(authority) {
        if (epochLength == 0) revert EpochLengthIsZero();
        EPOCH_LENGTH = epochLength;
    }

    /// @inheritdoc ISampleLendingProtocol
    function listAsset(address asset, address riskFeed, uint16 baseLoanToValueBps) external restricted {
        if (baseLoanToValueBps < FLOOR_BPS || baseLoanToValueBps > CEILING_BPS) {
            revert LoanToValueOutOfRange(baseLoanToValueBps, FLOOR_BPS, CEILING_BPS);
        }
        if (_listings[asset].baseBps != 0) revert AssetAlreadyListed(asset);
        AggregatorV3Interface feed = AggregatorV3Interface(riskFeed);
        // an unknown risk is a high one: start at the floor
        uint16 floor = uint16(FLOOR_BPS);
        _listings[asset] = Listing(feed, baseLoanToValueBps, floor, floor, 0, 0, 10 ** feed.decimals());
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
            uint256 target = Math.max(uint256(listing.baseBps) * (certainty - bounded) / certainty, FLOOR_BPS);
            _aimAt(listing, uint16(target));
            listing.observedAt = uint40(Math.min(updatedAt, block.timestamp));
            bps = loanToValueOf(asset);
            emit LoanToValueSet(asset, bps, bounded * 1e18 / certainty, updatedAt);
        } catch (bytes memory reason) {
            // Stale, NoRound: no score is not a score of zero. Frozen: the last one may have been forged
            if (bytes4(reason) == IRiskFeed.Frozen.selector) {
                listing.observedAt = 0;
                listing.epoch = _currentEpoch();
            }
            bps = loanToValueOf(asset);
            emit LoanToValueWithoutScore(asset, bps, reason);
        }
    }

    /// @inheritdoc ISampleLendingProtocol
    function listingOf(address asset) external view returns (Listing memory) {
        return _listings[asset];
    }

    /// @inheritdoc ISampleLendingProtocol
    function loanToValueOf(address asset) public view returns (uint256 bps) {
        Listing storage listing = _listings[asset];
        if (listing.baseBps == 0) revert AssetNotListed(asset);
        return _lapsed(listing) ? FLOOR_BPS : _bpsIn(listing, _currentEpoch());
    }

    /// @dev Let `listing` go to `target` from where it stood when this epoch began.
    function _aimAt(Listing storage listing, uint16 target) private {
        uint32 epoch = _currentEpoch();
        if (listing.epoch == 0) listing.anchorBps = target;
        // what lapsed within this epoch stands at the floor as well
        else if (_lapsed(listing)) listing.anchorBps = uint16(FLOOR_BPS);
        else if (epoch > listing.epoch) listing.anchorBps = uint16(_bpsIn(listing, epoch - 1));
        listing.targetBps = target;
        listing.epoch = epoch;
    }

    /// @dev Where the way from anchor to target has come to in `epoch`, the last score's or a later one.
    function _bpsIn(Listing storage listing, uint32 epoch) private view returns (uint256) {
        (uint256 anchor, uint256 target) = (listing.anchorBps, listing.targetBps);
        if (target >= anchor) return Math.min(target, anchor + RISE_BPS_PER_EPOCH);
        uint256 most = FALL_BPS_PER_EPOCH * (uint256(epoch) + 1 - listing.epoch);
        return Math.max(target, Math.saturatingSub(anchor, most));
    }

    function _lapsed(Listing storage listing) private view returns (bool) {
        return block.timestamp > listing.observedAt + GRACE_PERIOD;
    }

    function _currentEpoch() private view returns (uint32) {
        return uint32(block.timestamp / EPOCH_LENGTH);
    }
}
