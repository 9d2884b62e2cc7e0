// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IStakedTotals} from "./IStakedTotals.sol";

/// @title Deposits of restaked tokens that earn points
/// @notice Keeps the names, events, errors and order of checks of the contract already on mainnet, and adds a user's own
/// exit, totals over time, and a delay before a new claim manager can act.
interface IOmronDeposit is IStakedTotals {
    /// @notice Tokens were credited; `amount` is what arrived, which a token with a fee makes less than what was sent.
    event Deposit(address indexed user, address indexed token, uint256 amount);
    /// @notice A user took tokens out.
    event Withdraw(address indexed user, address indexed token, uint256 amount, address recipient);
    /// @notice The claim manager took all of a user's listed tokens; amounts in the order of the whitelist.
    event WithdrawTokens(address indexed user, uint256[] amounts);
    /// @notice The claim manager turned a user's points to account.
    event ClaimPoints(address indexed user, uint256 points);
    event WhitelistedTokenAdded(address indexed token);
    event WhitelistedTokenRemoved(address indexed token);
    event ClaimManagerSet(address indexed claimManager);
    /// @notice A claim manager will be accepted from `readyAt` on, Unix time in seconds.
    event ClaimManagerAnnounced(address indexed claimManager, uint256 readyAt);
    /// @notice Seconds between announcing and accepting a claim manager.
    event ClaimManagerDelayRaised(uint256 delay);
    event DepositStopTimeSet(uint256 indexed stopTime);

    error ZeroAddress();
    error ZeroAmount();
    error TokenNotWhitelisted();
    error TokenAlreadyWhitelisted(address token);
    error InsufficientDeposit(address token, uint256 deposited, uint256 requested);
    error NotClaimManager();
    error ClaimManagerNotSet();
    error ClaimManagerNotAnnounced();
    /// @notice Users have been told, but not for long enough: of a new claim manager, or of the end of deposits.
    error ClaimManagerNotReady(uint256 readyAt);
    error ClaimManagerAnnouncementExpired(uint256 expiredAt);
    error ClaimManagerDelayNotRaised(uint256 current, uint256 requested);
    error ClaimManagerDelayTooLong(uint256 requested, uint256 maximum);
    error DepositsAlreadyStopped();
    error DepositsNotStopped();
    error DepositsStopped();
    error RenounceDisabled();

    /// @notice Deposit `amount` units of `token`; credited with what arrives.
    function deposit(address token, uint256 amount) external;

    /// @notice Take `amount` units of one's own `token` out, to `recipient`. Always open: paused, stopped, delisted or not.
    function withdraw(address token, uint256 amount, address recipient) external;

    /// @notice Claim manager: take all listed tokens of `user`, once the claim manager's delay has passed since deposits
    /// stopped. The tokens go to the claim manager; points stay, the rate is zeroed.
    /// @return amounts token units in the order of the whitelist
    function withdrawTokens(address user) external returns (uint256[] memory amounts);

    /// @notice Claim manager: zero the points of `user`, once its delay has passed since deposits stopped.
    /// @return points what the user had earned
    function claim(address user) external returns (uint256 points);

    /// @notice Owner: accept deposits of `token`.
    function addWhitelistedToken(address token) external;

    /// @notice Owner: accept no more deposits of `token`. What is deposited stays withdrawable and keeps earning.
    function removeWhitelistedToken(address token) external;

    /// @notice Owner: set the claim manager at once while the delay is zero, announce it otherwise.
    function setClaimManager(address newClaimManager) external;

    /// @notice Owner: complete an announcement whose delay has passed, no more than ACCEPTANCE_PERIOD ago.
    function acceptClaimManager() external;

    /// @notice Owner: raise the seconds between announcing and accepting; never lowered, at most MAXIMUM_CLAIM_MANAGER_DELAY.
    /// A pending announcement waits at least as long from now on.
    function raiseClaimManagerDelay(uint256 delay) external;

    /// @notice Owner: end deposits and earning, once and for ever.
    function stopDeposits() external;

    /// @notice Owner: stop deposits and the claim manager for a while; `withdraw` stays open.
    function pause() external;

    /// @notice Owner: undo `pause`.
    function unpause() external;

    /// @notice Rate, time and points as of the last touch.
    /// @return pointsPerHour token units, summed over tokens
    /// @return lastUpdated Unix time, seconds
    /// @return pointBalance whole points
    function getUserInfo(address user)
        external
        view
        returns (uint256 pointsPerHour, uint256 lastUpdated, uint256 pointBalance);

    /// @notice As `getUserInfo`, in the order of the deployed contract's storage.
    function userInfo(address user)
        external
        view
        returns (uint256 pointBalance, uint256 pointsPerHour, uint256 lastUpdated);

    /// @notice Whole points earned until now, or until deposits stopped.
    function calculatePoints(address user) external view returns (uint256 points);

    /// @notice Units of `token` that `user` has deposited.
    function tokenBalance(address user, address token) external view returns (uint256 balance);

    function getAllWhitelistedTokens() external view returns (address[] memory tokens);
    function allWhitelistedTokens(uint256 index) external view returns (address token);
    function whitelistedTokens(address token) external view returns (bool);
    function claimManager() external view returns (address);

    /// @notice Announced claim manager and the Unix time from which it can be accepted; zero when there is none.
    function announcedClaimManager() external view returns (address newClaimManager, uint256 readyAt);

    /// @notice Seconds between announcing and accepting a claim manager, and between the end of deposits and its first act.
    function claimManagerDelay() external view returns (uint256);

    /// @notice Unix time at which deposits and earning stopped; 0 while they go on.
    function depositStopTime() external view returns (uint256);
}
