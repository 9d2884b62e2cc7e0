// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";
import {PointsMath} from "./PointsMath.sol";

/// @title Which tokens can be deposited, how they count, and how much of them
abstract contract TokenWhitelist is IOmronDeposit, Ownable2Step {
    /// @dev One slot. `position` in allWhitelistedTokens, from 1; 0 when not listed. `weight` is 0 until first listed.
    struct Listing {
        uint16 position;
        uint24 weight;
        uint8 decimals;
        uint96 totalCap;
        uint96 depositCap;
    }

    /// @notice So many tokens fit one `withdrawTokens`.
    uint256 public constant MAXIMUM_TOKENS = 128;
    /// @notice The highest weight: a hundred times, in basis points.
    uint256 public constant MAXIMUM_WEIGHT = 1_000_000;
    /// @notice The highest cap, and what can be counted of a token in all, in its units.
    uint256 public constant MAXIMUM_CAP = type(uint96).max;
    uint256 private constant _MAXIMUM_DECIMALS = 36;

    /// @inheritdoc IOmronDeposit
    address[] public allWhitelistedTokens;

    // tokens that were ever listed: what may be owed
    address[] internal _everListed;
    mapping(address token => Listing listing) private _listings;

    constructor(address[] memory tokens) {
        for (uint256 i; i < tokens.length; ++i) {
            _listPlain(tokens[i]);
        }
    }

    /// @inheritdoc IOmronDeposit
    function addWhitelistedToken(address token) external onlyOwner {
        _listPlain(token);
    }

    /// @inheritdoc IOmronDeposit
    function addWeightedToken(address token, uint256 weight, uint256 totalCap, uint256 depositCap) external onlyOwner {
        if (token == address(0)) revert ZeroAddress();
        if (weight == 0 || weight > MAXIMUM_WEIGHT) revert WeightOutOfRange(weight, MAXIMUM_WEIGHT);
        (bool known, uint8 decimals) = SafeERC20.tryGetDecimals(IERC20(token));
        if (!known || decimals > _MAXIMUM_DECIMALS) revert DecimalsUnknown(token);
        _list(token, uint24(weight), decimals);
        emit TokenWeightSet(token, weight, decimals);
        _setCaps(token, totalCap, depositCap);
    }

    /// @inheritdoc IOmronDeposit
    function removeWhitelistedToken(address token) external onlyOwner {
        if (token == address(0)) revert ZeroAddress();
        uint16 position = _listings[token].position;
        if (position == 0) revert TokenNotWhitelisted();
        address last = allWhitelistedTokens[allWhitelistedTokens.length - 1];
        allWhitelistedTokens[position - 1] = last;
        _listings[last].position = position;
        _listings[token].position = 0;
        allWhitelistedTokens.pop();
        emit WhitelistedTokenRemoved(token);
    }

    /// @inheritdoc IOmronDeposit
    function setDepositCaps(address token, uint256 totalCap, uint256 depositCap) external onlyOwner {
        if (_listings[token].position == 0) revert TokenNotWhitelisted();
        _setCaps(token, totalCap, depositCap);
    }

    /// @inheritdoc IOmronDeposit
    function getAllWhitelistedTokens() external view returns (address[] memory tokens) {
        return allWhitelistedTokens;
    }

    /// @inheritdoc IOmronDeposit
    function whitelistedTokens(address token) external view returns (bool) {
        return _listings[token].position != 0;
    }

    /// @inheritdoc IOmronDeposit
    function tokenTerms(address token) external view returns (TokenTerms memory terms) {
        Listing memory listing = _listings[token];
        (terms.listed, terms.decimals, terms.weight) = (listing.position != 0, listing.decimals, listing.weight);
        (terms.totalCap, terms.depositCap) = (listing.totalCap, listing.depositCap);
    }

    function _listingOf(address token) internal view returns (Listing memory) {
        return _listings[token];
    }

    /// @dev As on mainnet: a unit is a unit, whatever the token's decimals; a token that was listed before stays what it was.
    function _listPlain(address token) private {
        Listing memory before = _listings[token];
        if (before.weight != 0) return _list(token, before.weight, before.decimals);
        _list(token, uint24(PointsMath.BASIS_POINTS), uint8(PointsMath.POINT_DECIMALS));
        (_listings[token].totalCap, _listings[token].depositCap) = (uint96(MAXIMUM_CAP), uint96(MAXIMUM_CAP));
    }

    function _list(address token, uint24 weight, uint8 decimals) private {
        if (token == address(0)) revert ZeroAddress();
        Listing storage listing = _listings[token];
        if (listing.position != 0) revert TokenAlreadyWhitelisted(token);
        if (allWhitelistedTokens.length == MAXIMUM_TOKENS) revert TooManyTokens(MAXIMUM_TOKENS);
        // deposits made before earn by them
        if (listing.weight == 0) _everListed.push(token);
        else if (listing.weight != weight || listing.decimals != decimals) revert TokenWeightFixed(token);
        allWhitelistedTokens.push(token);
        (listing.position, listing.weight, listing.decimals) = (uint16(allWhitelistedTokens.length), weight, decimals);
        emit WhitelistedTokenAdded(token);
    }

    function _setCaps(address token, uint256 totalCap, uint256 depositCap) private {
        if (totalCap > MAXIMUM_CAP) revert CapOutOfRange(totalCap, MAXIMUM_CAP);
        if (depositCap > MAXIMUM_CAP) revert CapOutOfRange(depositCap, MAXIMUM_CAP);
        (_listings[token].totalCap, _listings[token].depositCap) = (uint96(totalCap), uint96(depositCap));
        emit DepositCapsSet(token, totalCap, depositCap);
    }
}
