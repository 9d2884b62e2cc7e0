// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Whether this chain has bn254's precompiles where a verifier expects them
/// @notice EIP-196 and EIP-197 put addition, multiplication and pairing at 6, 7 and 8. On the Subtensor EVM (chains 964 and
/// 945) 6 is something else and addition is at 9. A call to the wrong one may succeed and return nothing, so answers are
/// compared in full.
library Bn254Probe {
    /// @dev Prime of the base field.
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;
    /// @dev Twice the generator G1 = (1, 2).
    uint256 private constant TWICE_X = 0x030644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD3;
    uint256 private constant TWICE_Y = 0x15ED738C0E0A7C92E7845F96B2AE9C0A68A6A449E3538FC7FF3EBF7A5A18A2C4;
    /// @dev Generator G2, imaginary parts first as EIP-197 orders them.
    uint256 private constant G2_X_1 = 0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2;
    uint256 private constant G2_X_0 = 0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED;
    uint256 private constant G2_Y_1 = 0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B;
    uint256 private constant G2_Y_0 = 0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA;

    /// @dev First precompile that does not give its known answer, 0 when all do.
    /// @param addition where bn254 addition is expected
    function firstUnusable(uint8 addition) internal view returns (uint8) {
        bytes memory twice = abi.encode(TWICE_X, TWICE_Y);
        // 3^5 mod 7, each number one byte long
        if (!_answers(5, abi.encodePacked(uint256(1), uint256(1), uint256(1), hex"030507"), hex"05")) return 5;
        if (!_answers(addition, abi.encode(1, 2, 1, 2), twice)) return addition;
        if (!_answers(7, abi.encode(1, 2, 2), twice)) return 7;
        // e(G1, G2) * e(-G1, G2) = 1
        bytes memory pairs = abi.encode(1, 2, G2_X_1, G2_X_0, G2_Y_1, G2_Y_0, 1, Q - 2, G2_X_1, G2_X_0, G2_Y_1, G2_Y_0);
        return _answers(8, pairs, abi.encode(1)) ? 0 : 8;
    }

    function _answers(uint8 precompile, bytes memory data, bytes memory expected) private view returns (bool) {
        // a precompile that does not like its input takes all gas that it is given
        // solhint-disable-next-line avoid-low-level-calls
        // slither-disable-next-line low-level-calls
        (bool success, bytes memory answer) = address(uint160(precompile)).staticcall{gas: 500_000}(data);
        return success && keccak256(answer) == keccak256(expected);
    }
}
