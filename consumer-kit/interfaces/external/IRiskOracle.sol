// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Reads of Chaos Labs' RiskOracle
/// @notice Written from its published interface. There, keys may push any value; here an update is a verified score.
interface IRiskOracle {
    /// @param timestamp Unix time of the observation, seconds
    /// @param newValue abi-encoded uint256
    /// @param referenceId id of the statement that was proved
    /// @param previousValue value of the update before; empty, as rounds do not point back
    /// @param updateType name of the parameter
    /// @param updateId epoch
    /// @param market asset
    /// @param additionalData abi-encoded time of the proof
    struct RiskParameterUpdate {
        uint256 timestamp;
        bytes newValue;
        string referenceId;
        bytes previousValue;
        string updateType;
        uint256 updateId;
        address market;
        bytes additionalData;
    }

    /// @notice The newest update of a parameter of a market.
    function getLatestUpdateByParameterAndMarket(string calldata updateType, address market)
        external
        view
        returns (RiskParameterUpdate memory);

    /// @notice Whether updates of this kind are given.
    function isValidUpdateType(string calldata updateType) external view returns (bool);
}
