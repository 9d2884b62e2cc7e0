// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISignatureTransfer} from "./external/ISignatureTransfer.sol";
import {IStakedTotals} from "./IStakedTotals.sol";

/// @title Deposits of restaked tokens that earn points
/// @notice Keeps the names, events, errors and order of checks of the contract already on mainnet, and adds a user's own
/// exit, totals over time, deposits by permit and on behalf, weights, caps, seasons, and a delay before a new claim
/// manager can act.
///
/// **Earning.** One point an hour for each unit deposited (a token's smallest unit, or what its weight makes of it). Earning
/// goes on while the contract is paused and after a token is delisted, for the tokens are still there: only withdrawing,
/// the claim manager's `withdrawTokens`, and `stopDeposits` end it. A season multiplies what is earned while it lasts, never
/// what was earned before.
///
/// **Losses.** Deposits are credited in a token's units. When the contract holds fewer of them than it owes (slashed, rebased
/// down), every exit of that token, a user's or the claim manager's, debits `amount` and pays floor(amount * held / owed):
/// all who leave and all who stay bear the same ratio, in whatever order, and rounding favours those who stay. A recovery is
/// for those still there, up to what they are owed; who left is never owed again. No new deposit of the token is taken while
/// more than a millionth is missing, for it would pay for the others' loss. A surplus (a donation, a rebase upward) pays
/// nobody and makes later losses smaller. An exit that would pay nothing reverts and leaves the deposit as it was.
///
/// **Tokens that misbehave.** Each user's exit touches one token only. If its `balanceOf` fails, the contract pays as if
/// nothing were missing.
///
/// **Limits.** Units of one token in all, and what one user earns an hour, stay below 2^96; more is refused on deposit, never
/// on exit. Time counts up to 2106-02-07 (2^32 - 1 seconds): earning ends there, exits do not.
interface IOmronDeposit is IStakedTotals {
    /// @notice How deposits of a token count, and how much is taken.
    // never stored: nothing to pack
    // solhint-disable-next-line gas-struct-packing
    struct TokenTerms {
        /// whether deposits are taken now
        bool listed;
        /// points of a token unit in basis points of the ordinary; 10,000 is once
        uint256 weight;
        /// decimals by which units are brought to 18 before they earn; 18 leaves them as they are
        uint8 decimals;
        /// most units that all users may have deposited together
        uint256 totalCap;
        /// most units in one deposit
        uint256 depositCap;
    }

    // ------------------------------------------------------------------------------------------------ events

    /// @notice Tokens were credited to `user`, whoever paid; `amount` is what arrived, which a token with a fee makes less
    /// than what was sent.
    event Deposit(address indexed user, address indexed token, uint256 amount);
    /// @notice A user took tokens out; `amount` is what was debited.
    event Withdraw(address indexed user, address indexed token, uint256 amount, address recipient);
    /// @notice The claim manager took all of a user's listed tokens; amounts paid, in the order of the whitelist.
    event WithdrawTokens(address indexed user, uint256[] amounts);
    /// @notice An exit was paid `paid` units for `owed` that were debited, because the contract held less than it owed.
    event LossShared(address indexed user, address indexed token, uint256 owed, uint256 paid);
    /// @notice The claim manager turned a user's points to account.
    event ClaimPoints(address indexed user, uint256 points);
    event WhitelistedTokenAdded(address indexed token);
    event WhitelistedTokenRemoved(address indexed token);
    /// @notice How a token counts, for ever; `weight` in basis points.
    event TokenWeightSet(address indexed token, uint256 weight, uint8 decimals);
    event DepositCapsSet(address indexed token, uint256 totalCap, uint256 depositCap);
    /// @notice From this block's time on, earning is multiplied by `multiplier` basis points.
    event SeasonStarted(uint256 indexed number, uint256 multiplier);
    event ClaimManagerSet(address indexed claimManager);
    /// @notice A claim manager will be accepted from `readyAt` on, Unix time in seconds.
    event ClaimManagerAnnounced(address indexed claimManager, uint256 readyAt);
    /// @notice Seconds between announcing and accepting a claim manager.
    event ClaimManagerDelayRaised(uint256 delay);
    event DepositStopTimeSet(uint256 indexed stopTime);
    /// @notice Tokens of which nothing is owed to anybody were sent to `recipient`.
    event Rescued(address indexed token, address indexed recipient, uint256 amount);

    // ------------------------------------------------------------------------------------------------ errors

    error ZeroAddress();
    error ZeroAmount();
    error TokenNotWhitelisted();
    error TokenAlreadyWhitelisted(address token);
    error TooManyTokens(uint256 maximum);
    /// @notice A token's weight and decimals are set when it is first listed, and stay.
    error TokenWeightFixed(address token);
    error WeightOutOfRange(uint256 weight, uint256 maximum);
    error DecimalsUnknown(address token);
    error CapOutOfRange(uint256 cap, uint256 maximum);
    error TotalCapExceeded(address token, uint256 cap, uint256 requested);
    error DepositCapExceeded(address token, uint256 cap, uint256 requested);
    /// @notice The user would earn more units an hour than can be counted.
    error RateTooHigh(uint256 maximum, uint256 requested);
    /// @notice The contract holds less of the token than it owes, so that a new deposit would pay for others' loss.
    error TokenShort(address token, uint256 held, uint256 owed);
    /// @notice The token does not say how much of it the contract holds.
    error BalanceUnknown(address token);
    /// @notice An exit of `amount` would pay nothing now; the deposit stays.
    error NothingToPay(address token, uint256 amount);
    /// @notice The exit would pay less than its user accepts, because of a loss; the deposit stays.
    error PaidTooLittle(address token, uint256 minimumPaid, uint256 paid);
    error InsufficientDeposit(address token, uint256 deposited, uint256 requested);
    /// @notice This contract itself can neither have a deposit nor be paid.
    error InvalidRecipient(address recipient);
    error SignatureExpired(uint256 expiry);
    error InvalidSignature(address signer);
    error MultiplierTooHigh(uint256 multiplier, uint256 maximum);
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
    /// @notice Users have deposits of `token`, so none of it is nobody's.
    error TokenOwed(address token, uint256 owed);
    error RenounceDisabled();

    // ------------------------------------------------------------------------------------------------ deposits

    /// @notice Deposit `amount` units of the sender's `token`. Credited, here and below, is the lesser of `amount` and what
    /// arrives.
    /// @dev Reverts, in this order: EnforcedPause, DepositsStopped, ZeroAmount, TokenNotWhitelisted, then what the deployed
    /// contract does not know (DepositCapExceeded, BalanceUnknown, TokenShort), the token's own errors, ZeroAmount if
    /// nothing arrives, TotalCapExceeded, RateTooHigh.
    function deposit(address token, uint256 amount) external;

    /// @notice Deposit `amount` units of the sender's `token` for `user`, who alone can withdraw it.
    /// @dev As `deposit`; after TokenNotWhitelisted also ZeroAddress and InvalidRecipient for `user`.
    /// @return credited token units
    function depositFor(address user, address token, uint256 amount) external returns (uint256 credited);

    /// @notice `depositFor` with the consent of `user`: the sender pays, and the signature binds nobody but `user`, and to
    /// nothing but being credited once; it can move none of the user's own tokens. For a custodian or bridge that must know
    /// that the address is in somebody's hands before it pays.
    /// @dev Signed is EIP-712 typed data of the domain in `eip712Domain`:
    /// `DepositFor(address user,address token,uint256 amount,uint256 nonce,uint256 expiry)` with the nonce in `nonces(user)`.
    /// A contract signs by EIP-1271. The roles are those of EigenLayer's depositIntoStrategyWithSignature. Reverts as
    /// `depositFor`, then SignatureExpired, InvalidSignature, before tokens move.
    /// @param expiry last Unix time at which the signature is good, seconds
    /// @return credited token units
    function depositForWithSignature(
        address user,
        address token,
        uint256 amount,
        uint256 expiry,
        bytes calldata signature
    ) external returns (uint256 credited);

    /// @notice Deposit `amount` units of the sender's `token`, allowing it in the same transaction by the sender's ERC-2612
    /// permit of exactly `amount` to this contract.
    /// @dev A permit that fails, because somebody else has sent it before, is passed over: what counts is the allowance.
    /// @param deadline of the permit, Unix time in seconds
    /// @return credited token units
    function depositWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        returns (uint256 credited);

    /// @notice Deposit tokens of `payer` for `user` by a Permit2 signature of `payer`, whoever sends it: all of the permitted
    /// amount and nothing else.
    /// @dev The witness binds `user`: type string `DepositFor witness)DepositFor(address user)TokenPermissions(address
    /// token,uint256 amount)`; the spender is this contract. Permit2 checks signature, nonce and deadline.
    /// @return credited token units
    function depositWithPermit2(
        ISignatureTransfer.PermitTransferFrom calldata permit,
        address payer,
        address user,
        bytes calldata signature
    ) external returns (uint256 credited);

    // ------------------------------------------------------------------------------------------------ exits

    /// @notice Take `amount` units of one's own `token` out, to `recipient`. Always open: paused, stopped, delisted or not.
    /// @dev Reverts, in this order: ZeroAmount, ZeroAddress, InvalidRecipient, InsufficientDeposit, NothingToPay, then the
    /// token's own errors.
    function withdraw(address token, uint256 amount, address recipient) external;

    /// @notice The same, unless less than `minimumPaid` units would be sent: whoever is mined just after a loss keeps the
    /// deposit, and with it the share of a recovery. `payoutOf` says what to expect.
    /// @dev Reverts as the other, and after NothingToPay with PaidTooLittle. A token that keeps a fee delivers less than is
    /// sent.
    /// @param minimumPaid token units; with `amount` the exit is paid in full or not at all, with 0 it is the other's
    function withdraw(address token, uint256 amount, address recipient, uint256 minimumPaid) external;

    /// @notice Units that an exit of `amount` would be paid now: all of it, unless the contract holds less than it owes.
    function payoutOf(address token, uint256 amount) external view returns (uint256 paid);

    /// @notice Claim manager: take all listed tokens of `user`, once the claim manager's delay has passed since deposits
    /// stopped. The tokens go to the claim manager; points stay, the rate is zeroed.
    /// @dev A token of which nothing can be paid now is left as it is. One that refuses to move stops the rest until it is
    /// delisted, which makes this function pass over it; its users leave by `withdraw`.
    /// @return amounts token units sent, in the order of the whitelist; a token with a fee delivers less
    function withdrawTokens(address user) external returns (uint256[] memory amounts);

    /// @notice Claim manager: zero the points of `user`, and what is less than a point, once its delay has passed since
    /// deposits stopped.
    /// @return points what the user had earned
    function claim(address user) external returns (uint256 points);

    // ------------------------------------------------------------------------------------------------ owner

    /// @notice Owner: accept deposits of `token`, each unit earning a point an hour, without caps. A token that was listed
    /// before comes back with the weight that it had, and the caps.
    function addWhitelistedToken(address token) external;

    /// @notice Owner: accept deposits of `token` whose units, brought from its own `decimals()` to 18, earn `weight` basis
    /// points of a point an hour. Weight and decimals can never be changed.
    /// @param totalCap most units in all, below 2^96
    /// @param depositCap most units in one deposit, below 2^96
    function addWeightedToken(address token, uint256 weight, uint256 totalCap, uint256 depositCap) external;

    /// @notice Owner: accept no more deposits of `token`. What is deposited stays withdrawable and keeps earning.
    function removeWhitelistedToken(address token) external;

    /// @notice Owner: change the caps of a listed token; what is deposited already stays.
    function setDepositCaps(address token, uint256 totalCap, uint256 depositCap) external;

    /// @notice Owner: from now on, multiply what everybody earns by `multiplier` basis points, until the next season. The
    /// first season, from the beginning, has 10,000.
    /// @dev Nobody's account is touched. Reverts MultiplierTooHigh, and DepositsStopped when earning is over.
    function startSeason(uint256 multiplier) external;

    /// @notice Owner: set the claim manager at once while the delay is zero, announce it otherwise.
    function setClaimManager(address newClaimManager) external;

    /// @notice Owner: complete an announcement whose delay has passed, no more than ACCEPTANCE_PERIOD ago.
    function acceptClaimManager() external;

    /// @notice Owner: raise the seconds between announcing and accepting; never lowered, at most MAXIMUM_CLAIM_MANAGER_DELAY.
    /// A pending announcement waits at least as long from now on.
    function raiseClaimManagerDelay(uint256 delay) external;

    /// @notice Owner: end deposits and earning, once and for ever.
    function stopDeposits() external;

    /// @notice Owner: stop deposits and the claim manager for a while; `withdraw` stays open and earning goes on.
    function pause() external;

    /// @notice Owner: undo `pause`.
    function unpause() external;

    /// @notice Owner: send all of a token that is nobody's to `recipient`: one of which no user has a deposit.
    /// @dev While anybody has a deposit of a token, nothing of it is nobody's: what looks like a surplus may be a rebase that
    /// is undone tomorrow. Reverts TokenOwed also when a deposited token's balance falls meanwhile, as a token with two
    /// addresses would make it.
    /// @return amount token units
    function rescue(address token, address recipient) external returns (uint256 amount);

    // ------------------------------------------------------------------------------------------------ views

    /// @notice Rate, time and points as of the last touch.
    /// @return pointsPerHour what the user earns an hour in the present season: token units, weighted, summed over tokens
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

    /// @notice How deposits of `token` count and are limited; all zero when it was never listed.
    function tokenTerms(address token) external view returns (TokenTerms memory terms);

    /// @notice The present season.
    /// @return number from 0
    /// @return multiplier basis points
    /// @return start Unix time, seconds; 0 for the first
    function season() external view returns (uint256 number, uint256 multiplier, uint256 start);

    function claimManager() external view returns (address);

    /// @notice Announced claim manager and the Unix time from which it can be accepted; zero when there is none.
    function announcedClaimManager() external view returns (address newClaimManager, uint256 readyAt);

    /// @notice Seconds between announcing and accepting a claim manager, and between the end of deposits and its first act.
    function claimManagerDelay() external view returns (uint256);

    /// @notice Unix time at which deposits and earning stopped; 0 while they go on.
    function depositStopTime() external view returns (uint256);
}
