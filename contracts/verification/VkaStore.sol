// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A verifying key artefact (VKA) held as a contract's code
/// @notice The code is a zero byte, which stops any call, and the artefact's words. It can never change, and a feed takes the
/// artefact from there, never from a caller.
library VkaStore {
    error VkaStoreFailed();

    /// @dev Bytes that a contract's code may have (EIP-170); more would not fit the creation code's 16 bits either.
    uint256 private constant MAXIMUM_CODE = 24_576;
    /// @dev Ends any call.
    bytes1 private constant STOP = 0x00;

    /// @dev Puts `vka` on the chain.
    function write(bytes32[] memory vka) internal returns (address store) {
        bytes memory code = abi.encodePacked(STOP, vka);
        if (code.length > MAXIMUM_CODE) revert VkaStoreFailed();
        // returns what follows these twelve bytes: PUSH2 size, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN
        bytes memory creation = abi.encodePacked(hex"61", uint16(code.length), hex"80600c6000396000f3", code);
        // Solidity cannot create a contract from bytes otherwise
        // slither-disable-start assembly
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            store := create(0, add(creation, 0x20), mload(creation))
        }
        // slither-disable-end assembly
        if (store == address(0)) revert VkaStoreFailed();
    }

    /// @dev The artefact's words, none where there is no artefact.
    function read(address store) internal view returns (bytes32[] memory vka) {
        bytes memory code = store.code;
        if (code.length % 32 != 1) return vka;
        vka = new bytes32[](code.length / 32);
        for (uint256 i = 0; i < vka.length; ++i) {
            // skips the length's word and the stop byte
            // slither-disable-start assembly
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                mstore(add(add(vka, 0x20), mul(i, 0x20)), mload(add(add(code, 0x21), mul(i, 0x20))))
            }
            // slither-disable-end assembly
        }
    }

    /// @dev What EZKL's reusable verifier knows the artefact by: keccak256 of its words. Zero for what is no artefact.
    function digest(address store) internal view returns (bytes32) {
        bytes32[] memory vka = read(store);
        return vka.length == 0 ? bytes32(0) : keccak256(abi.encodePacked(vka));
    }
}
