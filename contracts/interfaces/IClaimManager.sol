// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What restakers get once deposits have stopped: their tokens back, and a reward for their points
/// @notice Anybody may call for a user; whatever comes of it belongs to the user, never to the caller. Times are Unix seconds,
/// amounts are in a token's smallest units.
interface IClaimManager {
    /// @notice Life of a distribution. One that is not paid for when its window begins lapses and never opens.
    enum State {
        None,
        Unfunded,
        Waiting,
        Open,
        Closed,
        Cancelled,
        Lapsed
    }

    /// @notice What is given out, to whom, and when.
    /// @param token ERC-20 that is given out
    /// @param opensAt first second of the claim window
    /// @param closesAt first second after it
    /// @param usesPoints a claim zeroes the user's points
    /// @param funded the promised amount has been paid in
    /// @param cancelled a guardian has ended it
    /// @param amount promised
    /// @param left not given out yet
    /// @param root of a Merkle distribution; zero when points are converted at a rate
    /// @param rate units of `token` for 1e18 points; zero for a Merkle distribution
    struct Distribution {
        address token;
        uint40 opensAt;
        uint40 closesAt;
        bool usesPoints;
        bool funded;
        bool cancelled;
        uint256 amount;
        uint256 left;
        bytes32 root;
        uint256 rate;
    }

    event DistributionAnnounced(uint256 indexed id, Distribution distribution);
    event DistributionFunded(uint256 indexed id, address indexed funder, uint256 amount);
    event DistributionCancelled(uint256 indexed id, address indexed guardian);
    event DistributionSwept(uint256 indexed id, address indexed recipient, uint256 amount);
    /// @notice A user's deposit left OmronDeposit and reached the user.
    event TokensReturned(address indexed user, address indexed token, uint256 amount);
    /// @notice A token refused the user: `amount` waits here for that user only.
    event TokensKept(address indexed user, address indexed token, uint256 amount);
    /// @notice What waited has reached `recipient`, of the user's choice or the user itself.
    event TokensReleased(address indexed user, address indexed token, uint256 amount, address recipient);
    /// @notice `points` of the user are zero now, for `reward` units of the distribution's token.
    event RewardClaimed(uint256 indexed id, address indexed user, uint256 points, uint256 reward);

    error ZeroAddress();
    error ZeroAmount();
    error NotGuardian(address caller);
    /// @notice OmronDeposit has another claim manager: no points could be used up here.
    error NotTheClaimManager(address claimManager);
    /// @notice Points are final only once deposits have stopped.
    error DepositsNotStopped();
    /// @notice Two distributions that use points up would let a caller choose which one a user gets.
    error PointsAlreadyPromised(uint256 id);
    error OpeningOutOfRange(uint256 opensAt, uint256 earliest, uint256 latest);
    error WindowOutOfRange(uint256 duration, uint256 minimum, uint256 maximum);
    /// @notice The amount does not pay for the points that are expected.
    error AmountBelowPromise(uint256 amount, uint256 required);
    /// @notice Less arrived than is promised, as with a token that keeps a fee.
    error Underfunded(uint256 id, uint256 required, uint256 received);
    error WrongState(uint256 id, State state);
    /// @notice Points are claimed from a distribution at a rate, leaves from one with a root.
    error WrongKind(uint256 id);
    /// @notice The pool does not hold what this claim is worth; nothing has been used up. `fund` can add to it.
    error PoolExhausted(uint256 id, uint256 left, uint256 needed);
    error AlreadyClaimed(uint256 id, address user);
    error InvalidProof(uint256 id, address user, uint256 amount);
    error NothingKept(address user, address token);
    error NothingLeft(uint256 id);

    /// @notice Hand `user` all listed tokens that it has in OmronDeposit. A token that refuses the user is kept for it, the
    /// others arrive; without a balance nothing happens.
    /// @return tokens that were listed
    /// @return amounts that arrived here for the user, in the same order
    function exit(address user) external returns (address[] memory tokens, uint256[] memory amounts);

    /// @notice Turn all points of `user` into the reward of distribution `id`. Without points nothing happens.
    /// @return reward floor(points · rate / 1e18), to the user
    function claimPoints(uint256 id, address user) external returns (uint256 reward);

    /// @notice `exit` and `claimPoints` in one transaction.
    function exitAndClaimPoints(uint256 id, address user) external returns (uint256 reward);

    /// @notice Give `user` its leaf of Merkle distribution `id`: once.
    /// @param amount of the leaf
    /// @param proof siblings from the leaf to the root, as OpenZeppelin's StandardMerkleTree gives them
    function claimLeaf(uint256 id, address user, uint256 amount, bytes32[] calldata proof) external;

    /// @notice Send `user` what a token refused to give it before. Open to all: some contracts cannot ask for themselves.
    function deliver(address user, address token) external;

    /// @notice Send what is kept for the caller to another `recipient`. Nobody else can.
    function retrieve(address token, address recipient) external;

    /// @notice Admin: announce that points are worth `rate` units of `token` for 1e18 points. Deposits have stopped and this is
    /// the claim manager by then; no other distribution uses points meanwhile.
    /// @param amount that will be paid in; at least what `expectedPoints` are worth
    /// @param expectedPoints of all users together, as calculatePoints tells them after the stop
    function announcePoints(
        address token,
        uint256 amount,
        uint40 opensAt,
        uint40 duration,
        uint256 rate,
        uint256 expectedPoints
    ) external returns (uint256 id);

    /// @notice Admin: announce that each leaf under `root` is worth its amount. Sums of leaves cannot be checked here: the
    /// pool is all that is ever given out.
    /// @param usesPoints a claim zeroes the user's points, and fails where they cannot be zeroed
    function announceMerkle(
        address token,
        uint256 amount,
        uint40 opensAt,
        uint40 duration,
        bytes32 root,
        bool usesPoints
    ) external returns (uint256 id);

    /// @notice Pay `amount` into distribution `id`: the whole promise before its window begins, or more of it later.
    function fund(uint256 id, uint256 amount) external;

    /// @notice Guardian: end a distribution at once and for ever. What was claimed stays with the users.
    function cancel(uint256 id) external;

    /// @notice Admin: send what nobody claimed to `recipient`, once the window has closed or the distribution was cancelled.
    function sweep(uint256 id, address recipient) external;

    function distribution(uint256 id) external view returns (Distribution memory);
    function stateOf(uint256 id) external view returns (State);
    function distributionCount() external view returns (uint256);

    /// @notice keccak256(keccak256(abi.encode(chain id, this contract, id, user, amount))): a leaf of StandardMerkleTree with the
    /// types uint256, address, uint256, address, uint256.
    function leafOf(uint256 id, address user, uint256 amount) external view returns (bytes32);

    function hasClaimed(uint256 id, address user) external view returns (bool);

    /// @notice Units of `token` that wait for `user`.
    function keptFor(address user, address token) external view returns (uint256);

    /// @notice Units of `token` that pools and waiting users have a right to. When fewer are here, all get their share.
    function promisedOf(address token) external view returns (uint256);
}
