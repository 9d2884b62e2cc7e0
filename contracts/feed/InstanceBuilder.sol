// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRiskFeed} from "../interfaces/IRiskFeed.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @title A proof's public field elements, rebuilt by the contract
/// @notice Order: inputs, limbs of the request tag from the lowest, outputs.
library InstanceBuilder {
    /// @dev Order r of the bn254 scalar field, in which Halo2 instances live (EIP-197).
    uint256 internal constant FIELD_MODULUS =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @dev Reverts unless outputs are field elements within [0, 2^outputScaleBits] and the tag fits its limbs.
    function checkGiven(IVerifierRegistry.Serving memory circuit, uint256[2] calldata outputs, uint256 tag)
        internal
        pure
    {
        uint256 maximum = 1 << circuit.outputScaleBits;
        for (uint256 i = 0; i < 2; ++i) {
            if (outputs[i] >= FIELD_MODULUS) revert IRiskFeed.InstanceNotInField(i, outputs[i]);
            if (outputs[i] > maximum) revert IRiskFeed.OutputOutOfRange(i, outputs[i], maximum);
        }
        // a shift by 256 or more gives zero, so that a tag of full width fits
        if (tag >> (uint256(circuit.tagLimbs) * circuit.tagLimbBits) != 0) revert IRiskFeed.TagOutOfRange(tag);
    }

    /// @dev All instances, in circuit order.
    function build(
        IVerifierRegistry.Serving memory circuit,
        int256[] memory inputs,
        uint256 tag,
        uint256[2] calldata outputs
    ) internal pure returns (uint256[] memory instances) {
        uint256 inputCount = circuit.inputCount;
        if (inputs.length != inputCount) revert IRiskFeed.InputsDoNotFitCircuit(inputs.length, inputCount);
        uint256 tagLimbs = circuit.tagLimbs;
        instances = new uint256[](inputCount + tagLimbs + 2);
        _fillInputs(instances, inputs, int256(1 << circuit.inputScaleBits));
        _fillTag(instances, inputCount, tagLimbs, circuit.tagLimbBits, tag);
        instances[inputCount + tagLimbs] = outputs[0];
        instances[inputCount + tagLimbs + 1] = outputs[1];
    }

    function _fillInputs(uint256[] memory instances, int256[] memory inputs, int256 bound) private pure {
        uint256 count = inputs.length;
        // no value beyond the bound is negated, and neither the bound's negation nor the subtraction can overflow
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                int256 value = inputs[i];
                if (value > bound || value < -bound) revert IRiskFeed.InputOutOfRange(i, value, uint256(bound));
                instances[i] = value < 0 ? FIELD_MODULUS - uint256(-value) : uint256(value);
            }
        }
    }

    function _fillTag(uint256[] memory instances, uint256 start, uint256 limbs, uint256 limbBits, uint256 tag)
        private
        pure
    {
        uint256 mask = (1 << limbBits) - 1;
        for (uint256 i = 0; i < limbs; ++i) {
            instances[start + i] = (tag >> (limbBits * i)) & mask;
        }
    }
}
