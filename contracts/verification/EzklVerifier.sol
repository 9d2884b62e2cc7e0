// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {VkaStore} from "./VkaStore.sol";
import {IEzklReusableVerifier} from "../interfaces/external/IEzklReusableVerifier.sol";
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
        if (!_isPinned(verifier, codeHash)) return false;
        // slither-disable-next-line unused-return
        (bool success, bytes32 word,) = LowLevelCall.staticcallReturn64Bytes(
            verifier, abi.encodeCall(IEzklVerifier.verifyProof, (proof, instances))
        );
        return success && LowLevelCall.returnDataSize() >= 32 && word == bytes32(uint256(1));
    }

    /// @dev The same for a verifier that serves many circuits: the artefact comes from the pinned store, and the digest that
    /// the verifier answers has to be the pinned one. What it answers beyond those two words is not decoded.
    /// @param vkaStore contract that holds the circuit's artefact
    /// @param vkaDigest keccak256 of the artefact's words that the registry pinned
    function verifyReusable(
        address verifier,
        bytes32 codeHash,
        address vkaStore,
        bytes32 vkaDigest,
        bytes memory proof,
        uint256[] memory instances
    ) internal view returns (bool) {
        if (!_isPinned(verifier, codeHash)) return false;
        bytes memory call =
            abi.encodeCall(IEzklReusableVerifier.verifyProof, (proof, instances, VkaStore.read(vkaStore)));
        (bool success, bytes32 word, bytes32 digest) = LowLevelCall.staticcallReturn64Bytes(verifier, call);
        return success && LowLevelCall.returnDataSize() >= 64 && word == bytes32(uint256(1)) && digest == vkaDigest;
    }

    /// @dev An account without code has a code hash that could be pinned by mistake; a call to it would succeed.
    function _isPinned(address verifier, bytes32 codeHash) private view returns (bool) {
        return verifier.codehash == codeHash && verifier.code.length != 0;
    }
}
