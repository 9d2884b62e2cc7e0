// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IOmronDeposit} from "../interfaces/IOmronDeposit.sol";

/// @title Which tokens can be deposited
abstract contract TokenWhitelist is IOmronDeposit, Ownable2Step {
    /// @inheritdoc IOmronDeposit
    address[] public allWhitelistedTokens;

    // position in allWhitelistedTokens, from 1; 0 when not listed
    mapping(address token => uint256 position) private _positions;

    constructor(address[] memory tokens) {
        for (uint256 i; i < tokens.length; ++i) {
            _list(tokens[i]);
        }
    }

    /// @inheritdoc IOmronDeposit
    function addWhitelistedToken(address token) external onlyOwner {
        _list(token);
    }

    /// @inheritdoc IOmronDeposit
    function removeWhitelistedToken(address token) external onlyOwner {
        if (token == address(0)) revert ZeroAddress();
        uint256 position = _positions[token];
        if (position == 0) revert TokenNotWhitelisted();
        address last = allWhitelistedTokens[allWhitelistedTokens.length - 1];
        allWhitelistedTokens[position - 1] = last;
        _positions[last] = position;
        delete _positions[token];
        allWhitelistedTokens.pop();
        emit WhitelistedTokenRemoved(token);
    }

    /// @inheritdoc IOmronDeposit
    function getAllWhitelistedTokens() external view returns (address[] memory tokens) {
        return allWhitelistedTokens;
    }

    /// @inheritdoc IOmronDeposit
    function whitelistedTokens(address token) public view returns (bool) {
        return _positions[token] != 0;
    }

    function _list(address token) private {
        if (token == address(0)) revert ZeroAddress();
        if (_positions[token] != 0) revert TokenAlreadyWhitelisted(token);
        allWhitelistedTokens.push(token);
        _positions[token] = allWhitelistedTokens.length;
        emit WhitelistedTokenAdded(token);
    }
}
