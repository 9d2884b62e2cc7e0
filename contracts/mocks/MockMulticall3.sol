// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The part of the canonical Multicall3 that a relayer calls, for chains of tests that do not have it
/// @custom:kill Holds nothing and has no state: nothing to stop
contract MockMulticall3 {
    /// @param target contract to call
    /// @param allowFailure whether the batch goes on when this call reverts
    /// @param callData of the call
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    /// @param success whether the call did not revert
    /// @param returnData what it returned, or its revert data
    struct Result {
        bool success;
        bytes returnData;
    }

    /// @notice Make all calls in order; as the canonical one, it hides why a call failed.
    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData) {
        returnData = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            // slither-disable-next-line calls-loop,low-level-calls
            // solhint-disable-next-line avoid-low-level-calls
            (bool success, bytes memory data) = calls[i].target.call(calls[i].callData);
            // the canonical one's own words
            // solhint-disable-next-line gas-custom-errors
            require(success || calls[i].allowFailure, "Multicall3: call failed");
            returnData[i] = Result(success, data);
        }
    }
}
