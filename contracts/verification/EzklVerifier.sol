// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IEzklVerifier} from "../interfaces/external/IEzklVerifier.sol";

/// @title Asking an EZKL-generated verifier
/// @notice A generated verifier reverts with empty data on a bad proof, is not marked `view`, and on some chains can succeed
/// and return nothing. Only a full word that equals one, from exactly the pinned code, means valid.
library EzklVerifier {
    /// @dev A staticcall that this library encodes itself; whatever goes wrong in it is an invalid proof.
    /// @param verifier address that a registry pinned
    /// @param codeHash EXTCODEHASH that the registry pinned
    /// @param proof Halo2 proof bytes
    /// @param instances public field elements in circuit order
    function verify(address verifier, bytes32 codeHash, bytes memory proof, uint256[] memory instances)
        internal
        view
        returns (bool)
    {
        if (verifier.code.length == 0 || verifier.codehash != codeHash) return false;
        // slither-disable-next-line unused-return
        (bool success, bytes32 word,) = LowLevelCall.staticcallReturn64Bytes(
            verifier, abi.encodeCall(IEzklVerifier.verifyProof, (proof, instances))
        );
        return success && LowLevelCall.returnDataSize() >= 32 && word == bytes32(uint256(1));
    }
}
