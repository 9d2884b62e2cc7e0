// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IClaimManager} from "../interfaces/IClaimManager.sol";
import {Distributions} from "./Distributions.sol";

/// @title OmronDeposit's claim manager: users' tokens back to them, their points into rewards
/// @notice It has no way to send a user's tokens anywhere but to that user, or where that user says.
/// @custom:kill A guardian ends a distribution with `cancel`; OmronDeposit's pause stops `exit` and points; users leave with
/// OmronDeposit's own `withdraw` meanwhile. What is kept for a user stays retrievable for ever, no role can touch it. The owner
/// of OmronDeposit can announce another claim manager.
contract ClaimManager is Distributions {
    mapping(uint256 id => mapping(address user => bool)) private _claimed;

    // what follows writes after calls: each entry is nonReentrant, which slither cannot read in its transient form, and
    // what a token is sent or kept depends on how the call before went
    // slither-disable-start reentrancy-no-eth,reentrancy-benign

    /// @param authority AccessManager whose admin announces and sweeps, and whose guardian cancels
    /// @param deposit OmronDeposit whose claim manager this becomes
    constructor(address authority, address deposit) Distributions(authority, deposit) {}

    /// @inheritdoc IClaimManager
    function exit(address user) external nonReentrant returns (address[] memory tokens, uint256[] memory amounts) {
        return _exit(user);
    }

    /// @inheritdoc IClaimManager
    function claimPoints(uint256 id, address user) external nonReentrant returns (uint256 reward) {
        return _claimPoints(id, user);
    }

    /// @inheritdoc IClaimManager
    function exitAndClaimPoints(uint256 id, address user) external nonReentrant returns (uint256 reward) {
        // what left is in the events
        // slither-disable-next-line unused-return
        _exit(user);
        return _claimPoints(id, user);
    }

    /// @inheritdoc IClaimManager
    function claimLeaf(uint256 id, address user, uint256 amount, bytes32[] calldata proof) external nonReentrant {
        Distribution storage opened = _open(id);
        bytes32 root = opened.root;
        if (root == 0) revert WrongKind(id);
        if (_claimed[id][user]) revert AlreadyClaimed(id, user);
        if (!MerkleProof.verifyCalldata(proof, root, leafOf(id, user, amount))) revert InvalidProof(id, user, amount);
        _claimed[id][user] = true;
        uint256 points = opened.usesPoints ? DEPOSIT.claim(user) : 0;
        _pay(id, opened, user, points, amount);
    }

    /// @inheritdoc IClaimManager
    function hasClaimed(uint256 id, address user) external view returns (bool) {
        return _claimed[id][user];
    }

    /// @inheritdoc IClaimManager
    function leafOf(uint256 id, address user, uint256 amount) public view returns (bytes32) {
        bytes32 inner = keccak256(abi.encode(block.chainid, address(this), id, user, amount));
        // hashed twice: 64 bytes of an inner node can never pass as a leaf
        return keccak256(bytes.concat(inner));
    }

    function _claimPoints(uint256 id, address user) private returns (uint256 reward) {
        Distribution storage opened = _open(id);
        uint256 rate = opened.rate;
        if (rate == 0) revert WrongKind(id);
        uint256 points = DEPOSIT.claim(user);
        reward = Math.mulDiv(points, rate, RATE_POINTS);
        _pay(id, opened, user, points, reward);
    }

    /// @dev What a token adds to the balance here is the user's, whatever OmronDeposit calls the amount; only where the balance
    /// cannot be read is OmronDeposit believed.
    function _exit(address user) private returns (address[] memory tokens, uint256[] memory amounts) {
        tokens = DEPOSIT.getAllWhitelistedTokens();
        uint256 count = tokens.length;
        uint256[] memory before = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            before[i] = _heldOf(tokens[i]);
        }
        amounts = DEPOSIT.withdrawTokens(user);
        for (uint256 i = 0; i < count; ++i) {
            uint256 held = _heldOf(tokens[i]);
            if (held != UNREADABLE && before[i] != UNREADABLE) amounts[i] = Math.saturatingSub(held, before[i]);
            if (amounts[i] == 0) continue;
            if (_sendOrKeep(user, tokens[i], amounts[i])) emit TokensReturned(user, tokens[i], amounts[i]);
        }
    }
    // slither-disable-end reentrancy-no-eth,reentrancy-benign
}
