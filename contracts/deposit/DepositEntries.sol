// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {ISignatureTransfer} from "../interfaces/external/ISignatureTransfer.sol";
import {DepositLedger} from "./DepositLedger.sol";
import {balanceHere} from "./TokenBalance.sol";

/// @title The ways in
abstract contract DepositEntries is DepositLedger, EIP712, Nonces, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Uniswap's Permit2, at this address on nearly every chain; where it is not, `depositWithPermit2` reverts.
    address public constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    /// @notice EIP-712 type of what a user signs for `depositForWithSignature`.
    bytes32 public constant DEPOSIT_FOR_TYPEHASH =
        keccak256("DepositFor(address user,address token,uint256 amount,uint256 nonce,uint256 expiry)");
    /// @notice EIP-712 type of the witness in a Permit2 signature for `depositWithPermit2`.
    bytes32 public constant PERMIT2_WITNESS_TYPEHASH = keccak256("DepositFor(address user)");
    string private constant _PERMIT2_WITNESS =
        "DepositFor witness)DepositFor(address user)TokenPermissions(address token,uint256 amount)";

    /// @dev A newcomer bears at most this part of a loss that was before: one millionth, or a rebasing token's rounding
    /// would close it.
    uint256 private constant _TOLERATED_SHORTAGE = 1_000_000;

    constructor() EIP712("OmronDeposit", "1") {}

    /// @inheritdoc IOmronDeposit
    function deposit(address token, uint256 amount) external nonReentrant whenNotPaused {
        Listing memory listing = _checkedListing(msg.sender, token, amount);
        _pullFromSender(msg.sender, token, amount, listing);
    }

    /// @inheritdoc IOmronDeposit
    function depositFor(address user, address token, uint256 amount)
        external
        nonReentrant
        whenNotPaused
        returns (uint256 credited)
    {
        Listing memory listing = _checkedListing(user, token, amount);
        return _pullFromSender(user, token, amount, listing);
    }

    /// @inheritdoc IOmronDeposit
    function depositForWithSignature(
        address user,
        address token,
        uint256 amount,
        uint256 expiry,
        bytes calldata signature
    ) external nonReentrant whenNotPaused returns (uint256 credited) {
        Listing memory listing = _checkedListing(user, token, amount);
        if (block.timestamp > expiry) revert SignatureExpired(expiry);
        // used before it is checked: a contract that signs is called
        bytes32 signed = keccak256(abi.encode(DEPOSIT_FOR_TYPEHASH, user, token, amount, _useNonce(user), expiry));
        bool valid = SignatureChecker.isValidSignatureNowCalldata(user, _hashTypedDataV4(signed), signature);
        if (!valid) revert InvalidSignature(user);
        return _pullFromSender(user, token, amount, listing);
    }

    // what arrived is known only after the transfer; every function that writes is nonReentrant, in a form that slither does
    // not read (transient storage)
    // slither-disable-start reentrancy-no-eth,reentrancy-benign

    /// @inheritdoc IOmronDeposit
    function depositWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
        whenNotPaused
        returns (uint256 credited)
    {
        Listing memory listing = _checkedListing(msg.sender, token, amount);
        // whoever sees the permit can send it first; then the allowance is there already. Only the sender's own tokens move,
        // so a token that ignores the call gives nothing away
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return _pullFromSender(msg.sender, token, amount, listing);
    }

    /// @inheritdoc IOmronDeposit
    function depositWithPermit2(
        ISignatureTransfer.PermitTransferFrom calldata permit,
        address payer,
        address user,
        bytes calldata signature
    ) external nonReentrant whenNotPaused returns (uint256 credited) {
        address token = permit.permitted.token;
        uint256 amount = permit.permitted.amount;
        Listing memory listing = _checkedListing(user, token, amount);
        uint256 before = _heldWithoutLoss(token);
        ISignatureTransfer(PERMIT2)
            .permitWitnessTransferFrom(
                permit,
                ISignatureTransfer.SignatureTransferDetails(address(this), amount),
                payer,
                keccak256(abi.encode(PERMIT2_WITNESS_TYPEHASH, user)),
                _PERMIT2_WITNESS,
                signature
            );
        return _creditArrived(user, token, amount, before, listing);
    }

    // slither-disable-end reentrancy-no-eth,reentrancy-benign

    /// @dev The order of the first three is the deployed contract's.
    function _checkedListing(address user, address token, uint256 amount)
        private
        view
        returns (Listing memory listing)
    {
        // slither-disable-next-line incorrect-equality
        if (depositStopTime() != 0) revert DepositsStopped();
        if (amount == 0) revert ZeroAmount();
        listing = _listingOf(token);
        if (listing.position == 0) revert TokenNotWhitelisted();
        if (user == address(0)) revert ZeroAddress();
        if (user == address(this)) revert InvalidRecipient(user);
        if (amount > listing.depositCap) revert DepositCapExceeded(token, listing.depositCap, amount);
    }

    function _pullFromSender(address user, address token, uint256 amount, Listing memory listing)
        private
        returns (uint256 credited)
    {
        uint256 before = _heldWithoutLoss(token);
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        return _creditArrived(user, token, amount, before, listing);
    }

    function _heldWithoutLoss(address token) private view returns (uint256 held) {
        held = _readable(token);
        uint256 owed = totalOf(token);
        if (held < owed - owed / _TOLERATED_SHORTAGE) revert TokenShort(token, held, owed);
    }

    function _creditArrived(address user, address token, uint256 amount, uint256 before, Listing memory listing)
        private
        returns (uint256 credited)
    {
        uint256 held = _readable(token);
        // a token may keep a fee, or send more than was asked: credit what arrived, never more than was promised
        credited = held <= before ? 0 : held - before < amount ? held - before : amount;
        // slither-disable-next-line incorrect-equality
        if (credited == 0) revert ZeroAmount();
        _credit(user, token, credited, listing);
        emit Deposit(user, token, credited);
    }

    function _readable(address token) private view returns (uint256 held) {
        bool known;
        (known, held) = balanceHere(token);
        if (!known) revert BalanceUnknown(token);
    }
}
