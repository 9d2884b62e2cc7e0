// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AggregatorV3Interface} from "./external/AggregatorV3Interface.sol";

/// @title How a lending protocol may read exit risk
interface ISampleLendingProtocol {
    /// @notice An asset that can be borrowed against; basis points are ten-thousandths.
    /// @param riskFeed AggregatorV3 feed of the exit risk
    /// @param baseBps loan-to-value without any risk, basis points
    /// @param anchorBps loan-to-value at the end of the epoch before `epoch`, basis points
    /// @param targetBps loan-to-value that the last score asks for, basis points
    /// @param epoch of the last score or freeze, 0 before the first
    /// @param observedAt Unix time of the last score's observation, seconds; 0 when there is none that counts
    /// @param certainty what the feed answers for a certain exit
    struct Listing {
        AggregatorV3Interface riskFeed;
        uint16 baseBps;
        uint16 anchorBps;
        uint16 targetBps;
        uint32 epoch;
        uint40 observedAt;
        uint256 certainty;
    }

    /// @notice An asset can be borrowed against, at the lowest loan-to-value until its risk is known.
    event AssetListed(address indexed asset, address riskFeed, uint16 baseLoanToValueBps);
    /// @notice The loan-to-value follows a score.
    /// @param bps loan-to-value from now on, ten-thousandths, within what the epoch allows
    /// @param risk exit risk, 1e18 = certain
    /// @param updatedAt Unix time of the observation behind the score, seconds
    event LoanToValueSet(address indexed asset, uint256 bps, uint256 risk, uint256 updatedAt);
    /// @notice The feed gave no score, for `reason` (its revert data): `bps` follows the last one while it is young enough, and
    /// is the floor beyond that or when a guardian disowned it.
    event LoanToValueWithoutScore(address indexed asset, uint256 bps, bytes reason);

    error EpochLengthIsZero();
    error AssetNotListed(address asset);
    error AssetAlreadyListed(address asset);
    error LoanToValueOutOfRange(uint256 bps, uint256 minimum, uint256 maximum);

    /// @notice List `asset`; `baseLoanToValueBps` is what it would get without any risk.
    function listAsset(address asset, address riskFeed, uint16 baseLoanToValueBps) external;

    /// @notice Let the loan-to-value of `asset` follow its feed, as far as the epoch allows. Open to all; calling it again in the
    /// same epoch moves nothing further.
    /// @return bps loan-to-value from now on, ten-thousandths
    function refresh(address asset) external returns (uint256 bps);

    /// @notice Loan-to-value of `asset` now, ten-thousandths: a fall that the cap spreads over epochs goes on without a
    /// `refresh`, a rise does not; the floor once the last score is too old.
    function loanToValueOf(address asset) external view returns (uint256 bps);

    /// @notice What is listed of `asset`; zeros when it is not.
    function listingOf(address asset) external view returns (Listing memory);

    /// @notice Most that a loan-to-value rises in one epoch, ten-thousandths.
    function RISE_BPS_PER_EPOCH() external view returns (uint256);

    /// @notice Most that a loan-to-value falls in one epoch by a score, ten-thousandths.
    function FALL_BPS_PER_EPOCH() external view returns (uint256);

    /// @notice Seconds of an epoch.
    function EPOCH_LENGTH() external view returns (uint32);
}
